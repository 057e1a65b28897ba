"""Divides the elements of a source among shards: each stretch gives a piece to the shard that its elements go to.

It goes through the source once, in order, so the pieces of each shard come in order of position. Of a segment that goes
to one shard as it is, the digest is known; one that is cut, or has elements that move, is read once more, compared with
what was read before, and each part of it gets a digest of its own.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import NamedTuple

from xxhash import xxh3_128_intdigest

from bulk_importer.distributed.planning.division.columns import Column
from bulk_importer.distributed.planning.division.cutting import Blocks
from bulk_importer.distributed.planning.division.moving import Moves
from bulk_importer.distributed.planning.division.survey import Row, SourceSurvey
from bulk_importer.distributed.values import Piece
from bulk_importer.sources import Source
from bulk_importer.sources.interfaces import changed
from bulk_importer.sources.stretches import stretches_of

__all__ = ["Share", "Shares", "divide"]

_NUMBERS = 6
_MOST_WAITING = 1 << 20
"""Numbers of pieces that wait in memory: 8 MB."""
_LOW_BITS = (1 << 64) - 1


class Share(NamedTuple):
    """What a shard has come to.

    Attributes:
        entries, bytes: of all of its pieces.
        moved: how many of the elements stand in the stretch of another shard.
    """

    entries: int
    bytes: int
    moved: int


class Shares:
    """The pieces of all shards, while they are found: a file, in which those of each shard lie in a few places.

    Raises, from every call:
        CheckpointUnusable: the file cannot be written or read.
    """

    def __init__(self, shards: int, column: Column) -> None:
        self._column = column
        # Changed by `add` and `_flush` alone: what waits to be written for each shard, and where the rest of it lies.
        self._waiting = [array("Q") for _ in range(shards)]
        self._waits = 0
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(shards)]
        self._sums = [Share(0, 0, 0)] * shards

    def add(self, shard: int, numbers: Sequence[int], moved: int) -> None:
        """Give a shard its next piece.

        Args:
            numbers: first, count, offset, length, and both halves of the digest.
            moved: how many of its elements stand in the stretch of another shard.
        """
        self._waiting[shard].extend(numbers)
        self._waits += _NUMBERS
        entries, size, others = self._sums[shard]
        count, length = numbers[1], numbers[3]
        self._sums[shard] = Share(entries + count, size + length, others + moved)
        if self._waits >= _MOST_WAITING:
            self._flush()

    def end(self) -> None:
        """All pieces are there."""
        self._flush()
        self._column.end()

    def share(self, shard: int) -> Share:
        """What a shard has come to."""
        return self._sums[shard]

    def pieces(self, shard: int) -> Iterator[Piece]:
        """The pieces of a shard, in order of position."""
        for place, count in self._places[shard]:
            numbers = self._column.read(place, count)
            for first, entries, offset, length, high, low in zip(*[iter(numbers)] * _NUMBERS, strict=True):
                yield Piece(first, entries, offset, length, f"{high << 64 | low:032x}")

    def _flush(self) -> None:
        for waiting, places in zip(self._waiting, self._places, strict=True):
            if waiting:
                places.append((len(self._column), len(waiting)))
                self._column.append(waiting)
                del waiting[:]
        self._waits = 0


class _Part(NamedTuple):
    """Elements `[first, stop)` of a segment that go to one shard."""

    first: int
    stop: int
    shard: int


async def divide(
    source: Source, survey: SourceSurvey, blocks: Blocks, cuts: Sequence[int], moves: Moves, column: Column
) -> Shares:
    """The pieces of the shards that begin with the blocks of the numbers `cuts`.

    Args:
        source: open; it is read where segments are taken apart.
        column: an empty one, for the pieces.

    Raises:
        SourceUnreadable: it cannot be read, or is not what it was.
        CheckpointUnusable: a file of the temporary folder cannot be written or read.
    """
    shares = Shares(len(cuts), column)
    begins = [blocks.firsts[block] for block in cuts]
    movers = _Movers(moves, begins, cuts)
    async with aclosing(stretches_of(source)) as stretches:
        for row in survey.rows():
            parts = _parts_of(row, begins, movers.below(row.end))
            if len(parts) == 1:
                _add(shares, begins, parts[0], (row.begin, row.stop - row.begin), row.digest)
                continue
            data = memoryview(await stretches.read(row.begin, row.stop - row.begin))
            if xxh3_128_intdigest(data) != row.digest:
                raise changed(source.name)
            for part, place, digest in _taken_apart(data, survey, row, parts):
                _add(shares, begins, part, place, digest)
    await asyncio.to_thread(shares.end)
    return shares


def _add(shares: Shares, begins: Sequence[int], part: _Part, place: tuple[int, int], digest: int) -> None:
    count = part.stop - part.first
    stretch_end = begins[part.shard + 1] if part.shard + 1 < len(begins) else part.stop
    at_home = max(0, min(part.stop, stretch_end) - max(part.first, begins[part.shard]))
    numbers = (part.first, count, *place, digest >> 64, digest & _LOW_BITS)
    shares.add(part.shard, numbers, count - at_home)


class _Movers:
    """The elements that go to another shard than their neighbours, in order of position."""

    def __init__(self, moves: Moves, begins: Sequence[int], cuts: Sequence[int]) -> None:
        self._each = self._between_shards(moves, begins, cuts)
        self._next = next(self._each, None)

    @staticmethod
    def _between_shards(
        moves: Moves, begins: Sequence[int], cuts: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        for position, block in moves:
            shard = bisect_right(cuts, block) - 1
            if shard != bisect_right(begins, position) - 1:
                yield position, shard

    def below(self, end: int) -> list[tuple[int, int]]:
        """The next ones, those whose position is below `end`, each with its shard."""
        found = []
        while self._next is not None and self._next[0] < end:
            found.append(self._next)
            self._next = next(self._each, None)
        return found


def _parts_of(row: Row, begins: Sequence[int], movers: Sequence[tuple[int, int]]) -> list[_Part]:
    """The parts of a segment, each of neighbours that go to the same shard. Pure."""
    # Where the shard may change: at a cut, at an element that moves, and behind it.
    home = bisect_right(begins, row.first) - 1
    marks = {row.first, row.end, *begins[home + 1 : bisect_left(begins, row.end)]}
    for position, _ in movers:
        marks |= {position, position + 1}
    shard_of = dict(movers)
    parts: list[_Part] = []
    for first, stop in pairwise(sorted(marks)):
        shard = shard_of.get(first, bisect_right(begins, first) - 1)
        if parts and parts[-1].shard == shard:
            parts[-1] = parts[-1]._replace(stop=stop)
        else:
            parts.append(_Part(first, stop, shard))
    return parts


def _taken_apart(
    data: memoryview, survey: SourceSurvey, row: Row, parts: Sequence[_Part]
) -> Iterator[tuple[_Part, tuple[int, int], int]]:
    """Each part of a segment, whose bytes are `data`: its place in the source, by offset and length, and its digest."""
    starts, lengths = (column.read(row.first, row.count) for column in (survey.starts, survey.lengths))
    for part in parts:
        begin = row.offset + starts[part.first - row.first]
        last = part.stop - 1 - row.first
        stop = row.offset + starts[last] + lengths[last]
        digest = xxh3_128_intdigest(data[begin - row.begin : stop - row.begin])
        yield part, (begin, stop - begin), digest
