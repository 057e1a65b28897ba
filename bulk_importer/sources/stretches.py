"""Reads stretches of an opened source: of a file, a URL, an object of a bucket, or what flows."""

from __future__ import annotations

import asyncio
from typing import Protocol

from bulk_importer.sources.buckets.objects import BucketSource
from bulk_importer.sources.interfaces import Source, Stream, unreadable_at
from bulk_importer.sources.pread import read_at

__all__ = ["Stretches", "stretches_of"]

_PIECE_BYTES = 1 << 20
_SKIPPED_BYTES = 1 << 20  # so much is read in vain sooner than a server is asked once more


class Stretches(Protocol):
    """Reads stretches, best in ascending order. When a read was cancelled or failed, it is good for closing only."""

    async def read(self, offset: int, length: int) -> bytes:
        """The bytes `[offset, offset + length)`, fewer only where the source ends. Raises `SourceUnreadable`."""

    async def aclose(self) -> None:
        """Give back what reading needed; the source stays open."""


def stretches_of(source: Source) -> Stretches:
    """What reads stretches of `source`."""
    if source.descriptor is not None:
        return _OfFile(source, source.descriptor)
    return _OfBucket(source) if isinstance(source, BucketSource) else _OfStream(source)


class _OfFile:
    def __init__(self, source: Source, descriptor: int) -> None:
        self._source = source
        self._descriptor = descriptor

    async def read(self, offset: int, length: int) -> bytes:
        try:
            content = await asyncio.to_thread(read_at, self._descriptor, length, offset)
        except OSError as error:
            raise unreadable_at(self._source.name, offset, error) from error
        # After the reading: a change that comes between a look and a reading would go unnoticed.
        self._source.check_unchanged()
        return content

    async def aclose(self) -> None:
        """Nothing is held."""


class _OfBucket:
    """A request asks for the very stretch: what a stream would read ahead is not wanted where pieces lie scattered."""

    def __init__(self, source: BucketSource) -> None:
        self._source = source

    async def read(self, offset: int, length: int) -> bytes:
        return await self._source.part(offset, length)

    async def aclose(self) -> None:
        """Nothing is held."""


class _OfStream:
    """Goes forward in one stream, and opens another one for what lies behind it or far ahead."""

    def __init__(self, source: Source) -> None:
        # Changed by `read` and what it calls: the stream, and which byte it gives next.
        self._source = source
        self._stream: Stream | None = None
        self._at = 0

    async def read(self, offset: int, length: int) -> bytes:
        stream = await self._open_at(offset)
        content = bytearray()
        while len(content) < length and (
            piece := await stream.read(min(length - len(content), _PIECE_BYTES))
        ):
            content += piece
        self._at += len(content)
        return bytes(content)

    async def _open_at(self, offset: int) -> Stream:
        """The stream, at `offset` or at its end before that."""
        is_ahead = self._stream is not None and self._at <= offset
        if not is_ahead or (self._source.seekable and offset > self._at + _SKIPPED_BYTES):
            await self.aclose()
            self._at = offset if self._source.seekable else 0
            self._stream = await self._source.stream(self._at)
        assert self._stream is not None
        while self._at < offset and (piece := await self._stream.read(min(offset - self._at, _PIECE_BYTES))):
            self._at += len(piece)
        return self._stream

    async def aclose(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            await stream.aclose()
