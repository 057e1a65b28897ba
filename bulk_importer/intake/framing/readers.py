"""Gives any stretch of a source by its offset, from a file or from a window that slides over a stream."""

from __future__ import annotations

import asyncio
from typing import Protocol

from bulk_importer.errors import SourceUnreadable
from bulk_importer.sources.interfaces import Source, Stream, unreadable_at
from bulk_importer.sources.pread import read_at

__all__ = ["FileReader", "Reader", "SlidingReader", "open_reader"]

_PIECE_BYTES = 1 << 20
# So many are in memory sooner than a thread has woken up to fetch them, as a rule.
_FEW_BYTES = 1 << 16


class Reader(Protocol):
    """Random access to the (decompressed) content, forward of what was released.

    Attributes:
        failure: why a stream could not be read further; what came before stands as if the source ended there.
    """

    failure: SourceUnreadable | None

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes `[offset, offset + length)`, fewer only at the end."""

    async def end_by(self, offset: int) -> int | None:
        """The length of the content if that is at most `offset`, else None."""

    def release(self, offset: int) -> None:
        """Say that no byte before `offset` will be asked for again."""

    async def aclose(self) -> None:
        """Give back what reading needed; the source stays open."""


def open_reader(source: Source) -> Reader:
    """The reader that fits the source."""
    return SlidingReader(source) if source.descriptor is None else FileReader(source, source.descriptor)


class FileReader:
    """Reads a plain file by positions; nothing is kept."""

    def __init__(self, source: Source, descriptor: int) -> None:
        self._source = source
        self._descriptor = descriptor
        self._size = source.size or 0
        self.failure: SourceUnreadable | None = None

    async def read(self, offset: int, length: int) -> bytes:
        try:
            if length <= _FEW_BYTES:
                data = read_at(self._descriptor, length, offset)
            else:
                data = await asyncio.to_thread(read_at, self._descriptor, length, offset)
        except OSError as error:
            raise unreadable_at(self._source.name, offset, error) from error
        self._source.check_unchanged()
        return data

    async def end_by(self, offset: int) -> int | None:
        return self._size if self._size <= offset else None

    def release(self, offset: int) -> None:
        """Nothing is kept."""

    async def aclose(self) -> None:
        """Nothing is held."""


class SlidingReader:
    """Keeps the bytes from the released offset to the furthest that was asked for."""

    def __init__(self, source: Source) -> None:
        # Changed by `_open` and `_fill` (which only one task may be in) and by `release`; what is below `_released`
        # is not kept.
        self._source = source
        self._stream: Stream | None = None
        self._kept = bytearray()
        self._low = 0
        self._released = 0
        self._ended = False
        self.failure: SourceUnreadable | None = None

    @property
    def _high(self) -> int:
        return self._low + len(self._kept)

    async def read(self, offset: int, length: int) -> bytes:
        await self._fill(offset, offset + length)
        begin = offset - self._low
        return bytes(memoryview(self._kept)[begin : begin + length])

    async def end_by(self, offset: int) -> int | None:
        await self._fill(max(self._low, self._released), offset + 1)
        return self._high if self._ended and self._high <= offset else None

    def release(self, offset: int) -> None:
        self._released = max(self._released, offset)
        self._drop()

    def _drop(self) -> None:
        gone = min(max(self._released - self._low, 0), len(self._kept))
        del self._kept[:gone]
        self._low += gone

    async def _fill(self, offset: int, until: int) -> None:
        """Have the bytes from `offset` on, unless they are released, to `until`."""
        if (
            self._stream is None
            or offset < self._low
            or (self._source.seekable and offset > self._high + _PIECE_BYTES)
        ):
            await self._open(offset)
        assert self._stream is not None
        while self._high < until and not self._ended:
            try:
                piece = await self._stream.read(_PIECE_BYTES)
            except SourceUnreadable as error:
                self.failure, piece = error, b""
            self._ended = not piece
            self._kept += piece
            self._drop()

    async def _open(self, offset: int) -> None:
        await self.aclose()
        at = offset if self._source.seekable else 0
        self._stream = await self._source.stream(at)
        self._low, self._ended = at, False
        self._kept.clear()

    async def aclose(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            await stream.aclose()
