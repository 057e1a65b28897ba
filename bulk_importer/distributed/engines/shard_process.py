"""The child process in which a worker imports a shard: stopped by the end of a pipe, heard by its standard error.

The pipe is the child's standard input, and only the worker's process has the other end. So a child stops, as on
SIGTERM, when it is told to, and also when that process is killed, in whatever way. It is in a session of its own:
a Ctrl-C at a terminal reaches it once, through the pipe, and not twice.
"""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec

from bulk_importer.distributed.engines.orders import Order
from bulk_importer.machine.children import child_command

__all__ = ["ShardProcess"]

_READ_BYTES = 1 << 16
_LONGEST_LINE = 1 << 20


class ShardProcess:
    """One child. A context manager; leaving it, however, stops the child, and does not wait for it.

    Raises:
        OSError: no process can be started.
    """

    def __init__(self, order: Order) -> None:
        module, _, function = order.program.partition(":")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            child_command(module, function, *order.arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        # Changed by `told` alone.
        self._rest = b""
        self._is_silent = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self._process.stderr is not None
        self._process.stderr.close()

    @property
    def is_silent(self) -> bool:
        """Whether it has closed its standard error, so that it is over or about to be."""
        return self._is_silent

    def stop(self) -> None:
        """Let it stop as on SIGTERM, within its own grace period. Once is enough."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def told(self, seconds: float) -> Iterator[dict[str, Any]]:
        """What it says on standard error in so many seconds at most: the objects of whole lines."""
        assert self._process.stderr is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stderr, selectors.EVENT_READ)
            if not selector.select(seconds):
                return
        read = os.read(self._process.stderr.fileno(), _READ_BYTES)
        self._is_silent = not read
        *lines, rest = (self._rest + read).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]
        for line in lines:
            with suppress(
                msgspec.DecodeError, UnicodeDecodeError
            ):  # a library's words, or an interpreter's last ones
                told = msgspec.json.decode(line)
                if isinstance(told, dict):
                    yield told

    def exit_code(self) -> int:
        """What it ended with, once it is over; negative: the signal."""
        return self._process.wait()
