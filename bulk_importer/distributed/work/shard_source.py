"""A shard as a source: its pieces, each proven by its digest before anything of it is given.

The content of an array is its pieces with commas between and brackets around them; that of JSON Lines is the pieces,
each with a line feed behind it. So positions and offsets of a shard begin at 0; `Piece` says which of the source these
are.

Memory: a stream holds the bytes of one reading, which are `_AT_ONCE` or those of the longest piece.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate

from xxhash import xxh3_128_hexdigest

from bulk_importer.distributed.values import Piece
from bulk_importer.errors import CheckpointMismatch, SourceUnreadable
from bulk_importer.readable import counted
from bulk_importer.sources import Source
from bulk_importer.sources.interfaces import Owned, Stream
from bulk_importer.sources.stretches import stretches_of

__all__ = ["ShardSource"]

_AT_ONCE = 8 << 20  # a request to a bucket takes some 30 ms before its first byte
_GAP = 64 << 10  # to read so much in vain is faster than to ask once more


class ShardSource(Owned):
    """The pieces of a shard, as the content of a source that can be read from any byte.

    A stream raises, before it gives anything of the piece in question, besides what `source` raises:
        CheckpointMismatch: the source does not hold the piece that the plan is made of.

    Args:
        source: what the plan is of, open; whoever opened it closes it.
        pieces: of the shard, in order of position.
        index: of the shard, for people.
        version: digest of the list of pieces, and so of all that they hold.
    """

    seekable = True
    repeatable = True
    plain = True
    descriptor: int | None = None
    file: int | None = None

    def __init__(
        self, source: Source, pieces: Sequence[Piece], *, index: int, version: str, lines: bool
    ) -> None:
        self.name = f"{source.name} (shard {index})"
        self.version: str | None = version
        self.lines = lines
        self.source = source
        self.pieces = pieces
        self.tail = b"" if lines else b"]" if pieces else b"[]"
        # Where each piece begins in the content, its bracket or comma included, and where the tail does.
        self._starts = list(accumulate((piece.length + 1 for piece in pieces), initial=0))
        self.size: int | None = self._starts[-1] + len(self.tail)

    async def head(self, length: int) -> bytes:
        stream, found = await self.stream(0), bytearray()
        try:
            while len(found) < length and (more := await stream.read(length - len(found))):
                found += more
        finally:
            await stream.aclose()
        return bytes(found)

    async def stream(self, offset: int) -> Stream:
        number = min(bisect_right(self._starts, offset) - 1, len(self.pieces))
        return _ShardStream(self, number, offset - self._starts[number])

    def check_unchanged(self) -> None:
        with _as_planned():
            self.source.check_unchanged()

    async def aclose(self) -> None:
        """The source is not this one's."""


class _ShardStream:
    """The content from a piece on, without its first bytes."""

    def __init__(self, shard: ShardSource, number: int, skipped: int) -> None:
        self._shard = shard
        self._stretches = stretches_of(shard.source)
        self._groups = _side_by_side(shard.pieces, number)
        # Changed by `read`: what was read and not given yet, how much of the next is not to be given, and whether the
        # tail was put there.
        self._waiting: deque[memoryview] = deque()
        self._skipped = skipped
        self._is_over = False

    async def read(self, limit: int) -> bytes:
        while not self._waiting:
            if self._is_over:
                return b""
            await self._read_on()
        taken: list[memoryview] = []
        while limit and self._waiting:
            view = self._waiting.popleft()
            taken.append(view[:limit])
            if len(view) > limit:
                self._waiting.appendleft(view[limit:])
            limit -= len(taken[-1])
        return b"".join(taken)

    async def _read_on(self) -> None:
        """Read the next pieces that stand side by side, or put the tail behind them."""
        group = next(self._groups, None)
        if group is None:
            self._is_over = True
            self._add(self._shard.tail)
            return
        numbers, offset, length = group
        with _as_planned():
            content = memoryview(await self._stretches.read(offset, length))
        for number in numbers:
            piece = self._shard.pieces[number]
            view = content[piece.offset - offset : piece.offset - offset + piece.length]
            if len(view) != piece.length or xxh3_128_hexdigest(view) != piece.digest:
                raise _changed(self._shard.name, piece)
            if self._shard.lines:
                self._add(view)
                self._add(b"\n")
            else:
                self._add(b"," if number else b"[")
                self._add(view)

    def _add(self, content: bytes | memoryview) -> None:
        gone = min(self._skipped, len(content))
        self._skipped -= gone
        if gone < len(content):
            self._waiting.append(memoryview(content)[gone:])

    async def aclose(self) -> None:
        self._waiting.clear()
        await self._stretches.aclose()


def _side_by_side(pieces: Sequence[Piece], number: int) -> Iterator[tuple[range, int, int]]:
    """The pieces from a number on in runs that are read in one go: their numbers, and the stretch of the source."""
    while number < len(pieces):
        begin, offset = number, pieces[number].offset
        end = offset + pieces[number].length
        number += 1
        while (
            number < len(pieces)
            and 0 <= pieces[number].offset - end <= _GAP
            and pieces[number].offset + pieces[number].length - offset <= _AT_ONCE
        ):
            end = pieces[number].offset + pieces[number].length
            number += 1
        yield range(begin, number), offset, end - offset


@contextmanager
def _as_planned() -> Iterator[None]:
    """Say of a source that is another one now what a plan needs: it does not help to wait until it is at rest."""
    try:
        yield
    except SourceUnreadable as error:
        if not error.at_fault:
            raise
        advice = "Put it back as it was when the plan was made of it, and run the same command again."
        raise SourceUnreadable(error.source, error.reason, advice=advice, at_fault=True) from error


def _changed(name: str, piece: Piece) -> CheckpointMismatch:
    last = piece.first + piece.count - 1
    return CheckpointMismatch(
        f"The source of {name} is not what the plan was made of: it differs between byte {piece.offset} and byte "
        f"{piece.offset + piece.length} ({counted(piece.count, 'element')}, positions {piece.first} to {last}). "
        "Nothing of that was sent. Put the source back as it was, and run the same command again. If it was meant to "
        "change, make a plan of it at another place; what was delivered by this one would be sent again by that."
    )
