"""Finds the entries that have to move, because their media stands in an earlier block as well.

In the ordinary source there are few: the entries of a media stand side by side, or each media comes once. Where all
media come several times at far ends, as in a source that was shuffled, nearly all move. Each 300,000 media of that kind
cost one more pass over the keys, 0.07 µs an entry; each entry that moves costs 1 µs and 16 bytes on disk. So four
million entries, two of each media, take ten seconds; ten million would take half a minute, and a hundred million
twenty, beside a check of some ten. A source that is sorted by media, or nearly, costs nothing of that.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from heapq import merge

from bulk_importer.distributed.planning.division.columns import Column, Columns
from bulk_importer.distributed.planning.division.cutting import Blocks
from bulk_importer.distributed.planning.division.repeats import MOST_KEYS, repeated_keys
from bulk_importer.distributed.planning.division.survey import SourceSurvey

__all__ = ["Moves"]

_MOST_MEDIA = 300_000
"""So many, and as many again at most, are looked for in one pass: 200,000 took 92 MB, and 400,000 152."""


class Moves:
    """The entries that follow their media to an earlier block.

    Args:
        most_media: so many are looked for in one pass over the source.
        most_keys: as `repeated_keys` takes it.
    """

    def __init__(self, blocks: Blocks, *, most_media: int = _MOST_MEDIA, most_keys: int = MOST_KEYS) -> None:
        self._blocks = blocks
        self._most_media = most_media
        self._most_keys = most_keys
        # Of each block the elements that go with it, and their bytes; changed by `find` alone.
        self._bytes = blocks.sizes()
        self._elements = [stop - first for first, stop in blocks.spans()]
        self._found: list[Column] = []

    def owned(self) -> list[int]:
        """Of each block the bytes of the elements that stay, and of those that come to it; 0 where there are none."""
        return [
            max(size, 1) if elements else 0
            for size, elements in zip(self._bytes, self._elements, strict=True)
        ]

    def find(self, survey: SourceSurvey, columns: Columns, go_on: Callable[[], None]) -> None:
        """Look for them all; once. Blocks.

        Args:
            columns: where more of them can be had.
            go_on: called now and then; what it raises ends this.

        Raises:
            CheckpointUnusable: a file cannot be written or read.
        """
        counts = [stop - first for first, stop in self._blocks.spans()]
        repeated = repeated_keys(survey.keys, counts, columns, go_on, most_keys=self._most_keys)
        for media in _together(repeated, self._most_media):
            found = columns.new()
            self._find(media, survey, found, go_on)
            found.end()
            self._found.append(found)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """The position of each, ascending, and the number of the block that it goes with."""
        return ((row[0], row[1]) for row in merge(*(found.rows(2) for found in self._found)))

    def _find(self, media: set[int], survey: SourceSurvey, found: Column, go_on: Callable[[], None]) -> None:
        owners: dict[int, int] = {}
        for block, (first, stop) in enumerate(self._blocks.spans()):
            for begin, keys in survey.keys.stretches(first, stop):
                go_on()
                if media.isdisjoint(keys):
                    continue
                moved = array("Q")
                for position, key in enumerate(keys, begin):
                    if key in media and (owner := owners.setdefault(key, block)) != block:
                        moved.extend((position, owner))
                self._count(survey.lengths.read(begin, len(keys)), begin, block, moved)
                found.append(moved)

    def _count(self, lengths: array[int], begin: int, block: int, moved: array[int]) -> None:
        for position, owner in zip(moved[::2], moved[1::2], strict=True):
            length = lengths[position - begin]
            self._bytes[block] -= length
            self._bytes[owner] += length
            self._elements[block] -= 1
            self._elements[owner] += 1


def _together(sets: Iterator[set[int]], most: int) -> Iterator[set[int]]:
    """The same keys in fewer sets, each of them not much larger than `most`."""
    together: set[int] = set()
    for each in sets:
        together |= each
        if len(together) >= most:
            yield together
            together = set()
    if together:
        yield together
