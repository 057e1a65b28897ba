"""Sources on web servers are read from any byte, go on where a connection broke, and are noticed when they change."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.intake.compressed import unpacked
from bulk_importer.intake.sources import Stream, open_source
from bulk_importer.intake.web import open_url
from bulk_importer.model import ReadPlan
from support.reading import Seen, entry, plain_reading, read_source
from support.socks import socks_proxy

CONTENT = json.dumps([entry(i, labels={"class": []}) for i in range(8000)]).encode()
_BREAK_BYTES = 100_000


@dataclass
class Files:
    """A server of one file, with its moods."""

    content: bytes = CONTENT
    ranges: bool = True
    etag: str | None = '"one"'
    breaks: bool = False
    sized: bool = True
    statuses: list[int] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve the file, or the part of it that is asked for."""
        self.asked.append(request.headers.get("Range"))
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        start, stop, status = 0, len(self.content), 200
        headers = {"ETag": self.etag} if self.etag else {}
        wanted = request.headers.get("Range")
        fits = request.headers.get("If-Range", self.etag) == self.etag
        if self.ranges and wanted and fits:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, stop = int(first), min(int(last) + 1, stop) if last else stop
            if start >= len(self.content):
                return web.Response(status=416, headers={"Content-Range": f"bytes */{len(self.content)}"})
            status = 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(self.content)}"
        response = web.StreamResponse(status=status, headers=headers)
        if self.sized:
            response.content_length = stop - start
        await response.prepare(request)
        for at in range(start, stop, 20_000):
            if self.breaks and at - start >= _BREAK_BYTES:
                assert request.transport is not None
                request.transport.abort()
                return response
            piece = self.content[at : min(at + 20_000, stop)]
            try:
                await response.write(piece)
            except ConnectionError:
                return response
        await response.write_eof()
        return response


