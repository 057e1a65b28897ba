"""Speaks HTTP with one DataGym server: requests out, answers or failures back.

It knows nothing of batches, retries or verdicts. An answer is whatever came back whole, of any status; everything
else is a `RequestFailed` that says how far the request got, because that decides whether it may be sent again:
a body whose last byte never left cannot have been executed (an array that is not closed is refused as a whole).

The server closes idle connections after 20 seconds, so ours are given up after `_IDLE_SECONDS`: an upload that is sent
on a connection which the server is just closing would be in doubt for nothing. It closes each connection after the
hundredth answer and says so in that answer; aiohttp then opens a new one.

Tokens are replaced while a run goes on. A request that is answered 401 or 403 was not executed, so it leaves once more
where the token file holds another token by now than the one that it was sent with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec

from bulk_importer.datagym.answers.judging import FailureKind
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.connection import ConnectionSettings
from bulk_importer.datagym.wire.exchange import Deadline, OutgoingBody, Permit, whole_body
from bulk_importer.datagym.wire.failures import failure_kind, failure_text, is_of_the_proxy
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError
from bulk_importer.loading.http_library import aiohttp
from bulk_importer.settings import Settings

__all__ = ["Answer", "Client", "RequestFailed", "Timeouts"]

_IDLE_SECONDS = 5.0
_NO_SERVER = frozenset({502, 503, 504})
"""What a proxy answers where it cannot reach the server."""


class Timeouts(msgspec.Struct, frozen=True):
    """How long the parts of a request may take, in seconds.

    Attributes:
        connect: until a connection stands, TLS included.
        write: until the whole body of an upload is handed over.
        first_byte: from then on until the answer to an upload begins; None for as long as `upload` allows.
        read: until a look-up has its whole answer.
        upload: until an upload has its whole answer.
    """

    connect: float = 10.0
    write: float = 120.0
    first_byte: float | None = None
    read: float = 60.0
    upload: float = 600.0


class Answer(msgspec.Struct, frozen=True):
    """An answer that came back whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RequestFailed(BulkImporterError):
    """A request got no whole answer.

    Attributes:
        kind: how far it got.
        reason: for people; carries no token.
        proxy: URL of the proxy that it failed at; None where it was the server's side.
    """

    exit_code = ExitCode.SERVER

    def __init__(self, kind: FailureKind, reason: str, *, proxy: str | None = None) -> None:
        self.kind = kind
        self.reason = reason
        self.proxy = proxy
        # Where no connection came about, or the proxy is to blame, the reason says it better than the kind does.
        is_said = kind is FailureKind.REFUSED or proxy is not None
        super().__init__(reason if is_said else f"{kind.value} ({reason})")


