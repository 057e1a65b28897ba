"""Reads `http(s)://`: from any byte where the server can, and on where a connection broke.

A server that answers range requests is read from any offset. One that does not is read from the beginning; when its
connection breaks, it is read again and what was had already is skipped, provided that a strong ETag says that it is
still the same. A change meanwhile is noticed by the ETag, or else by the date and the size.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from bulk_importer.datagym.wire.proxies import proxy_for
from bulk_importer.errors import SourceUnreadable
from bulk_importer.sources.interfaces import GOES_ON, HIDDEN_QUERY, Owned, Stream, changed
from bulk_importer.sources.signed_urls import has_run_out, is_signed

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

__all__ = ["WebSource", "open_url"]

_HEAD_BYTES = 1 << 16
_CONNECT_SECONDS = 20.0
_SILENCE_SECONDS = 60.0
# Waits of 0.5, 1, 2, 4, 8 seconds: long enough for a proxy that restarts. A byte that comes starts the count anew.
_TRIES = 6
_FIRST_WAIT_SECONDS = 0.5
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_DOWNLOAD = "Download it, and import the file with the same --checkpoint."
_FORBIDDEN = frozenset({400, 401, 403, 410})
_REFUSAL_BYTES = 1 << 14
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


async def open_url(url: str, *, first_wait_seconds: float = _FIRST_WAIT_SECONDS) -> WebSource:
    """Ask for the beginning of `url`, to find out what the server can do.

    Raises:
        SourceUnreadable: there is no such thing, or no server.
    """
    source = WebSource(url, first_wait_seconds)
    try:
        await source.begin()
    except BaseException:
        await source.aclose()
        raise
    return source


class WebSource(Owned):
    """What an URL names. Owns its connections."""

    lines = False
    plain = True
    file: int | None = None
    descriptor: int | None = None

    def __init__(self, url: str, first_wait_seconds: float) -> None:
        self._url = url
        self._first_wait_seconds = first_wait_seconds
        self.name = _without_secrets(url)
        # Set by `begin`, once.
        self.seekable = self.repeatable = False
        self.size: int | None = None
        self.version: str | None = None
        self._date: str | None = None
        self._head = b""
        self._session: ClientSession | None = None

    async def begin(self) -> None:
        """Find out size, version, and whether parts can be had."""
        from bulk_importer.datagym.wire.socks import socks_connector
        from bulk_importer.loading.http_library import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS)
        proxy = proxy_for(self._url)
        connector = socks_connector(proxy) if proxy is not None and proxy.is_socks else None
        # What the server packs for the way would move every offset.
        self._session = aiohttp.ClientSession(
            timeout=timeout, auto_decompress=False, connector=connector, trust_env=connector is None
        )
        for wait in self.waits():
            try:
                await self._look()
            except _interruptions() as error:
                await self.pause(wait, error)
            else:
                return

    async def _look(self) -> None:
        response = await self.request({"Range": f"bytes=0-{_HEAD_BYTES - 1}"})
        if response.status == 416 and _stretch(response.headers)[1] != 0:
            # It refuses that there is a first byte, and says that there is one, or nothing; a plain request tells.
            response.close()
            response = await self.request({})
        async with response:
            headers = response.headers
            self.version = _strong(headers.get("ETag"))
            self._date = headers.get("Last-Modified")
            start, size = _stretch(headers)
            if response.status == 416:
                self.size, self.seekable = 0, True
            else:
                self.seekable = response.status == 206 and start == 0
                self.size = size if self.seekable else response.content_length
                self._head = await _at_most(response, _HEAD_BYTES)
            self.repeatable = self.seekable or self.version is not None

    async def head(self, length: int) -> bytes:
        return self._head[:length]

    async def stream(self, offset: int) -> Stream:
        return _WebStream(self, offset)

    async def get(self, offset: int) -> ClientResponse:
        """An answer whose body begins at `offset`. Raises what aiohttp raises, and `SourceUnreadable`."""
        headers = {}
        if self.seekable and offset:
            headers["Range"] = f"bytes={offset}-"
            if self.version or self._date:
                headers["If-Range"] = self.version or str(self._date)
        response = await self.request(headers)
        try:
            self._expect_same(response, offset if "Range" in headers else 0)
            if offset and "Range" not in headers:
                await self._skip(response, offset)
        except BaseException:
            response.close()
            raise
        return response

    async def request(self, headers: Mapping[str, str]) -> ClientResponse:
        """An answer of the server that carries content, or says that there is none at that place."""
        from bulk_importer.datagym.wire.failures import failure_text
        from bulk_importer.loading.http_library import aiohttp

        assert self._session is not None
        try:
            response = await self._session.get(self._url, headers={"Accept-Encoding": "identity", **headers})
        except (aiohttp.InvalidURL, aiohttp.ClientSSLError) as error:
            raise SourceUnreadable(self.name, failure_text(error).rstrip(".")) from error
        if response.status in (200, 206) or (response.status == 416 and "Range" in headers):
            return response
        said = b""
        if response.status in _FORBIDDEN:
            with suppress(*_interruptions()):
                said = await _at_most(response, _REFUSAL_BYTES)
        response.close()
        answers = f"the server answers {response.status} {response.reason}"
        if response.status in _BUSY:
            raise aiohttp.ClientConnectionError(answers)
        if response.status in _FORBIDDEN and is_signed(self._url):
            raise self._refused(answers, said)
        raise SourceUnreadable(self.name, answers)

    def _refused(self, answers: str, said: bytes) -> SourceUnreadable:
        """What to say of a refusal of a signed URL; not what the server `said`, which may hold what was signed."""
        if has_run_out(self._url, said, time.time()):
            advice = "A fresh URL with the same --checkpoint resumes from there."
            return SourceUnreadable(
                self.name, f"the signature in its URL has run out ({answers})", advice=advice
            )
        advice = "If the signature in its URL has run out, a fresh URL with the same --checkpoint resumes from there."
        return SourceUnreadable(self.name, answers, advice=advice)

    def _expect_same(self, response: ClientResponse, offset: int) -> None:
        if response.status == 416:
            raise self._denied(response, offset)
        start, size = _stretch(response.headers)
        size = size if response.status == 206 else response.content_length
        same_version = _strong(response.headers.get("ETag")) == self.version
        same_date = self.version is not None or response.headers.get("Last-Modified") == self._date
        same_size = size is None or self.size is None or size == self.size
        if not (same_version and same_date and same_size) or (offset and response.status == 200):
            raise changed(self.name)
        if (start or 0) != offset:
            reason = f"the server answers with byte {start or 0} instead of {offset}"
            raise SourceUnreadable(self.name, reason, advice=_DOWNLOAD, at_fault=True)

    def _denied(self, response: ClientResponse, offset: int) -> SourceUnreadable:
        """What to say where the server has no byte at `offset`, which it was asked for because it should have one."""
        _, size = _stretch(response.headers)
        if size is not None and size != self.size:
            return changed(self.name)
        reason = f"the server denies that there is a byte {offset}, and said that there is"
        return SourceUnreadable(self.name, reason, advice=_DOWNLOAD, at_fault=True)

    async def _skip(self, response: ClientResponse, length: int) -> None:
        if self.version is None:
            reason = "the connection broke, and the server can neither continue nor prove that it still holds the same"
            raise SourceUnreadable(self.name, reason, advice=_DOWNLOAD, at_fault=True)
        while length:
            length -= len(await response.content.read(min(length, 1 << 20)))

    def waits(self) -> list[float | None]:
        """Seconds to wait after each failure in a row; None after the last one that is allowed."""
        return [*(self._first_wait_seconds * 2**n for n in range(_TRIES - 1)), None]

    async def pause(self, wait: float | None, error: Exception) -> None:
        """Wait before the next try, or give up."""
        if wait is None:
            from bulk_importer.datagym.wire.failures import failure_text

            raise SourceUnreadable(self.name, failure_text(error).rstrip("."), advice=GOES_ON) from error
        await asyncio.sleep(wait)

    def check_unchanged(self) -> None:
        """Each request asks for what was there at the first one."""

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class _WebStream:
    """The bytes of a `WebSource` from an offset on, over as many connections as it takes."""

    def __init__(self, source: WebSource, offset: int) -> None:
        # Changed by `read` alone.
        self._source = source
        self._offset = offset
        self._response: ClientResponse | None = None

    async def read(self, limit: int) -> bytes:
        if self._source.size is not None and self._offset >= self._source.size:
            return b""
        for wait in self._source.waits():
            try:
                if self._response is None:
                    self._response = await self._source.get(self._offset)
                piece = await self._response.content.read(limit)
                self._expect_more(piece)
            except _interruptions() as error:
                await self.aclose()
                await self._source.pause(wait, error)
            else:
                self._offset += len(piece)
                return piece
        raise AssertionError("the last wait ends in an error")

    def _expect_more(self, piece: bytes) -> None:
        """A body may end early without saying so, where it came without a length."""
        if not piece and self._source.size is not None:
            raise EOFError(f"the connection broke at byte {self._offset} of {self._source.size}")

    async def aclose(self) -> None:
        if self._response is not None:
            response, self._response = self._response, None
            response.close()


async def _at_most(response: ClientResponse, length: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < length:
        piece = await response.content.read(length - len(pieces))
        if not piece:
            break
        pieces += piece
    return bytes(pieces)


def _interruptions() -> tuple[type[Exception], ...]:
    """What may be over at the next try."""
    from bulk_importer.loading.http_library import aiohttp

    return (
        aiohttp.ClientConnectionError,
        aiohttp.ClientPayloadError,
        TimeoutError,
        EOFError,
        ConnectionError,
    )


def _stretch(headers: Mapping[str, str]) -> tuple[int | None, int | None]:
    """First byte and size of the whole, as `Content-Range` has them."""
    found = _RANGE.fullmatch(headers.get("Content-Range", ""))
    if not found:
        return None, None
    return (int(found[1]) if found[1] else None), (int(found[2]) if found[2] != "*" else None)


def _strong(etag: str | None) -> str | None:
    """An ETag that stands for the very bytes; a weak one does not."""
    return None if etag is None or etag.startswith("W/") else etag


def _without_secrets(url: str) -> str:
    """The URL as it may be written down: without a password, and without a query, which may be a signature."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, place, parts.path, "", "")) + (HIDDEN_QUERY if parts.query else "")
