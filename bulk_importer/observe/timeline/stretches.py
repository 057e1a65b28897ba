"""Adds up what happened in stretches of time, which become longer when there are too many.

Pure. All stretches are of one length and begin at its multiples, so that joining two by two is exact: the sums are the
same however often it was done, and the same for a run that was watched as for one that is read from its log. Those in
which nothing happened take no room, so that days between two runs do not make the runs coarse.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import msgspec

from bulk_importer.observe.timeline.values import Stretch

__all__ = ["MOST", "Cell", "Stretches"]

MOST = 240
"""Stretches. A plot of 1,200 pixels shows as many; their state takes 40 kB in the log (measured, a night)."""
_SHORTEST = 250
_STEPS = 8
"""Latencies are counted in classes, so many for each doubling: a median is right to 5 %."""
_CLASSES = (-10 * _STEPS, 20 * _STEPS)
"""From a millisecond to twelve days; what is outside is counted at the end of it."""


class Cell(msgspec.Struct, array_like=True):
    """The sums of one stretch; see `Stretch`. `latencies` counts answers by class."""

    entries: int = 0
    weight: int = 0
    bytes: int = 0
    requests: int = 0
    rejected: int = 0
    retries: int = 0
    refused: int = 0
    doubted: int = 0
    in_flight: int = 0
    low: float = 0.0
    high: float = 0.0
    latencies: dict[int, int] = {}

    def answered(self, seconds: float) -> None:
        """Count an answer that took so long."""
        self.low = min(self.low, seconds) if self.latencies else seconds
        self.high = max(self.high, seconds)
        step = round(_STEPS * math.log2(seconds)) if 0 < seconds < math.inf else _CLASSES[0]
        step = min(max(step, _CLASSES[0]), _CLASSES[1])
        self.latencies[step] = self.latencies.get(step, 0) + 1

    def add(self, other: Cell) -> None:
        """Add what happened in another stretch."""
        self.entries += other.entries
        self.weight += other.weight
        self.bytes += other.bytes
        self.requests += other.requests
        self.rejected += other.rejected
        self.retries += other.retries
        self.refused += other.refused
        self.doubted += other.doubted
        self.in_flight = max(self.in_flight, other.in_flight)
        if other.latencies:
            self.low = min(self.low, other.low) if self.latencies else other.low
        self.high = max(self.high, other.high)
        for step, count in other.latencies.items():
            self.latencies[step] = self.latencies.get(step, 0) + count

    def median(self) -> float:
        """The median latency: of two in the middle the shorter one."""
        left = (sum(self.latencies.values()) + 1) // 2
        for step, count in sorted(self.latencies.items()):
            left -= count
            if left <= 0:
                return min(max(2 ** (step / _STEPS), self.low), self.high)
        return self.high


class Stretches(msgspec.Struct):
    """The sums by time, `MOST` of them at most. Times are milliseconds since 1970, and come in order."""

    length: Annotated[int, msgspec.Meta(gt=0)] = _SHORTEST
    cells: dict[int, Cell] = {}

    def at(self, now: int) -> Cell:
        """The sums of the stretch that `now` is in, to be added to."""
        cell = self.cells.get(now // self.length)
        if cell is None:
            cell = self.cells[now // self.length] = Cell()
            while len(self.cells) > MOST:
                self._join()
            cell = self.cells[now // self.length]
        return cell

    def add(self, other: Stretches) -> None:
        """Add what happened at the same time elsewhere. What was on its way at a time adds up, stretch by stretch."""
        while self.length < other.length:
            self._join()
        joined: dict[int, Cell] = {}
        for key, cell in other.cells.items():
            joined.setdefault(key * other.length // self.length, Cell(latencies={})).add(cell)
        for key, cell in joined.items():
            mine = self.cells.get(key, Cell())
            cell.in_flight += mine.in_flight
            cell.add(mine)
        self.cells = dict(sorted({**self.cells, **joined}.items()))
        while len(self.cells) > MOST:
            self._join()

    def _join(self) -> None:
        self.length *= 2
        joined: dict[int, Cell] = {}
        for key, cell in self.cells.items():
            into = joined.setdefault(key // 2, cell)
            if into is not cell:
                into.add(cell)
        self.cells = joined

    def values(self, first: int, last: int) -> Iterator[Stretch]:
        """The stretches in order, those at the ends cut to what lies between `first` and `last`.

        A quarter of each is left at least: a rate over less time would be one of chance.
        """
        least = self.length // 4
        for key, cell in self.cells.items():
            began, end = key * self.length, (key + 1) * self.length
            began = min(max(began, first), end - least)
            end = max(min(end, last), began + least)
            yield _stretch(began, end, cell)


def _stretch(began: int, end: int, cell: Cell) -> Stretch:
    has_answers = bool(cell.latencies)
    return Stretch(
        at=began / 1000,
        seconds=(end - began) / 1000,
        entries=cell.entries,
        weight=cell.weight,
        bytes=cell.bytes,
        requests=cell.requests,
        rejected=cell.rejected,
        retries=cell.retries,
        refused=cell.refused,
        doubted=cell.doubted,
        low_seconds=cell.low if has_answers else None,
        mid_seconds=cell.median() if has_answers else None,
        high_seconds=cell.high if has_answers else None,
        in_flight=cell.in_flight,
    )