class Client:
    """One server, one token, a pool of connections. An async context manager; not to be used after its end."""

    def __init__(
        self,
        server: str,
        token: Token,
        timeouts: Timeouts,
        *,
        connection: ConnectionSettings | None = None,
        max_connections: int = 0,
        permit: Permit | None = None,
    ) -> None:
        """Speak with `server`; a request with a body leaves whole only while the permit is given, if there is one."""
        self.server = _checked_url(server)
        self._token = token
        self._connection = connection or ConnectionSettings()
        if token and self._connection.has_basic_auth and not self._connection.token_in_query:
            raise UsageError(
                "HTTP basic and the token both need the Authorization header: send the token with --token-in-query."
            )
        self._timeouts = timeouts
        self._permit = permit
        # Look-ups and probes must pass while every upload slot is busy.
        self._max_connections = max_connections + 4 if max_connections else 0
        self._session: aiohttp.ClientSession | None = None
        # The deadlines of the uploads under way, so that all of them can be given up at once; those that come after
        # that are over at once.
        self._deadlines: set[Deadline] = set()
        self._has_given_up = False
        # Set by `_once`, and by nothing else.
        self._has_answered = False

    @classmethod
    def of(
        cls,
        settings: Settings,
        token: Token,
        *,
        max_connections: int | None = None,
        permit: Permit | None = None,
    ) -> Self:
        """The client that the settings describe; `max_connections` where there are no uploads that say how many.

        Raises:
            UsageError: the settings cannot be used.
        """
        timeouts = Timeouts(
            connect=settings.connect_timeout,
            write=settings.write_timeout,
            first_byte=settings.first_byte_timeout,
            read=settings.read_timeout,
            upload=settings.request_timeout,
        )
        return cls(
            settings.server or "",
            token,
            timeouts,
            connection=ConnectionSettings.of(settings),
            max_connections=max_connections or settings.max_in_flight,
            permit=permit,
        )

    @property
    def way(self) -> str:
        """What to say beside a refusal where a proxy that reads along may have answered; empty where none is."""
        if not self._is_read_on_the_way:
            return ""
        return f" (through the proxy {self._connection.proxy}, whose answer it may be)"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=self._connection.connector(
                limit=self._max_connections, keepalive_timeout=_IDLE_SECONDS
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
            trust_env=False,  # see `connection`
            proxy=self._connection.http_proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def has_answered(self) -> bool:
        """Whether the server, or what stands for it, has answered anything yet, so that its address is no wrong one."""
        return self._has_answered

    @property
    def read_seconds(self) -> float:
        """How long a look-up may take."""
        return self._timeouts.read

    async def get(self, path: str) -> Answer:
        """Send a GET. Safe at any time, but for `GET /api/v1/task/{id}`, which writes (protocol 3.4).

        Raises:
            RequestFailed: no whole answer within the time-out.
        """
        return await self._request("GET", path, self._timeouts.read, None)

    async def get_in_pieces(self, path: str, take: Callable[[bytes], None]) -> Answer:
        """Send a GET whose answer may be too long to be held: the body of a 200 goes to `take`, in pieces, in order.

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
        return await self._request("POST", path, self._timeouts.upload, body)

    async def rehearse(self, path: str, body: bytes) -> Answer:
        """Send a body that cannot be executed, with the patience of a look-up.

        Raises:
            RequestFailed: no whole answer within the time-out.
        """
        return await self._request("POST", path, self._timeouts.read, body)

    async def put(self, path: str, body: bytes) -> Answer:
        """Send a PUT that changes something else than labels. On cancel it is unknown whether the server executes it.

        Raises:
            RequestFailed: no whole answer within the time-out of a look-up; `kind` says whether the body left.
        """
        return await self._request("PUT", path, self._timeouts.read, body)

    def give_up(self) -> None:
        """End every upload that is under way, and each that comes later, as if its time were over."""
        self._has_given_up = True
        for deadline in self._deadlines:
            deadline.give_up()

    async def _request(
        self,
        method: str,
        path: str,
        seconds: float,
        body: bytes | None,
        take: Callable[[bytes], None] | None = None,
    ) -> Answer:
        sent_with = self._token.text
        answer = await self._once(method, path, seconds, body, take)
        if answer.status in (401, 403) and self._was_replaced(sent_with):
            return await self._once(method, path, seconds, body, take)
        return answer

    def _was_replaced(self, token: str | None) -> bool:
        """Whether the token file holds another one; a file that is just being written is looked at next time."""
        with suppress(UsageError):
            self._token.read_again()
        return self._token.text != token

    async def _once(
        self,
        method: str,
        path: str,
        seconds: float,
        body: bytes | None,
        take: Callable[[bytes], None] | None,
    ) -> Answer:
        if self._session is None:
            raise RuntimeError("the client is used as an async context manager")
        outgoing = None if body is None else OutgoingBody(body, self._timeouts.write, self._permit)
        deadline = Deadline(seconds, self._timeouts.first_byte)
        try:
            async with (
                self._bounded(deadline, outgoing),
                self._session.request(
                    method,
                    self.server + (self._token.in_query(path) if self._connection.token_in_query else path),
                    data=outgoing,
                    headers=self._headers(),
                    proxy_headers=self._connection.proxy_headers,
                    allow_redirects=False,
                ) as response,
            ):
                deadline.answer_begins()
                headers = {name.lower(): value for name, value in response.headers.items()}
                self._connection.check_passed_on(response.status, headers)
                if not (self._is_read_on_the_way and response.status in _NO_SERVER):
                    self._has_answered = True
                if take is not None and response.status == 200:
                    async for piece in response.content.iter_any():
                        deadline.piece_came(seconds)
                        take(piece)
                    return Answer(response.status, headers, b"")
                return Answer(response.status, headers, self._token.scrub_bytes(await whole_body(response)))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            if outgoing is not None and outgoing.is_refused:
                kind = FailureKind.NOT_PERMITTED
                raise RequestFailed(kind, "its permit was refused") from error
            kind = failure_kind(
                error,
                left_whole=outgoing is None or outgoing.left_whole,
                has_begun=deadline.has_begun,
                is_given_up=deadline.is_given_up,
            )
            raise self._failed(error, kind) from error

    def _failed(self, error: Exception, kind: FailureKind) -> RequestFailed:
        proxy = self._connection.proxy
        is_its = proxy is not None and is_of_the_proxy(error, passes_bytes=proxy.is_socks)
        named = str(proxy) if is_its else None
        return RequestFailed(kind, self._token.scrub(failure_text(error, named)), proxy=named)

    @property
    def _is_read_on_the_way(self) -> bool:
        """Whether a proxy reads what goes to the server, and may answer in its place."""
        return self._connection.http_proxy is not None and not self.server.startswith("https:")

    def _headers(self) -> dict[str, str]:
        token = {} if self._connection.token_in_query else self._token.header()
        # A proxy that forwards plain HTTP reads its own header from the request, and takes it out.
        proxy = {} if self.server.startswith("https:") else self._connection.proxy_headers
        return {**self._connection.headers, **proxy, **token, "Accept": "application/json"}

    @asynccontextmanager
    async def _bounded(self, deadline: Deadline, outgoing: OutgoingBody | None) -> AsyncIterator[None]:
        async with deadline.timeout:
            if outgoing is not None:
                outgoing.on_left = deadline.body_left
                self._deadlines.add(deadline)
                if self._has_given_up:
                    deadline.give_up()
            try:
                yield
            finally:
                self._deadlines.discard(deadline)


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
