"""Chooses where a source is cut: between blocks of whole elements, so that shards have about the same bytes.

Every cut lies at an element that the check has delimited. Blocks are much smaller than shards, so that little is lost
by cutting only between them; of a small source each element is one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from bulk_importer.distributed.planning.division.survey import Row, SourceSurvey

__all__ = ["Blocks", "blocks_of", "chosen_cuts", "most_blocks"]

_FEWEST_BLOCKS = 1024
_BLOCKS_FOR_EACH = 16
"""A shard is off by a block at most, so by a sixteenth."""


class Blocks(NamedTuple):
    """Stretches of whole elements that tile a source.

    Attributes:
        firsts: the position of the first element of each; behind the last of them the number of all elements.
        offsets: the byte where that begins; behind the last of them the byte behind the last element.
    """

    firsts: Sequence[int]
    offsets: Sequence[int]

    def __len__(self) -> int:
        return len(self.firsts) - 1

    def sizes(self) -> list[int]:
        """The bytes of each."""
        return [after - before for before, after in pairwise(self.offsets)]

    def spans(self) -> Iterator[tuple[int, int]]:
        """The positions of each: `[first, stop)`."""
        return pairwise(self.firsts)


def most_blocks(shards: int) -> int:
    """How many blocks are enough for so many shards."""
    return max(_FEWEST_BLOCKS, _BLOCKS_FOR_EACH * shards)


def blocks_of(survey: SourceSurvey, most: int) -> Blocks:
    """Blocks of about the same bytes, `most` of them or a few less. Takes a while.

    Raises:
        CheckpointUnusable: what was noted cannot be read.
    """
    firsts: list[int] = []
    offsets: list[int] = []
    if not survey.total:
        return Blocks([0], [0])
    begin, stop = _extent(survey)
    step = 0.0 if survey.total <= most else (stop - begin) / most
    wanted = float(begin)  # the byte at or behind which the next block is to begin
    for row in survey.rows():
        starts: Sequence[int] = ()
        while wanted <= row.stop:
            starts = starts or survey.starts.read(row.first, row.count)
            index = bisect_left(starts, wanted - row.offset)
            if index == row.count:
                break  # inside the last element
            firsts.append(row.first + index)
            offsets.append(row.offset + starts[index])
            wanted = max(wanted + step, offsets[-1] + 1)
    return Blocks([*firsts, survey.total], [*offsets, stop])


def _extent(survey: SourceSurvey) -> tuple[int, int]:
    first: Row | None = None
    for last in survey.rows():
        first = first or last
    assert first is not None
    return first.begin, last.stop


def chosen_cuts(owned: Sequence[int], shards: int) -> list[int]:
    """The number of the block with which each shard begins; fewer shards where there are too few blocks. Pure.

    Args:
        owned: the bytes of the elements that go where each block goes: its own that stay, and those that follow a
            media to it.
    """
    left = sum(1 for each in owned if each)  # blocks from here on that bring something
    shards = min(shards, left)
    cuts, gone, total = [0], 0, sum(owned)
    is_empty = True  # nothing has come to the shard that begins with the last cut
    for block, size in enumerate(owned):
        if size and not is_empty and len(cuts) < shards:
            is_due = (gone + size / 2) * shards >= total * len(cuts)
            if is_due or left == shards - len(cuts):
                cuts.append(block)
        gone += size
        left -= bool(size)
        is_empty = is_empty and not size
    return cuts
