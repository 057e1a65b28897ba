"""Speaks HTTP with one DataGym server: requests out, answers or failures back.

It knows nothing of batches, retries or verdicts. An answer is whatever came back whole, of any status; everything
else is a `RequestFailed` that says how far the request got, because that decides whether it may be sent again:
a body whose last byte never left cannot have been executed (an array that is not closed is refused as a whole).

The server closes idle connections after 20 seconds, so ours are given up after `_IDLE_SECONDS`: an upload that is sent
on a connection which the server is just closing would be in doubt for nothing. It closes each connection after the
hundredth answer and says so in that answer; aiohttp then opens a new one.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp import payload
from aiohttp.abc import AbstractStreamWriter

from bulk_importer.datagym.access import Token
from bulk_importer.datagym.answers import FailureKind
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError

__all__ = ["Answer", "Client", "RequestFailed", "Timeouts"]

_IDLE_SECONDS = 5.0
_PIECE_BYTES = 256 << 10
_LARGEST_ANSWER_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the parts of a request may take, in seconds.

    Attributes:
        connect: until a connection stands, TLS included.
        write: until the whole body of an upload is handed over.
        read: until a look-up has its whole answer.
        upload: until an upload has its whole answer.
    """

    connect: float = 10.0
    write: float = 120.0
    read: float = 60.0
    upload: float = 600.0


