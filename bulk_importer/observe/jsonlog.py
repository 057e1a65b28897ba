"""Writes every event as a line of JSON to `run.log`, in bounded space.

For the morning after: what happened, when, and why. The file is moved to `run.log.1` when it has grown by
`LARGEST` bytes, over what stood there before; so at most twice that is kept. The new one begins with a line that holds
the course of the runs up to then (see `timeline.reading`): the lines of the first hours go, what they add up to stays.
A log that cannot be written is given up without ending the run: it is not what the run stands on. What happens before
the folder is there (a server that does not answer) is kept until it is.
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
from bulk_importer.observe.timeline.accumulating import Timeline
from bulk_importer.observe.timeline.reading import OLDER, kept_line, read_timeline
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
        # because each line is to be seen at once; `_bytes` is how long it is, and `_full` how long it may become.
        # `_early` holds what came before. `_timeline` is what the lines of the file add up to, with those before it;
        # None where the file had some already: they are read when that is needed, which mostly is never.
        self._file: FileIO | None = None
        self._early: deque[bytes] = deque(maxlen=_MOST_EARLY)
        self._bytes = 0
        self._full = largest
        self._given_up = False
        self._timeline: Timeline | None = Timeline()

    def __call__(self, event: Event) -> None:
        """Append one event: the time (ISO 8601 with the zone of this machine), its name, its fields.

        What only moves is left out, and what other events say of a batch.
        """
        if self._given_up or isinstance(event, _LEFT_OUT):
            return
        now = round(self._clock() * 1e6) // 1000 / 1000  # as it is written: whole milliseconds
        name = type(event).__name__
        facts = {"at": written_time(now, "milliseconds"), "event": name, **to_builtins(event)}
        line = as_json(facts, indent=False) + b"\n"
        if self._timeline is not None:
            self._timeline.see(event, now)
        try:
            if self._file is None:
                self._open()
                line = b"".join((*self._early, line))
                self._early.clear()
            if self._write(line) and self._bytes >= self._full:
                self._replace(now)
        except FileNotFoundError:
            self._early.append(line)
        except OSError:
            self.close()

    def _open(self) -> None:
        self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115 - held until `close`
        self._bytes = self._file.tell()
        if self._bytes or self._older.exists():
            self._timeline = None

    def _write(self, line: bytes) -> bool:
        """Append whole lines; where there is no room, none of them, and the log is given up."""
        assert self._file is not None  # it is opened first
        written = self._file.write(line)
        if written < len(line):
            self._file.truncate(self._bytes)
            self.close()
            return False
        self._bytes += written
        return True

    def _replace(self, now: float) -> None:
        """Begin a new file, with what all lines so far add up to."""
        assert self._file is not None  # it has grown
        self._file.close()
        if self._timeline is None:
            self._timeline = read_timeline(self._path)
        os.replace(self._path, self._older)
        self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115 - held until `close`
        self._bytes = 0
        self._write(kept_line(self._timeline, written_time(now, "milliseconds")))
        self._full = self._bytes + self._largest

    @property
    def _older(self) -> Path:
        return self._path.with_name(self._path.name + OLDER)

    def close(self) -> None:
        """Let go of the file; events that come later are not logged."""
        self._given_up = True
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
