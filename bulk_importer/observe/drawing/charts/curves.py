"""Draws curves by steps: a value holds from the beginning of a bin to its end, and what is not known is a gap.

Pure. A curve is drawn 1,000 units wide, and stretched to the width of the page without its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from bulk_importer.observe.drawing.charts.axes import Axis
from bulk_importer.observe.drawing.charts.bins import Bin
from bulk_importer.observe.drawing.charts.period import Period
from bulk_importer.observe.drawing.svg import element, number
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.timeline.values import Mark

__all__ = ["BLUE", "band", "line", "steps_of_bins", "steps_of_gate"]

BLUE = "#2980c4"
"""A blue between those of Okabe and Ito, which the colour-blind tell apart: 4 to 1 against white, and against black."""

_Step: TypeAlias = tuple[float, float, float]
"""From where to where a value holds, in units across, and how far below the top it stands."""


def steps_of_bins(
    bins: Sequence[Bin], period: Period, axis: Axis, value: Callable[[Bin], float | None]
) -> list[_Step]:
    """The steps of the bins that have a value."""
    return [
        (10 * period.x(each.at), 10 * period.x(each.until), axis.y(known))
        for each in bins
        if (known := value(each)) is not None
    ]


def steps_of_gate(
    marks: Sequence[Mark], period: Period, axis: Axis, value: Callable[[Mark], float | None]
) -> list[_Step]:
    """The steps of what the gate set, each until it was set again, or the run ended."""
    steps: list[_Step] = []
    ends = [part[1] for part in period.parts]
    known = [(each.at, value(each)) for each in marks if each.kind == "gate"]
    for index, (at, high) in enumerate(known):
        until = next((end for end in ends if end >= at), ends[-1])
        if index + 1 < len(known):
            until = min(until, known[index + 1][0])
        if high is not None:
            steps.append((10 * period.x(at), 10 * period.x(until), axis.y(high)))
    return steps


def line(
    steps: Sequence[_Step], *, color: str = BLUE, width: float = 1.75, dashes: str | None = None
) -> Markup:
    """A line along the steps."""
    path = " ".join(_along(part) for part in _parts(steps))
    return _path(path, fill="none", stroke=color, stroke_width=width, stroke_dasharray=dashes)


def band(highs: Sequence[_Step], lows: Sequence[_Step]) -> Markup:
    """What lies between two lines that have the same steps."""
    path = " ".join(
        f"{_along(above)} {_along([(until, at, y) for at, until, y in reversed(below)], 'L')}Z"
        for above, below in zip(_parts(highs), _parts(lows), strict=True)
    )
    return _path(path, fill=BLUE, fill_opacity=0.25, stroke="none")


def _path(path: str, **attributes: str | float | None) -> Markup:
    return element("path", d=path, vector_effect="non-scaling-stroke", stroke_linejoin="round", **attributes)


def _along(steps: Sequence[_Step], begin: str = "M") -> str:
    points = "L".join(f"{number(at)} {number(y)}L{number(until)} {number(y)}" for at, until, y in steps)
    return begin + points


def _parts(steps: Sequence[_Step]) -> Iterator[list[_Step]]:
    """The steps that follow each other without a gap."""
    part: list[_Step] = []
    for each in steps:
        if part and each[0] - part[-1][1] > 0.01:
            yield part
            part = []
        part.append(each)
    if part:
        yield part
