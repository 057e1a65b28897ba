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
from bulk_importer.intake import End
from bulk_importer.model import ReadPlan
from bulk_importer.sources.compressed import unpacked
from bulk_importer.sources.interfaces import Stream
from bulk_importer.sources.open import open_source
from bulk_importer.sources.web import open_url
from support.around.socks import socks_proxy
from support.entries import numbered
from support.reading import Seen, plain_reading, read_source

CONTENT = json.dumps([numbered(i, labels={"class": []}) for i in range(8000)]).encode()
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
    page: str = ""
    denies: str = ""
    asked: list[str | None] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve the file, or the part of it that is asked for."""
        self.asked.append(request.headers.get("Range"))
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), text=self.page)
        if self.denies and "Range" in request.headers:
            headers = {} if self.denies == "silently" else {"Content-Range": f"bytes */{len(self.content)}"}
            return web.Response(status=416, headers=headers, text="[]")
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


async def drain(stream: Stream, *before: bytes) -> bytes:
    """What was had before, and all that is left of it."""
    pieces = [*before]
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
        pytest.skip("a server that can neither continue nor come further than 100 kB gives no more than that")
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
    assert "can neither continue" in str(seen.error)
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
    with pytest.raises(SourceUnreadable, match=r"503 Service Unavailable.*an import resumes"):
        await drain(stream)
    await source.aclose()


async def test_a_resume_asks_for_the_owed_part_only(serve: Serve) -> None:
    """Its first request for content begins at the first owed byte."""
    content = json.dumps([numbered(i, labels={"class": ["x" * 1000]}) for i in range(5000)]).encode()
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


@pytest.mark.parametrize("denies", ["with the size", "silently"])
@pytest.mark.parametrize("content", [CONTENT, CONTENT[:5000], b"[]"])
async def test_a_server_that_denies_every_range_is_read_without_them(
    serve: Serve, denies: str, content: bytes
) -> None:
    """That it has nothing to give is believed only where it says that there is nothing."""
    seen = await read(await serve(content=content, denies=denies))
    assert seen.elements == plain_reading(content).elements
    assert (seen.end is None) == (seen.error is not None)
    assert (content[-1:] == b"]") == (seen.error is None)


async def test_a_denied_range_is_no_empty_source_where_an_empty_one_would_do(serve: Serve) -> None:
    """Of JSON Lines there may be none."""
    line = json.dumps(numbered(1)).encode()
    seen = await read(await serve(content=line, denies="with the size"), lines=True)
    assert (len(seen.elements), seen.error) == (1, None)
    assert (await read(await serve(content=b""), lines=True)).end == End(0, 0)


@pytest.mark.parametrize("denies", ["with the size", "silently"])
async def test_what_a_server_says_when_it_denies_a_range_is_not_content(serve: Serve, denies: str) -> None:
    """It denies what it has said that it has; the page that it sends with that may look like labels."""
    files = await serve(breaks=True)
    source = await open_url(files.url, first_wait_seconds=0)
    stream = await source.stream(0)
    got = await stream.read(1000)
    files.denies = denies
    with pytest.raises(SourceUnreadable, match="denies that there is a byte") as refused:
        await drain(stream, got)
    await source.aclose()
    assert refused.value.at_fault


S3 = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>300</X-Amz-Expires></Error>"
S3_CREDENTIALS = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
GOOGLE = (
    "<?xml version='1.0' encoding='UTF-8'?><Error><Code>ExpiredToken</Code><Message>Invalid argument.</Message>"
    "<Details>The provided token has expired. Request signature expired at: 2026-01-01T00:00:00+00:00</Details></Error>"
)
AZURE = (
    '\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to '
    "authenticate the request.</Message><AuthenticationErrorDetail>Signed expiry time [Thu, 25 Jun 2026 00:31:00 GMT] "
    "must be after signed start time [Thu, 25 Jun 2026 01:31:57 GMT]</AuthenticationErrorDetail></Error>"
)
AZURE_FRAME = (
    "<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>Signature not valid in the specified time "
    "frame: Start [Thu, 09 Jul 2020 10:11:03 GMT] - Expiry [Thu, 09 Jul 2020 18:11:03 GMT]</AuthenticationErrorDetail>"
    "</Error>"
)
DENIED = "<Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>"
OVER = [
    (403, S3, "X-Amz-Signature=s"),
    (400, S3_CREDENTIALS, "X-Amz-Signature=s&X-Amz-Date=20990101T000000Z&X-Amz-Expires=604800"),
    (400, GOOGLE, "X-Goog-Signature=s"),
    (403, AZURE, "sv=2026-04-06&sr=b&sig=s"),
    (403, AZURE_FRAME, "sig=s"),
    (403, DENIED, "Expires=1700000000&Signature=s&Key-Pair-Id=k"),
    (403, DENIED, "X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=s"),
    (403, DENIED, "se=2020-01-01T00:00:00Z&sig=s"),
    (401, "", "se=2020-01-01&sig=s"),
]


@pytest.mark.parametrize(("status", "page", "query"), OVER)
@pytest.mark.parametrize("begun", [False, True], ids=["at the start", "in between"])
async def test_a_signature_that_has_run_out_is_said_to_have(
    serve: Serve, status: int, page: str, query: str, begun: bool
) -> None:
    """In the words of each server, or by what the URL says itself; the query is not repeated."""
    files = await serve(page=page, breaks=begun)
    url = f"{files.url}?{query}"

    async def fetch() -> bytes:
        source = await open_url(url, first_wait_seconds=0)
        try:
            files.statuses = [status]
            return await drain(await source.stream(0))
        finally:
            await source.aclose()

    if not begun:
        files.statuses = [status]
    with pytest.raises(SourceUnreadable) as refused:
        await fetch()
    assert "the signature in its URL has run out" in str(refused.value)
    assert "A fresh URL with the same --checkpoint resumes from there." in str(refused.value)
    assert "Signature=" not in str(refused.value)
    assert "sig=" not in str(refused.value)
    assert len(files.asked) <= 2


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        (
            "X-Amz-Date=20990101T000000Z&X-Amz-Expires=60&X-Amz-Signature=s",
            "If the signature in its URL has run out",
        ),
        ("sig=s&se=nonsense", "If the signature in its URL has run out"),
        ("page=1", ""),
        ("", ""),
    ],
)
async def test_another_refusal_is_not_taken_for_that(serve: Serve, query: str, advice: str) -> None:
    """Though of a signed URL it may be that, and then the way on is said."""
    files = await serve(page=DENIED, statuses=[403])
    with pytest.raises(SourceUnreadable, match="the server answers 403 Forbidden") as refused:
        await open_url(f"{files.url}?{query}", first_wait_seconds=0)
    assert advice in str(refused.value)
    assert ("fresh URL" in str(refused.value)) == bool(advice)
    assert "signature in its URL has run out (" not in str(refused.value)


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
