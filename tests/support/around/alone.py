"""What several processes of tests, and other programs on the same machine, must not use at the same time."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["alone_with", "port_of", "reserve_port"]


def reserve_port() -> socket.socket:
    """A port at which nothing listens, and that the system gives to nobody, until this socket is closed.

    A server that is told to listen there can, if it allows its address to be used again (SO_REUSEADDR).
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def port_of(held: socket.socket) -> int:
    """The number of the port."""
    port: int = held.getsockname()[1]
    return port


@contextmanager
def alone_with(what: str) -> Iterator[None]:
    """Wait until no other process of tests of this user has it; `what` is the name of a thing there is one of."""
    name = f"bulk-importer-tests-{os.getuid()}-{what}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
