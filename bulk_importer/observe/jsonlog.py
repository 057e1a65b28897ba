"""Writes every event as a line of JSON to `run.log`, in bounded space.

For the morning after: what happened, when, and why. The file is moved to `run.log.1` when it has grown to
`LARGEST` bytes, over what stood there before; so at most twice that is kept. A log that cannot be written is given up
without ending the run: it is not what the run stands on. What happens before the folder is there (a server that does
not answer) is kept until it is.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from msgspec import to_builtins

from bulk_importer.events import Advanced, Event, RequestEnded
from bulk_importer.readable import as_json
from bulk_importer.times import written as written_time

__all__ = ["JsonLog"]

LARGEST = 8 << 20
_MOST_EARLY = 100
_LEFT_OUT = (Advanced, RequestEnded)


class JsonLog:
    """An observer that appends to a file; call it with each event, and `close` it at the end."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time, largest: int = LARGEST) -> None:
        self._path = path
        self._clock = clock
        self._largest = largest
        # Opened by the first event that finds the folder there; `_given_up` once it cannot be written. Not buffered,
        # because each line is to be seen at once; `_bytes` is how long it is. `_early` holds what came before.
        self._file: FileIO | None = None
        self._early: deque[bytes] = deque(maxlen=_MOST_EARLY)
        self._bytes = 0
        self._given_up = False

    def __call__(self, event: Event) -> None:
        """Append one event: the time (ISO 8601 with the zone of this machine), its name, its fields.

        What only moves is left out, and what other events say of a batch.
        """
        if self._given_up or isinstance(event, _LEFT_OUT):
            return
        facts = {
            "at": written_time(self._clock(), "milliseconds"),
            "event": type(event).__name__,
            **to_builtins(event),
        }
        line = as_json(facts, indent=False) + b"\n"
        try:
            if self._file is None:
                self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115 - held until `close`
                self._bytes = self._file.tell()
                line = b"".join((*self._early, line))
                self._early.clear()
            written = self._file.write(line)
            if written < len(line):  # no room for the rest
                self._file.truncate(self._bytes)
                self.close()
                return
            self._bytes += written
            if self._bytes >= self._largest:
                self._file.close()
                os.replace(self._path, self._path.with_name(self._path.name + ".1"))
                self._file = None
        except FileNotFoundError:
            self._early.append(line)
        except OSError:
            self.close()

    def close(self) -> None:
        """Let go of the file; events that come later are not logged."""
        self._given_up = True
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
