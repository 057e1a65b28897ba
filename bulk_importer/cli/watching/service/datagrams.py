"""The protocol of sd_notify(3): datagrams of lines `NAME=value` to the socket that the environment names.

A service manager that is slow, or gone, changes nothing: what cannot be told at once is not told.
"""

from __future__ import annotations

import contextlib
import socket

__all__ = ["ServiceManager"]


class ServiceManager:
    """Who started this process and wants to know how it is."""

    def __init__(self, address: str) -> None:
        """Take an address as `NOTIFY_SOCKET` has it: a path, or `@` and a name of Linux' abstract sockets.

        One of another kind (`vsock:`) is told nothing.
        """
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def tell(self, **values: str) -> None:
        """Tell it `values`, by their names in the protocol. Does not wait, and raises nothing."""
        if not self._address.startswith(("/", "\0")):
            return
        lines = (f"{name}={' '.join(value.split())}" for name, value in values.items())
        with (
            contextlib.suppress(OSError, ValueError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line,
        ):
            line.setblocking(False)
            line.sendto("\n".join(lines).encode(errors="replace"), self._address)
