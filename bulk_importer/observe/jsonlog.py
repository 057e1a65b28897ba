"""Writes every event as a line of JSON to `run.log`, in bounded space.

For the morning after: what happened, when, and why. The file is moved to `run.log.1` when it has grown to
`LARGEST` bytes, over what stood there before; so at most twice that is kept. A log that cannot be written is given up
without ending the run: it is not what the run stands on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import orjson
from msgspec import to_builtins

from bulk_importer.events import Event

__all__ = ["JsonLog"]

LARGEST = 8 << 20


class JsonLog:
    """An observer that appends to a file; call it with each event, and `close` it at the end."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time, largest: int = LARGEST) -> None:
        self._path = path
        self._clock = clock
        self._largest = largest
        # None once it cannot be written any more.
        self._file: BinaryIO | None = None
        self._reopen()

    def __call__(self, event: Event) -> None:
        """Append one event: the time in seconds since 1970, its name, its fields."""
        if self._file is None:
            return
        line = orjson.dumps(
            {"at": round(self._clock(), 3), "event": type(event).__name__, **to_builtins(event)},
            option=orjson.OPT_APPEND_NEWLINE,
        )
        try:
            self._file.write(line)
            self._file.flush()
            if self._file.tell() >= self._largest:
                self._turn_over()
        except OSError:
            self.close()

    def close(self) -> None:
        """Let go of the file; events that come later are not logged."""
        if self._file is not None:
            opened, self._file = self._file, None
            try:
                opened.close()
            except OSError:
                return

    def _turn_over(self) -> None:
        self.close()
        os.replace(self._path, self._path.with_name(self._path.name + ".1"))
        self._reopen()

    def _reopen(self) -> None:
        try:
            self._file = open(self._path, "ab")  # noqa: SIM115 - held until `close`
        except OSError:
            self._file = None
