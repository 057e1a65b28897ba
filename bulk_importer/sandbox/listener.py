"""The socket that a sandbox listens on. It can stop listening for a while without losing its address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from bulk_importer.errors import UsageError

__all__ = ["Listener"]


class Listener:
    """One address that listens, is only held, or is given up.

    Args:
        new_connection: makes the protocol of each connection that comes.
        port: 0 for a free one, which stays the same from the first `open` on.
    """

    def __init__(self, new_connection: Callable[[], asyncio.BaseProtocol], host: str, port: int) -> None:
        self._new_connection = new_connection
        # Changed by `open`, `pause` and `close` alone. What listens, and what holds the address while nothing does.
        self._address: tuple[str, int] = (host, port)
        self._server: asyncio.Server | None = None
        self._holding: socket.socket | None = None

    @property
    def url(self) -> str:
        """The address as a URL without a slash at the end; the port is known once `open` has returned."""
        host, port = self._address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def open(self) -> None:
        """Listen, for the first time or again.

        Raises:
            UsageError: the address cannot be listened on.
        """
        host, port = self._address
        try:
            listening = _bound(self._address)
            self._server = await asyncio.get_running_loop().create_server(
                self._new_connection, sock=listening, backlog=512
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error).rstrip(".")
            raise UsageError(
                f"The sandbox cannot listen on {host} port {port}: {reason}. "
                "Give another --port, or 0 for any that is free."
            ) from error
        self._address = listening.getsockname()[:2]
        self._release()

    def pause(self) -> None:
        """Stop listening; the address is held, so that nobody else takes it meanwhile."""
        if self._server:
            self._server.close()
            self._server, self._holding = None, _bound(self._address)

    def close(self) -> None:
        """Stop listening, and give the address up."""
        if self._server:
            self._server.close()
        self._server = None
        self._release()

    def _release(self) -> None:
        if self._holding:
            self._holding.close()
            self._holding = None


def _bound(address: tuple[str, int]) -> socket.socket:
    """A socket at that address that does not listen yet."""
    bound = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
