"""Serves an application to few connections at a time, none of which can hold it up.

A connection that says nothing, that stops in the middle of its first request, or that does not take its answer is
closed; one too many takes the place of the oldest that has said nothing for a second, or is closed at once where there
is none. What goes wrong is never written to the terminal of the run.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bulk_importer.errors import UsageError
from bulk_importer.loading.http_library import web
from bulk_importer.readable import readable

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

__all__ = ["bound", "serving", "tls_from"]

_MOST_CONNECTIONS = 48
_MOST_WAITING = 16
_PATIENCE_SECONDS = 15.0
"""How long the first request may take to come, and an answer to be taken."""
_GRACE_SECONDS = 1.0
"""How long a connection may be silent where others want its place."""
_SHUTDOWN_SECONDS = 0.3

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False


def bound(host: str, port: int, flag: str) -> socket.socket:
    """A socket at this address, which nothing is taken from yet; port 0 is any that is free.

    Args:
        flag: which asked for it, for messages.

    Raises:
        UsageError: the address is not of this machine, or taken.
    """
    where = "127.0.0.1" if host.lower() == "localhost" else host.strip("[]")
    try:
        family, _, _, _, address = socket.getaddrinfo(where, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_MOST_WAITING)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no name of a machine"
        raise UsageError(
            f"{flag} {readable(host)}:{port}: nothing can listen there: {why}. Name another address; port 0 is any "
            "that is free."
        ) from error


def tls_from(path: Path, flag: str) -> ssl.SSLContext:
    """What a file with a certificate and its key, in PEM, makes of a server.

    Raises:
        UsageError: it cannot be read, or does not hold both.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(path, password=_no_password)
    except (OSError, ValueError) as error:  # of ssl, too
        why = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        raise UsageError(
            f"{flag} {readable(str(path))}: {why or 'it does not hold a certificate and its key'}. Both stand in it, "
            "one below the other, in PEM, and the key without a password."
        ) from error
    return context


def _no_password() -> str:
    """Instead of asking for one on the terminal."""
    raise ValueError("the key has a password")


@asynccontextmanager
async def serving(
    app: web.Application, at: socket.socket, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Serve `app` at a socket, which is closed in the end, as long as this is open."""
    app.middlewares.insert(0, _note)
    runner = web.AppRunner(
        app,
        access_log=None,  # a link would stand in it
        logger=_log,
        keepalive_timeout=_PATIENCE_SECONDS,
        lingering_time=0.5,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    await runner.setup()
    makes, held = runner.server, dict[_Bounded, None]()
    assert makes is not None  # it is set up
    try:
        server = await asyncio.get_running_loop().create_server(
            lambda: _Bounded(makes(), held),
            sock=at,
            backlog=_MOST_WAITING,
            ssl=tls,
            ssl_handshake_timeout=_PATIENCE_SECONDS if tls else None,
        )
        try:
            yield
        finally:
            server.close()
    finally:
        at.close()
        await runner.cleanup()


@web.middleware
async def _note(request: web.Request, handler: Handler) -> web.StreamResponse:
    protocol = request.transport.get_protocol() if request.transport is not None else None
    if isinstance(protocol, _Bounded):
        protocol.hear()
    return await handler(request)


class _Bounded(asyncio.Protocol):
    """One connection of those that are `held`, the oldest first; it is passed on to the protocol of the web server."""

    def __init__(self, inner: asyncio.Protocol, held: dict[_Bounded, None]) -> None:
        self._inner = inner
        self._held = held
        # Set by `connection_made`; the timers by what they wait for.
        self._transport: asyncio.Transport | None = None
        self._since = 0.0
        self._has_asked = False  # set by `hear`
        self._first: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, where it is not one too many."""
        transport = cast("asyncio.Transport", transport)  # that of uvloop is none by its type
        if len(self._held) >= _MOST_CONNECTIONS and not self._takes_a_place():
            transport.abort()
            return
        self._held[self] = None
        self._transport = transport
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        self._first = loop.call_later(_PATIENCE_SECONDS, self._give_up)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        if self._transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._inner.eof_received() if self._transport is not None else None

    def pause_writing(self) -> None:
        """Wait, not too long, until what was written is taken."""
        self._taking = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._give_up)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        if self._taking is not None:
            self._taking.cancel()
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        for timer in (self._first, self._taking):
            if timer is not None:
                timer.cancel()
        self._held.pop(self, None)
        if self._transport is not None:
            self._inner.connection_lost(exc)

    def hear(self) -> None:
        """Note that a request has come; from now on the web server closes it when it is not used."""
        self._has_asked = True
        if self._first is not None:
            self._first.cancel()

    def _takes_a_place(self) -> bool:
        """Whether the oldest connection that has asked for nothing for too long has made room for this one."""
        until = asyncio.get_running_loop().time() - _GRACE_SECONDS
        silent = next((each for each in self._held if not each._has_asked and each._since < until), None)
        if silent is not None:
            del self._held[silent]
            silent._give_up()
        return silent is not None

    def _give_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()