Serve = Callable[..., Coroutine[Any, Any, Files]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start such a server; the arguments are those of `Files`."""
    servers: list[TestServer] = []

    async def start(**moods: Any) -> Files:
        files = Files(**moods)
        app = web.Application()
        app.router.add_get("/labels.json", files.answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        files.url = str(server.make_url("/labels.json"))
        return files

    yield start
    for server in servers:
        await server.close()


async def read(files: Files, plan: ReadPlan | None = None, **options: Any) -> Seen:
    """Read what the server has, without waiting between tries."""
    source = await unpacked(await open_url(files.url, first_wait_seconds=0))
    try:
        return await read_source(source, plan, **{"segment_bytes": 50_000, **options})
    finally:
        await source.aclose()


async def drain(stream: Stream) -> bytes:
    """All that is left of it."""
    pieces = []
    while piece := await stream.read(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("breaks", [True, False])
@pytest.mark.parametrize("sized", [True, False])
async def test_what_a_server_has_is_read_to_its_end(
    serve: Serve, ranges: bool, breaks: bool, sized: bool
) -> None:
    """Also over connections that break every 100 kB, with ranges or by reading again."""
    if breaks and not ranges:
        pytest.skip("a server that can neither go on nor come further than 100 kB gives no more than that")
    files = await serve(ranges=ranges, breaks=breaks, sized=sized)
    seen = await read(files)
    assert seen.error is None
    assert seen.elements == plain_reading(CONTENT).elements
    assert (len(files.asked) > len(CONTENT) / _BREAK_BYTES) == breaks


async def test_a_server_without_ranges_is_read_again_where_its_connection_broke(serve: Serve) -> None:
    """What was had already is skipped, because the strong ETag says that it is the same."""
    files = await serve(ranges=False, breaks=True)
    source = await open_url(files.url, first_wait_seconds=0)
    stream = await source.stream(0)
    got = await stream.read(1000)
    files.breaks = False
    got += await drain(stream)
    await stream.aclose()
    await source.aclose()
    assert got == CONTENT
    assert len(files.asked) == 3


async def test_without_ranges_and_etag_a_broken_connection_ends_the_reading(serve: Serve) -> None:
    """What came before is given; nobody could say that the rest belongs to it."""
    seen = await read(await serve(ranges=False, breaks=True, etag=None))
    assert isinstance(seen.error, SourceUnreadable)
    assert "can neither go on" in str(seen.error)
    assert seen.elements
    assert seen.elements == plain_reading(CONTENT).elements[: len(seen.elements)]


async def test_a_connection_that_breaks_for_good_ends_the_reading_resumably(serve: Serve) -> None:
    """What came before is given, and the next run goes on from there."""
    files = await serve()
    source = await open_url(files.url, first_wait_seconds=0)
    files.breaks = True
    stream = await source.stream(0)
    assert len(await stream.read(5000)) > 0
    files.statuses = [503] * 100
    with pytest.raises(SourceUnreadable, match=r"503 Service Unavailable.*resumes from there"):
        await drain(stream)
    await source.aclose()


async def test_a_resume_asks_for_the_owed_part_only(serve: Serve) -> None:
    """Its first request for content begins at the first owed byte."""
    content = json.dumps([entry(i, labels={"class": ["x" * 1000]}) for i in range(5000)]).encode()
    files = await serve(content=content)
    whole = await read(files)
    files.asked.clear()
    key = whole.keys[-1]
    seen = await read(files, ReadPlan((), key.first, key.offset))
    assert seen.elements == [each for each in whole.elements if each[0] >= key.first]
    assert files.asked == ["bytes=0-65535", None, f"bytes={key.offset}-"]


@pytest.mark.parametrize("etag", ['"two"', None])
async def test_a_change_meanwhile_is_noticed(serve: Serve, etag: str | None) -> None:
    """By the ETag, whether the server looks at If-Range or not."""
    files = await serve()
    source = await open_url(files.url, first_wait_seconds=0)
    files.etag = etag
    seen = await read_source(source)
    await source.aclose()
    assert isinstance(seen.error, SourceUnreadable)
    assert "it changed" in str(seen.error)


async def test_a_busy_server_is_asked_again(serve: Serve) -> None:
    """As often as it takes, within bounds."""
    files = await serve(statuses=[503, 429, 500])
    seen = await read(files)
    assert seen.error is None
    assert len(seen.elements) == 8000


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_what_is_not_there_is_unreadable(serve: Serve, status: int) -> None:
    """At once, with the server's answer."""
    files = await serve(statuses=[status])
    with pytest.raises(SourceUnreadable, match=str(status)):
        await open_source(files.url)
    assert len(files.asked) == 1


async def test_packed_content_is_unpacked(serve: Serve) -> None:
    """By what it holds, over broken connections too."""
    files = await serve(content=gzip.compress(CONTENT, 0), breaks=True)
    seen = await read(files)
    assert seen.error is None
    assert seen.elements == plain_reading(CONTENT).elements


async def test_an_empty_file_is_empty(serve: Serve) -> None:
    """A server may have no first byte to give."""
    seen = await read(await serve(content=b""))
    assert seen.broken_at == (0, 0)


async def test_no_server_is_unreadable() -> None:
    """After a few tries."""
    with pytest.raises(SourceUnreadable, match=r"127\.0\.0\.1.* cannot be read: Connection refused\."):
        await open_url("http://127.0.0.1:9/labels.json", first_wait_seconds=0)


async def test_passwords_and_signatures_are_not_in_the_name(serve: Serve) -> None:
    """Names are logged and recorded."""
    files = await serve()
    secret = files.url.replace("http://", "http://user:pass@") + "?X-Signature=abc"
    source = await open_source(secret)
    assert source.name == files.url + "?..."
    await source.aclose()


async def test_an_unknown_kind_of_source_is_a_usage_error() -> None:
    """With what is known."""
    with pytest.raises(UsageError, match="ftp:// is not known"):
        await open_source("ftp://example.org/labels.json")


async def test_a_source_is_fetched_through_a_socks_proxy_of_the_environment(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the server of the import is; but for hosts that NO_PROXY names."""
    files = await serve()
    async with socks_proxy() as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        await read(files)
        asked = len(proxy.asked)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        await read(files)
    assert asked
    assert len(proxy.asked) == asked
