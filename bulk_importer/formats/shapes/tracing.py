"""Traces masks that are given as runs into polygons whose edges are the edges of the pixels.

Pure. A mask is a sequence of *lines* (columns in COCO, rows elsewhere) with the runs of set pixels in each. No dense
mask is made: time and memory go by the runs, not by the pixels.

Two set pixels are in one part if they share an edge; those that only share a corner are in two. Each part has one outer
ring and as many holes as it has. Rings are exact: by the even-odd rule they hold the pixels of the mask and no others,
and points that lie on a straight edge between two others are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

__all__ = ["Corner", "Part", "Ring", "trace"]

Corner: TypeAlias = tuple[int, int]
"""A corner of a pixel as (line, place in the line)."""

Ring: TypeAlias = tuple[Corner, ...]
"""Corners of a closed outline, the first not repeated at the end."""

_Run: TypeAlias = tuple[int, int]  # the first place that is set, and the first behind it


@dataclass(frozen=True, slots=True)
class Part:
    """Set pixels that hang together by their edges: an outer ring, and a ring around each hole in it."""

    outer: Ring
    holes: tuple[Ring, ...] = ()


def trace(lines: Iterable[tuple[int, Sequence[_Run]]]) -> list[Part]:
    """The parts of a mask, in the order in which their first pixels come.

    Args:
        lines: number of a line with its runs, both ascending, runs of one line neither overlapping nor touching; lines
            without a set pixel may be left out.
    """
    edges, parts = _Edges(), _Parts()
    before: list[_Labelled] = []
    expected = 0
    for line, runs in lines:
        if line != expected:
            edges.behind(expected, before)
            before = []
        now = parts.label(runs, before)
        edges.between(line, before, now)
        before, expected = now, line + 1
    edges.behind(expected, before)
    return _assembled(edges, parts)


def _assembled(edges: _Edges, parts: _Parts) -> list[Part]:
    outers: dict[int, Ring] = {}
    holes: dict[int, list[Ring]] = {}
    for ring, run in edges.rings():
        part = parts.root(run)
        if _twice_the_area(ring) > 0:
            outers[part] = ring
        else:
            holes.setdefault(part, []).append(ring)
    return [Part(outers[part], tuple(holes.get(part, ()))) for part in sorted(outers)]


_Labelled: TypeAlias = tuple[_Run, int]  # a run, and its number


class _Parts:
    """Which runs hang together: a forest of runs, in which each root is a part."""

    def __init__(self) -> None:
        self._above: list[
            int
        ] = []  # of each run, another of its part with a lower number; itself for the first

    def label(self, runs: Sequence[_Run], before: list[_Labelled]) -> list[_Labelled]:
        """Give each run of a line a number, joined with the runs of the line before that it shares an edge with."""
        labelled: list[_Labelled] = []
        first = 0
        for run in runs:
            mine = len(self._above)
            self._above.append(mine)
            while first < len(before) and before[first][0][1] <= run[0]:
                first += 1
            at = first
            while at < len(before) and before[at][0][0] < run[1]:
                self._join(before[at][1], mine)
                at += 1
            labelled.append((run, mine))
        return labelled

    def root(self, run: int) -> int:
        """The first run of the part to which a run belongs."""
        while self._above[run] != run:
            self._above[run] = self._above[self._above[run]]
            run = self._above[run]
        return run

    def _join(self, one: int, other: int) -> None:
        one, other = sorted((self.root(one), self.root(other)))
        self._above[other] = one


class _Edges:
    """Directed edges between set and other pixels.

    With lines to the right and places downwards, as on a screen, what is set is on the right hand of each edge. One
    edge leaves a corner, or two where the set pixels around it share nothing but this corner.
    """

    def __init__(self) -> None:
        self._leaving: dict[Corner, list[tuple[Corner, int]]] = {}

    def between(self, line: int, before: list[_Labelled], now: list[_Labelled]) -> None:
        """Add the edges between a line and the one before it, and those at the ends of its runs."""
        for (start, stop), run in now:
            self._add((line, start), (line + 1, start), run)
            self._add((line + 1, stop), (line, stop), run)
        for low, high, run, is_set in _differences(before, now):
            if is_set:
                self._add((line, high), (line, low), run)
            else:
                self._add((line, low), (line, high), run)

    def behind(self, line: int, before: list[_Labelled]) -> None:
        """Add the edges behind a block of lines, of which `line` is the first that is not in it."""
        self.between(line, before, [])

    def rings(self) -> Iterator[tuple[Ring, int]]:
        """Take out each closed way along the edges, with a run whose edge it begins with.

        Corners are tried in ascending order: of the lowest corner that is left on any way, only one edge is left, so
        that the way is closed when it comes there again.
        """
        for start in sorted(self._leaving):
            while start in self._leaving:
                at, run = self._leave(start, None)
                way = [start]
                while at != start:
                    way.append(at)
                    at, _ = self._leave(at, way[-2])
                yield _without_straight(way), run

    def _add(self, start: Corner, end: Corner, run: int) -> None:
        self._leaving.setdefault(start, []).append((end, run))

    def _leave(self, at: Corner, came_from: Corner | None) -> tuple[Corner, int]:
        """Take out the edge that goes on from a corner; of two, the one around the same pixel, which turns right."""
        ends = self._leaving[at]
        if len(ends) == 2 and came_from is not None:
            right = (at[0] - (at[1] - came_from[1]), at[1] + (at[0] - came_from[0]))
            if _direction(at, ends[0][0]) == _direction(at, right):
                ends.reverse()
            return ends.pop()
        del self._leaving[at]
        return ends[0]


def _differences(before: list[_Labelled], now: list[_Labelled]) -> Iterator[tuple[int, int, int, bool]]:
    """Where two neighbouring lines differ: first place, the one behind, the run, and whether it is set in `now`."""
    places = sorted({place for run, _ in (*before, *now) for place in run})
    old = new = 0
    for low, high in pairwise(places):
        while old < len(before) and before[old][0][1] <= low:
            old += 1
        while new < len(now) and now[new][0][1] <= low:
            new += 1
        was_set = old < len(before) and before[old][0][0] <= low
        is_set = new < len(now) and now[new][0][0] <= low
        if was_set != is_set:
            yield low, high, now[new][1] if is_set else before[old][1], is_set


def _without_straight(way: list[Corner]) -> Ring:
    """The corners of a closed way at which it turns."""
    around = zip([way[-1], *way[:-1]], way, [*way[1:], way[0]], strict=True)
    return tuple(at for came, at, goes in around if _direction(came, at) != _direction(at, goes))


def _direction(start: Corner, end: Corner) -> tuple[bool, bool, bool, bool]:
    return end[0] > start[0], end[0] < start[0], end[1] > start[1], end[1] < start[1]


def _twice_the_area(ring: Ring) -> int:
    """Positive for an outer ring, negative for one around a hole."""
    return sum(
        x * below - right * y for (x, y), (right, below) in zip(ring, (*ring[1:], ring[0]), strict=True)
    )
