"""Draws what kept a run from going on, and what changed: bands behind the curves, signs below them, and their legend.

Pure. Each kind has a line of its own dashes, or a sign of its own shape: a colour is never all that tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from bulk_importer.observe.drawing.charts.period import Period
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.parts import duration
from bulk_importer.observe.timeline.values import Course, Quiet
from bulk_importer.readable import counted

__all__ = ["LANE", "Key", "lanes", "signs"]

LANE = 8
"""Pixels that a kind of quiet time takes above a panel."""
_MOST_TOLD_CUTS = 3
_NARROWEST = 0.5
"""Percent: what takes a moment of a long night is to be seen, too."""


class Key(msgspec.Struct, frozen=True):
    """A line of the legend: a sample, drawn in 24 by 12 pixels, and what it stands for."""

    sample: Markup
    text: str


class _Looks(msgspec.Struct, frozen=True):
    color: str
    dashes: str | None
    text: str


_QUIET: Mapping[str, _Looks] = {
    "outage": _Looks("#d55e00", None, "server away"),
    "paused": _Looks("#b558a5", "8 3", "paused by a person"),
    "hours": _Looks("currentColor", "2 3", "outside its hours"),
    "doubts": _Looks("#00875f", "8 3 2 3", "waiting for lost answers"),
}
_SIGNS: Mapping[str, tuple[str, str]] = {
    "gate": ("M0 0V7", "batches changed"),
    "limits": ("M0 -1L4.5 4L0 9L-4.5 4Z", "limits changed by a person"),
    "stop": ("M-4 0H4V8H-4Z", "stop requested"),
    "replacement": ("M0 0L5 8H-5Z", "replaces labels"),
}


def lanes(course: Course, period: Period, top: float, height: float) -> tuple[list[Markup], list[Key]]:
    """A lane for each kind of quiet time, and bands below them as high as all panels; and their legend.

    Args:
        top: of the first lane.
        height: of all below the lanes.
    """
    kinds = [kind for kind in _QUIET if any(each.kind == kind for each in course.quiet)]
    drawn, keys = [], []
    below = top + LANE * len(kinds)
    for index, kind in enumerate(kinds):
        looks, some = _QUIET[kind], [each for each in course.quiet if each.kind == kind]
        for x, width in _places(some, period):
            drawn.append(
                element(
                    "rect", x=f"{x:.2f}%", y=below, width=f"{width:.2f}%", height=height, fill_opacity=0.09
                )
            )
            drawn.append(_lane(looks, f"{x:.2f}%", f"{x + width:.2f}%", top + LANE * index + LANE / 2))
        keys.append(
            Key(
                _lane(looks, "0", "24", 6),
                f"{looks.text}: {_how_long(some, course.left_out.get(kind, 0), period)}",
            )
        )
    return drawn + list(_between(course, period, top, below + height - top)), keys


def signs(course: Course, period: Period, top: float) -> tuple[list[Markup], list[Key]]:
    """A sign at each moment at which something changed, and their legend."""
    drawn, keys = [], []
    for kind, (path, text) in _SIGNS.items():
        some = [each for each in course.marks if each.kind == kind]
        drawn += [_sign(path, f"{period.x(each.at):.2f}%", top, kind) for each in some]
        if some:
            keys.append(
                Key(
                    _sign(path, "12", 2, kind),
                    f"{text}: {_how_often(len(some) + course.left_out.get(kind, 0))}",
                )
            )
    return drawn, keys


def _lane(looks: _Looks, first: str, last: str, y: float) -> Markup:
    return element(
        "line",
        x1=first,
        x2=last,
        y1=y,
        y2=y,
        stroke=looks.color,
        stroke_width=5,
        stroke_dasharray=looks.dashes,
    )


def _sign(path: str, x: str, y: float, kind: str) -> Markup:
    stroke = "currentColor" if kind == "gate" else None
    return element("svg", element("path", d=path, stroke=stroke), x=x, y=y, overflow="visible")


def _places(some: list[Quiet], period: Period) -> Iterator[tuple[float, float]]:
    """From where on, and how wide; those that cannot be told apart are joined."""
    at, until = -1.0, -1.0
    for each in some:
        x = period.x(each.at)
        end = 100.0 if each.until is None else period.x(each.until)
        x = min(x, 100 - _NARROWEST)
        end = max(end, x + _NARROWEST)
        if x <= until:
            until = max(until, end)
            continue
        if until > at:
            yield at, until - at
        at, until = x, end
    if until > at:
        yield at, until - at


def _between(course: Course, period: Period, top: float, height: float) -> Iterator[Markup]:
    """The time between two runs; where it is cut out, how long it was, if there is room to say so."""
    for each in course.quiet:
        if each.kind == "between" and each.until is not None:
            x, end = period.x(each.at), period.x(each.until)
            width = f"{max(end - x, 0.1):.2f}%"
            yield element("rect", x=f"{x:.2f}%", y=top, width=width, height=height, fill_opacity=0.05)
            yield _edge(x, top, height)
            yield _edge(end, top, height)
    for at, until in period.cuts if len(period.cuts) <= _MOST_TOLD_CUTS else ():
        x = (period.x(at) + period.x(until)) / 2
        text = element(
            "text",
            duration(until - at),
            transform="rotate(-90)",
            x=-min(height, 150) / 2,
            y=4,
            text_anchor="middle",
        )
        yield element("svg", text, x=f"{x:.2f}%", y=top, overflow="visible")


def _edge(x: float, top: float, height: float) -> Markup:
    return element(
        "line",
        x1=f"{x:.2f}%",
        x2=f"{x:.2f}%",
        y1=top,
        y2=top + height,
        stroke="currentColor",
        stroke_opacity=0.5,
        stroke_dasharray="3 3",
    )


def _how_long(some: list[Quiet], left_out: int, period: Period) -> str:
    end = period.parts[-1][1]
    seconds = sum((end if each.until is None else each.until) - each.at for each in some)
    often = f"{len(some) + left_out:,} times, " if len(some) + left_out > 1 else ""
    return f"{often}{duration(seconds)}"


def _how_often(count: int) -> str:
    return "once" if count == 1 else counted(count, "time")
