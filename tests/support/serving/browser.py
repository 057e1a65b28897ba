"""The site of an office behind its guards, and who asks it for something: over HTTP, or byte by byte."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bulk_importer.cli.serving.command_line import Commands
from bulk_importer.cli.serving.site.application import Site as Pages
from bulk_importer.cli.serving.spool.receiving import Bounds, Reception
from bulk_importer.observe.page.guards import Guards, Keys, Site
from bulk_importer.observe.page.listening import bound, serving
from bulk_importer.settings import Loaded, Settings, definitions
from support.serving.desk import Desk

__all__ = ["Asking", "asking"]


class Asking:
    """Somebody who asks a site for something, and who was let in."""

    def __init__(self, session: aiohttp.ClientSession, root: str, cookie: str, reception: Reception) -> None:
        self.reception = reception
        self.session = session
        self.root = root
        self.cookie = cookie

    async def get(self, path: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        async with self.session.get(self.root + path) as answer:
            return answer.status, await answer.text()

    async def put(self, name: str, content: Any, **headers: str) -> tuple[int, Any]:
        """Upload as the script does; the status, and what is answered."""
        asked = {"Origin": self.root, **headers}
        async with self.session.put(
            f"{self.root}/uploads", params={"name": name}, data=content, headers=asked
        ) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, data: Any = None) -> tuple[int, str]:
        """Send a form as a browser does; the status, and where it leads or what it says."""
        async with self.session.post(
            self.root + path, data=data or {"": ""}, headers={"Origin": self.root}, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def raw(
        self, *headers: str, body: bytes = b"", method: str = "PUT", path: str = "/uploads?name=l.json"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send the beginning of a request, byte by byte, on a connection of its own."""
        host, _, port = self.root.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", f"Origin: {self.root}"]
        lines = [*head, f"Cookie: {self.cookie}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        return reader, writer

    async def status_of(self, reader: asyncio.StreamReader) -> int:
        """The status of an answer."""
        found = re.match(rb"HTTP/1.1 (\d+)", await reader.readline())
        assert found is not None
        return int(found[1])


@asynccontextmanager
async def asking(desk: Desk, **bounds: Any) -> AsyncIterator[Asking]:
    """Serve the pages of an office, and be let in."""
    limits = Bounds(**{"keep_free": 0, **bounds})
    reception = Reception(desk.spool, limits, lambda: len(desk.office.jobs))
    settings = Settings(server="http://gym.test", project="p")
    origins = {each.name: "default" for each in definitions()}
    app = Pages(
        desk.office, desk.spool, reception, settings, Commands(Loaded(settings, origins), "/here")
    ).application()
    held = bound("127.0.0.1", 0, "--page")
    site = Site.at("127.0.0.1", held.getsockname()[1])
    guards = Guards(site, Keys(lambda: secrets.token_urlsafe(32)), print)
    guards.protect(app)
    jar = aiohttp.CookieJar(unsafe=True)
    async with serving(app, held), aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(guards.link()) as answer:
            assert answer.status == 200
        cookie = next(f"{each.key}={each.value}" for each in jar)
        yield Asking(session, site.root, cookie, reception)
