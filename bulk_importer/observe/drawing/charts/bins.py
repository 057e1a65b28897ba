"""Joins stretches of time until they make a curve that can be read, or a table of a few rows.

Pure.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from bulk_importer.observe.drawing.charts.period import Period
from bulk_importer.observe.drawing.charts.ticks import time_step, time_ticks
from bulk_importer.observe.timeline.values import Course, Stretch

__all__ = ["Bin", "curve_bins", "table_bins"]

_MOST_BINS = 120
_FEWEST_BINS = 24
_ENOUGH_REQUESTS = 4.0
"""Requests in a bin, on the average, from which on its rate is not one of chance."""
_GRID_SECONDS = 0.25


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """What happened from `at` to `until`; see `Stretch`. `seconds` are those in which a run went on."""

    at: float
    until: float
    seconds: float
    stretches: Sequence[Stretch]

    def sum(self, name: str) -> int:
        """The sum of what a stretch has by that name."""
        return sum(getattr(each, name) for each in self.stretches)

    @property
    def per_second(self) -> float:
        """Entries delivered a second."""
        return self.sum("entries") / self.seconds if self.seconds else 0.0

    @property
    def in_flight(self) -> int:
        """The most requests on their way at a time."""
        return max((each.in_flight for each in self.stretches), default=0)

    @property
    def mean_weight(self) -> float | None:
        """What a request weighed on the average; None without any."""
        requests = self.sum("requests")
        return self.sum("weight") / requests if requests else None

    @property
    def latencies(self) -> tuple[float, float, float] | None:
        """The fastest answer, about the median, and the slowest one; None without any."""
        known = [
            (each.mid_seconds, each.low_seconds, each.high_seconds, each.requests)
            for each in self.stretches
            if each.low_seconds is not None and each.mid_seconds is not None and each.high_seconds is not None
        ]
        if not known:
            return None
        left = sum(requests for *_, requests in known) / 2
        middle = known[0][0]
        for middle, _, _, requests in sorted(known):  # noqa: B007 - the last one looked at is what is sought
            left -= requests
            if left <= 0:
                break
        return min(low for _, low, _, _ in known), middle, max(high for _, _, high, _ in known)


def curve_bins(course: Course, period: Period) -> list[Bin]:
    """Bins of one length, so short that a curve shows what there is, and so long that it is none of chance."""
    longest = max((each.seconds for each in course.stretches), default=_GRID_SECONDS)
    length = _GRID_SECONDS * 2 ** math.ceil(math.log2(max(1.0, longest / _GRID_SECONDS)))
    while period.seconds / length > _MOST_BINS or (
        period.seconds / length > _FEWEST_BINS and _mean_requests(course, length) < _ENOUGH_REQUESTS
    ):
        length *= 2
    parts = []
    for first, last in period.parts:
        begin = math.floor(first / length)
        inner = [each * length for each in range(begin + 1, math.ceil(last / length))]
        # What is left over at an end is no bin of its own.
        inner = [each for each in inner if each - first >= length / 2 and last - each >= length / 2]
        parts.append([first, *inner, last])
    return _bins(course, parts)


def table_bins(course: Course, period: Period, most: int) -> list[Bin]:
    """Bins that begin at round times, about so many; those in which nearly no run went on are left out."""
    step = time_step(period.seconds, most)
    parts = [
        [first, *(at for at in time_ticks(first, last, step, period.zone) if first < at < last), last]
        for first, last in period.parts
    ]
    return [each for each in _bins(course, parts) if each.seconds > step / 20 or each.stretches]


def _mean_requests(course: Course, length: float) -> float:
    with_some = {each.at // length for each in course.stretches if each.requests}
    return sum(each.requests for each in course.stretches) / len(with_some) if with_some else math.inf


def _bins(course: Course, parts: Iterable[Sequence[float]]) -> list[Bin]:
    """The bins of each part between its edges."""
    spans = [span for edges in parts for span in pairwise(edges) if span[1] > span[0]]
    held: list[list[Stretch]] = [[] for _ in spans]
    starts = [at for at, _ in spans]
    for each in course.stretches:
        held[max(0, bisect_right(starts, each.at + each.seconds / 2) - 1)].append(each)
    return [
        Bin(at=at, until=until, seconds=_running(course, at, until), stretches=some)
        for (at, until), some in zip(spans, held, strict=True)
    ]


def _running(course: Course, at: float, until: float) -> float:
    """For how long of it a run went on."""
    off = sum(
        max(0.0, min(until, each.until) - max(at, each.at))
        for each in course.quiet
        if each.kind == "between" and each.until is not None
    )
    return max(0.0, until - at - off)
