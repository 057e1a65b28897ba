"""Brings the rows of several tables together by their pictures.

Pure, but for the scratch file. The tables may have any order. Rows are sorted in memory as long as they fit, and else
in runs that are written to the scratch file and merged: one block of each is held.

Memory: `RUN_BYTES` of rows, then `_BLOCK_BYTES` of each run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from typing import BinaryIO, TypeAlias

import msgspec

__all__ = ["RUN_BYTES", "Row", "Sorter"]

Row: TypeAlias = tuple[str, int, int, bytes]
"""The picture, the number of its table, the line, and what else is in it; in this order they are sorted."""

RUN_BYTES = 64 << 20
"""Of rows that are sorted at once."""
_BLOCK_BYTES = 1 << 16
_ROW_BYTES = 300
"""What a row costs beside its texts: a tuple and four values."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Row]).decode


class Sorter:
    """Takes rows in any order and gives them back in theirs.

    Args:
        scratch: asked for a file at most once, which is closed by `close`.
    """

    def __init__(self, scratch: Callable[[], BinaryIO]) -> None:
        # Changed by `add` and `close`.
        self._held: list[Row] = []
        self._size = 0
        self._runs: list[list[tuple[int, int]]] = []
        self._file: BinaryIO | None = None
        self._scratch = scratch

    def add(self, row: Row) -> None:
        """Take one row."""
        self._held.append(row)
        self._size += len(row[0]) + len(row[3]) + _ROW_BYTES
        if self._size < RUN_BYTES:
            return
        self._file = self._file or self._scratch()
        self._held.sort()
        self._runs.append(_written(self._file, self._held))
        self._held, self._size = [], 0

    def rows(self) -> Iterator[Row]:
        """All rows, ascending; none may be added any more."""
        self._held.sort()
        if self._file is None:
            return iter(self._held)
        return merge(self._held, *[_read(self._file, blocks) for blocks in self._runs])

    def close(self) -> None:
        """Give the scratch file back."""
        if self._file is not None:
            self._file.close()


def _written(file: BinaryIO, rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Offset and length of the blocks that hold a run."""
    blocks: list[tuple[int, int]] = []
    begin = size = 0
    file.seek(0, 2)
    for at, row in enumerate(rows, 1):
        size += len(row[0]) + len(row[3])
        if size >= _BLOCK_BYTES or at == len(rows):
            offset = file.tell()
            blocks.append((offset, file.write(_encode(rows[begin:at]))))
            begin, size = at, 0
    return blocks


def _read(file: BinaryIO, blocks: Iterable[tuple[int, int]]) -> Iterator[Row]:
    for offset, length in blocks:
        file.seek(offset)
        yield from _decode(file.read(length))
