"""Sets of positions as half-open runs.

Pure. A ledger of a hundred million entries is a few thousand runs, because entries are settled roughly in
the order in which they were read. So a set of positions costs memory by its holes, not by its size.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["Span", "SpanSet", "stretches"]


class Span(NamedTuple):
    """The positions from `start` up to, and without, `stop`."""

    start: int
    stop: int


def stretches(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The index ranges `[start, stop)` of strictly ascending positions that follow each other without a hole.

    Costs time by the holes, not by the positions: each stretch is doubled until a hole is in it.
    """
    start, count = 0, len(positions)
    while start < count:
        step = positions[start] - start
        near, far = start, start + 1
        while far < count and positions[far] - far == step:
            near, far = far, 2 * far - start
        near, far = near + 1, min(far, count)
        stop = bisect_right(range(near, far), step, key=lambda index: positions[index] - index)
        yield start, near + stop
        start = near + stop


class SpanSet:
    """A canonical set of positions: its spans are sorted, never empty, and never touch.

    Two sets with the same positions are equal, however they came about. Adding at the end is constant
    time; anywhere else it moves the spans behind it (a memmove of 16 bytes a span).
    """

    __slots__ = ("_starts", "_stops", "_total")

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        # Changed by `add` and `discard` alone; `_total` follows them, so that `len` need not walk.
        self._starts = array("q")
        self._stops = array("q")
        self._total = 0
        for start, stop in spans:
            self.add(start, stop)

    @classmethod
    def of(cls, positions: Iterable[int]) -> SpanSet:
        """The set of single positions. Those that follow each other cost one addition together."""
        if isinstance(positions, range) and positions.step == 1:
            return cls([(positions.start, positions.stop)])
        found = cls()
        start = stop = 0
        for position in positions:
            if position == stop:
                stop += 1
            else:
                found.add(start, stop)
                start, stop = position, position + 1
        found.add(start, stop)
        return found

    def add(self, start: int, stop: int) -> None:
        """Put the positions of `[start, stop)` in; those that are in already stay."""
        if start >= stop:
            return
        starts, stops = self._starts, self._stops
        if not stops or start > stops[-1]:
            starts.append(start)
            stops.append(stop)
            self._total += stop - start
            return
        first = bisect_left(stops, start)
        last = bisect_right(starts, stop)
        if first < last:
            start = min(start, starts[first])
            stop = max(stop, stops[last - 1])
            self._total -= sum(stops[first:last]) - sum(starts[first:last])
        starts[first:last] = array("q", [start])
        stops[first:last] = array("q", [stop])
        self._total += stop - start

    def discard(self, start: int, stop: int) -> None:
        """Take the positions of `[start, stop)` out; those that are not in do not matter."""
        if start >= stop:
            return
        starts, stops = self._starts, self._stops
        first = bisect_right(stops, start)
        last = bisect_left(starts, stop)
        if first >= last:
            return
        left, right = starts[first], stops[last - 1]
        self._total -= sum(stops[first:last]) - sum(starts[first:last])
        kept = [(a, b) for a, b in ((left, start), (stop, right)) if a < b]
        starts[first:last] = array("q", [a for a, _ in kept])
        stops[first:last] = array("q", [b for _, b in kept])
        self._total += sum(b - a for a, b in kept)

    def update(self, other: Iterable[Span]) -> None:
        """Put every position of `other` in."""
        for start, stop in other:
            self.add(start, stop)

    def covers(self, start: int, stop: int) -> bool:
        """Whether every position of `[start, stop)` is in. True for an empty run."""
        if start >= stop:
            return True
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and self._stops[at] >= stop

    def meets(self, start: int, stop: int) -> bool:
        """Whether any position of `[start, stop)` is in."""
        if start >= stop:
            return False
        at = bisect_right(self._stops, start)
        return at < len(self._starts) and self._starts[at] < stop

    def within(self, start: int, stop: int) -> Iterator[Span]:
        """The runs of this set inside `[start, stop)`, in order. The set must not change meanwhile."""
        at = bisect_right(self._stops, start)
        while at < len(self._starts) and self._starts[at] < stop:
            yield Span(max(start, self._starts[at]), min(stop, self._stops[at]))
            at += 1

    def missing(self, start: int, stop: int) -> Iterator[Span]:
        """The runs of `[start, stop)` that are not in this set, in order. It must not change meanwhile."""
        for held in self.within(start, stop):
            if start < held.start:
                yield Span(start, held.start)
            start = held.stop
        if start < stop:
            yield Span(start, stop)

    def copy(self) -> SpanSet:
        """A set of its own with the same positions."""
        twin = SpanSet()
        twin._starts, twin._stops, twin._total = self._starts[:], self._stops[:], self._total
        return twin

    @property
    def spans(self) -> tuple[Span, ...]:
        """The runs in order."""
        return tuple(map(Span, self._starts, self._stops))

    def __iter__(self) -> Iterator[Span]:
        return map(Span, self._starts, self._stops)

    def __len__(self) -> int:
        """The number of positions, not of runs."""
        return self._total

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __contains__(self, position: int) -> bool:
        return self.covers(position, position + 1)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpanSet):
            return NotImplemented
        return self._starts == other._starts and self._stops == other._stops

    __hash__ = None  # type: ignore[assignment]  # a mutable set has no stable hash

    def __repr__(self) -> str:
        return f"SpanSet({[tuple(span) for span in self]})"
