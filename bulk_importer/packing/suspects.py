"""Keeps suspects, which failed together in nobody's words, apart: they leave in parts, never with other entries. Pure.

What failed in an earlier run, or is in doubt in this one, may fail again for a reason that lies in one of its
entries. Packed with others it would take these down with it, and packed as before it would fail as before. So a group
is cut into parts, and each part is sealed by itself. Sixteen parts and not two: where an answer was lost, each level
of cutting costs as long as a lost request may still be running, and requests are cheap beside that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from bulk_importer.model import EntryRun
from bulk_importer.spans import Span, SpanSet

__all__ = ["PARTS", "Suspects"]

PARTS = 16
"""Into how many parts a group is cut."""


class Suspects:
    """Which positions are suspect, and in which part each of them is.

    Args:
        groups: the positions of each group and how often it failed; no position is in two of them.
    """

    def __init__(self, groups: Iterable[tuple[Sequence[Span], int]] = ()) -> None:
        # One row for each stretch of positions of one part, ascending: where it begins and ends, its part, its tries.
        rows = []
        part = 0
        for spans, tries in groups:
            for piece in _pieces(SpanSet(spans)):
                part += 1
                rows += [(start, stop, part, tries) for start, stop in piece]
        rows.sort()
        self._starts = [row[0] for row in rows]
        self._stops = [row[1] for row in rows]
        self._parts = [row[2] for row in rows]
        self._tries = {row[2]: row[3] for row in rows}

    def __bool__(self) -> bool:
        return bool(self._starts)

    def part_of(self, position: int) -> int:
        """The part that a position is in; 0 for the ordinary ones."""
        at = bisect_right(self._starts, position) - 1
        return self._parts[at] if at >= 0 and position < self._stops[at] else 0

    def tries(self, part: int) -> int:
        """How often the entries of this part failed; 0 for ordinary entries."""
        return self._tries.get(part, 0)

    def split(self, run: EntryRun) -> Iterator[EntryRun]:
        """The run in pieces of one part each, in order; itself where it has one only."""
        if not self._meets(run):
            yield run
            return
        start = 0
        parts = [self.part_of(position) for position in run.positions]
        for index in range(1, len(parts) + 1):
            if index == len(parts) or parts[index] != parts[start]:
                yield run.take(range(start, index))
                start = index

    def _meets(self, run: EntryRun) -> bool:
        if not self._starts or not len(run):
            return False
        first, last = run.positions[0], run.positions[-1]
        at = bisect_right(self._starts, last) - 1
        return at >= 0 and self._stops[at] > first


def _pieces(group: SpanSet) -> Iterator[list[Span]]:
    """The positions of a group in up to `PARTS` parts of the same size, each as spans."""
    size = -(-len(group) // PARTS)
    piece: list[Span] = []
    room = size
    for start, stop in group:
        at = start
        while at < stop:
            end = min(stop, at + room)
            piece.append(Span(at, end))
            room -= end - at
            at = end
            if not room:
                yield piece
                piece, room = [], size
    if piece:
        yield piece
