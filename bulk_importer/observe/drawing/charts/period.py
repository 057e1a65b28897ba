"""Puts moments where they belong across a plot; days between two runs are cut out.

Pure. Times are seconds since 1970; places across are percentages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise

import msgspec

from bulk_importer.observe.drawing.charts.ticks import time_step, time_ticks
from bulk_importer.observe.timeline.values import Course

__all__ = ["Period", "Tick", "period_of"]

_DAY = 86_400
_SHORTEST = 1.0
_MOST_TICKS = 5
_CUT_SHARE, _CUT_SECONDS = 0.25, 5.0
"""A time between two runs that is longer than this share of the time in which runs went on, and than so many seconds,
is cut out."""
_CUT_WIDTH, _ALL_CUTS_WIDTH = 7.0, 35.0
_LETTER = 2.3
"""Percent that a letter takes on a telephone (7 of 300 pixels): so far two times have to be apart."""
_EDGE = 10.0
"""Percent: a time so near to an end of the axis does not stand in the middle below its place, but ends there."""


class Tick(msgspec.Struct, frozen=True):
    """A moment on the axis: where, and what is written there, in one line or two."""

    x: float
    text: str
    day: str = ""

    @property
    def anchor(self) -> str:
        """Which end of the text is at its place, so that all of it is inside."""
        return "start" if self.x < _EDGE else "end" if self.x > 100 - _EDGE else "middle"

    def is_clear_of(self, other: Tick, text: str, other_text: str) -> bool:
        """Whether a text of this one does not stand in a text of another one before it, on a telephone."""
        return not (text and other_text) or self._span(text)[0] > other._span(other_text)[1] + _LETTER

    def _span(self, text: str) -> tuple[float, float]:
        width = _LETTER * len(text)
        first = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return first, first + width


class Period(msgspec.Struct, frozen=True):
    """The time that a plot shows.

    Attributes:
        parts: from when to when, in order: between two of them is what is cut out.
        zone: by whose clock it is told.
    """

    parts: Sequence[tuple[float, float]]
    zone: tzinfo

    @property
    def seconds(self) -> float:
        """How long it is, without what is cut out."""
        return sum(last - first for first, last in self.parts)

    @property
    def cuts(self) -> list[tuple[float, float]]:
        """What is cut out."""
        return [(one[1], other[0]) for one, other in pairwise(self.parts)]

    def x(self, at: float) -> float:
        """Where a moment is, from 0 to 100."""
        cut = self._cut_width
        scale = (100 - cut * (len(self.parts) - 1)) / self.seconds
        x = 0.0
        for index, (first, last) in enumerate(self.parts):
            if at < first:
                before = self.parts[index - 1][1] if index else first
                return x - (cut * (first - at) / (first - before) if index else 0.0)
            if at <= last:
                return x + (at - first) * scale
            x += (last - first) * scale + cut
        return 100.0

    @property
    def _cut_width(self) -> float:
        return min(_CUT_WIDTH, _ALL_CUTS_WIDTH / max(1, len(self.parts) - 1))

    def ticks(self) -> list[Tick]:
        """The times that are written below, with the day where it is another one; none stands in another one."""
        step = time_step(self.seconds, _MOST_TICKS)
        found: list[Tick] = []
        said: Tick | None = None
        for at in self._tick_moments(step):
            tick = self._tick(at, step)
            if found and not tick.is_clear_of(found[-1], tick.text, found[-1].text):
                continue
            if said and (tick.day == said.day or not tick.is_clear_of(said, tick.day, said.day)):
                tick = msgspec.structs.replace(tick, day="")
            found.append(tick)
            said = tick if tick.day else said
        return found

    def _tick(self, at: float, step: int) -> Tick:
        then = datetime.fromtimestamp(at, self.zone)
        date = f"{then.day} {then:%b}"
        if step >= _DAY:
            return Tick(self.x(at), date, f"{then:%a}")
        clock = f"{then:%H:%M:%S}" if step < 60 or then.second else f"{then:%H:%M}"
        return Tick(self.x(at), clock, f"{then:%a} {date}")

    def _tick_moments(self, step: int) -> Iterator[float]:
        for first, last in self.parts:
            yield from time_ticks(first, last, step, self.zone) or [first]


def period_of(course: Course, zone: tzinfo) -> Period | None:
    """The time of a course from its first moment to its last; None where nothing is known to have happened."""
    moments = [
        *(each.at for each in course.stretches),
        *(each.at for each in course.quiet),
        *(each.at for each in course.marks),
        *(each.at + each.seconds for each in course.stretches),
        *(each.until for each in course.quiet if each.until is not None),
    ]
    if not moments:
        return None
    first, last = min(moments), max(moments)
    between = [
        (each.at, each.until)
        for each in course.quiet
        if each.kind == "between" and each.until is not None and each.at > first
    ]
    running = last - first - sum(until - at for at, until in between)
    parts = [(first, last)]
    for at, until in between:
        is_long = until - at > max(_CUT_SHARE * running, _CUT_SECONDS)
        if is_long and parts[-1][0] < at < until < last:
            parts[-1:] = [(parts[-1][0], at), (until, last)]
    if sum(end - begin for begin, end in parts) < _SHORTEST:
        parts[-1] = (parts[-1][0], parts[-1][1] + _SHORTEST)
    return Period(parts, zone)
