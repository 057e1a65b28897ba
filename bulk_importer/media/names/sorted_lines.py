"""A text of lines that are ascending by their keys, mapped, in which a key is found without reading the others.

A line is a key, a NUL, and what belongs to the key. Keys hold neither NUL nor line feed.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["SEPARATOR", "SortedLines"]

SEPARATOR = b"\0"
_END = b"\n"


class SortedLines:
    """A read-only view of such a file; without lines where there is none, or an empty one."""

    def __init__(self, path: Path) -> None:
        self._lines: mmap.mmap | bytes = b""
        with suppress(OSError, ValueError), path.open("rb") as file:
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __iter__(self) -> Iterator[bytes]:
        """All lines, with the line feeds at their ends."""
        at = 0
        while line := self.line(at):
            yield line
            at += len(line)

    def of(self, key: bytes) -> Iterator[bytes]:
        """The lines of one key."""
        at = self.first_from(key + SEPARATOR)
        while (line := self.line(at)).startswith(key + SEPARATOR):
            yield line
            at += len(line)

    def first_from(self, wanted: bytes) -> int:
        """Where the first line begins that is not before `wanted`; the length of all where there is none."""
        low, high = 0, len(self._lines)
        while low < high:
            start = self._start((low + high) // 2)
            line = self.line(start)
            if line < wanted:
                low = start + len(line)
            else:
                high = start
        return low

    def line(self, start: int) -> bytes:
        """The line that begins here; nothing behind the last one."""
        return bytes(self._lines[start : self._lines.find(_END, start) + 1])

    def before(self, start: int) -> bytes:
        """The line before the one that begins here; nothing before the first one."""
        return self.line(self._start(start - 1)) if start else b""

    def _start(self, at: int) -> int:
        """Where the line begins that this byte is in."""
        return self._lines.rfind(_END, 0, at) + 1