class Answer(msgspec.Struct, frozen=True):
    """An answer that came back whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RequestFailed(BulkImporterError):
    """No whole answer came back.

    Attributes:
        kind: how far it got.
        reason: for people; carries no token.
    """

    exit_code = ExitCode.SERVER

    def __init__(self, kind: FailureKind, reason: str) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(reason)


class Client:
    """One server, one token, a pool of connections. An async context manager; not for use after its end."""

    def __init__(self, server: str, token: Token, timeouts: Timeouts, *, max_connections: int = 0) -> None:
        self.server = _checked_url(server)
        self._token = token
        self._timeouts = timeouts
        # Look-ups and probes must pass while every upload slot is busy.
        self._max_connections = max_connections + 4 if max_connections else 0
        self._session: aiohttp.ClientSession | None = None
        # The deadlines of the uploads under way, so that all of them can be given up at once.
        self._deadlines: set[asyncio.Timeout] = set()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._max_connections, keepalive_timeout=_IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
            trust_env=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def token_was_replaced(self) -> bool:
        """Read the token file again; whether it holds another token now, so that a refused request may go again."""
        return self._token.read_again()

    async def get(self, path: str) -> Answer:
        """Look something up. Safe at any time, but for `GET /api/v1/task/{id}`, which writes (protocol 3.4).

        Raises:
            RequestFailed: no whole answer within the time-out.
        """
        return await self._request("GET", path, self._timeouts.read, None)

    async def get_in_pieces(self, path: str, take: Callable[[bytes], None]) -> Answer:
        """Look up what may be too long to be held: the body of a 200 goes to `take`, piece by piece in order.

        The time-out is for each piece, because a long list takes long. The answer to a 200 has no body.

        Raises:
            RequestFailed: the answer did not come whole; what `take` was given of it is worth nothing.
        """
        return await self._request("GET", path, self._timeouts.read, None, take)

    async def upload(self, path: str, body: bytes) -> Answer:
        """Send a batch. On cancel it is unknown whether the server executes it.

        Raises:
            RequestFailed: no whole answer within the time-out; `kind` says whether the body left.
        """
        return await self._request("POST", path, self._timeouts.upload, _Outgoing(body, self._timeouts.write))

    def give_up(self) -> None:
        """End every upload that is under way: each fails at once, as if its time were over."""
        for deadline in self._deadlines:
            deadline.reschedule(asyncio.get_running_loop().time())

    async def _request(
        self,
        method: str,
        path: str,
        seconds: float,
        body: _Outgoing | None,
        take: Callable[[bytes], None] | None = None,
    ) -> Answer:
        if self._session is None:
            raise RuntimeError("the client is used as an async context manager")
        try:
            async with (
                self._deadline(seconds, body) as deadline,
                self._session.request(
                    method,
                    self.server + path,
                    data=body,
                    headers={**self._token.header(), "Accept": "application/json"},
                    allow_redirects=False,
                ) as response,
            ):
                headers = {name.lower(): value for name, value in response.headers.items()}
                if take is not None and response.status == 200:
                    async for piece in response.content.iter_any():
                        deadline.reschedule(asyncio.get_running_loop().time() + seconds)
                        take(piece)
                    return Answer(response.status, headers, b"")
                return Answer(response.status, headers, await _whole(response))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise self._failure(error, left_whole=body is None or body.left_whole) from error

    @asynccontextmanager
    async def _deadline(self, seconds: float, body: _Outgoing | None) -> AsyncIterator[asyncio.Timeout]:
        async with asyncio.timeout(seconds) as deadline:
            if body is not None:
                self._deadlines.add(deadline)
            try:
                yield deadline
            finally:
                self._deadlines.discard(deadline)

    def _failure(self, error: Exception, *, left_whole: bool) -> RequestFailed:
        """The one place where what aiohttp raises becomes our own."""
        return RequestFailed(_kind(error, left_whole=left_whole), self._token.scrub(_text(error)))


class _Outgoing(payload.Payload):
    """A body that leaves in pieces, without holding up the event loop, and knows whether it has left."""

    _autoclose = True

    def __init__(self, body: bytes, write_seconds: float) -> None:
        super().__init__(body, content_type="application/json")
        self._body = body
        self._size = len(body)
        self._write_seconds = write_seconds
        # Set just before the last piece is handed over: until then the server cannot have a closed array.
        self.left_whole = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._body.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        del content_length  # it is the length of the body, and all of it leaves
        whole = memoryview(self._body)
        async with asyncio.timeout(self._write_seconds):
            for start in range(0, len(whole), _PIECE_BYTES):
                self.left_whole = start + _PIECE_BYTES >= len(whole)
                await writer.write(whole[start : start + _PIECE_BYTES])


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    pieces = []
    length = 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        length += len(piece)
        if length > _LARGEST_ANSWER_BYTES:
            raise ValueError(f"the answer is longer than {_LARGEST_ANSWER_BYTES} bytes")
    return b"".join(pieces)


def _kind(error: Exception, *, left_whole: bool) -> FailureKind:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return FailureKind.NOT_RESOLVED
        case aiohttp.ClientConnectorCertificateError():
            return FailureKind.CERTIFICATE
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            return FailureKind.TLS
        case aiohttp.ConnectionTimeoutError():
            return FailureKind.CONNECT_TIMEOUT
        case aiohttp.ClientConnectorError() | aiohttp.ClientHttpProxyError():
            return FailureKind.REFUSED
        case TimeoutError() if not left_whole:
            return FailureKind.WRITE_TIMEOUT
        case aiohttp.SocketTimeoutError():
            return FailureKind.FIRST_BYTE_TIMEOUT
        case TimeoutError():
            return FailureKind.TOTAL_TIMEOUT
        case _ if not left_whole:
            return FailureKind.WRITE_BROKEN
        case aiohttp.ClientPayloadError():
            return FailureKind.HALF_ANSWER
        case aiohttp.ClientResponseError() | ValueError():
            return FailureKind.NOT_HTTP
        case _:
            return FailureKind.DISCONNECTED


def _text(error: Exception) -> str:
    """What went wrong, in a few words, without the name of the class where there is anything better."""
    inner = getattr(error, "os_error", error)
    if isinstance(inner, OSError) and inner.errno is not None and not isinstance(inner, socket.gaierror):
        return os.strerror(inner.errno)
    return str(error) or type(error).__name__


def _checked_url(server: str) -> str:
    """The URL without a slash at its end.

    Raises:
        UsageError: it is none, or holds what must not stand in a URL that is printed and recorded.
    """
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--server {server!r} is not a URL such as https://datagym.example.com.")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            "--server must hold no user, password, query or fragment: it is printed and recorded."
        )
    return server.rstrip("/")
