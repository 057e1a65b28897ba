"""A server that answers as Google's and Microsoft's object stores answer to whoever reads: one object at any path."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

__all__ = ["CloudObject", "cloud_server"]


class CloudObject:
    """The object, which may be replaced.

    Attributes:
        asked: the paths that were asked for.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.version = 1
        self.asked: list[str] = []

    def replace(self, content: bytes) -> None:
        """Put something else there."""
        self.content = content
        self.version += 1

    async def answer(self, request: web.Request) -> web.Response:
        """Head, or a range on condition that it is still the same."""
        self.asked.append(request.path)
        tag = f'"v{self.version}"'
        if request.headers.get("If-Match", tag) != tag:
            return web.Response(status=412)
        headers = {
            "ETag": tag,
            "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT",
            "x-ms-blob-type": "BlockBlob",
        }
        wanted = request.http_range
        if request.method == "HEAD" or wanted.start is None:
            return web.Response(body=self.content, headers=headers)
        part = self.content[wanted]
        size = len(self.content)
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.start + len(part) - 1}/{size}"
        return web.Response(status=206, body=part, headers=headers)


@asynccontextmanager
async def cloud_server(held: CloudObject) -> AsyncIterator[str]:
    """Serve it; gives the URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", held.answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/")).rstrip("/")
