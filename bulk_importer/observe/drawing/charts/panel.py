"""Draws a plot over time: panels one below the other, with one axis of time, and a legend below.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from bulk_importer.observe.drawing.charts.axes import Axis
from bulk_importer.observe.drawing.charts.held import LANE, Key, lanes, signs
from bulk_importer.observe.drawing.charts.period import Period
from bulk_importer.observe.drawing.svg import element, number, picture
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.timeline.values import Course

__all__ = ["Panel", "grid", "legend", "over_time", "sheet"]

_LABEL = 22
"""Pixels above a panel, for what it shows and for the highest number."""
_SIGNS = 12
_TIMES = 34
_KEY = 19
_LONGEST_IN_COLUMN = 22


class Panel(msgspec.Struct, frozen=True):
    """A part of a plot: what it shows, its axis, and curves as wide as 1,000 units."""

    label: str
    axis: Axis
    curves: Sequence[Markup]


def over_time(
    course: Course, period: Period, panels: Sequence[Panel], keys: Sequence[Key], *, title: str, text: str
) -> Markup:
    """The plot.

    Args:
        keys: of the curves; those of quiet times and signs come behind them.
        title, text: what it is called, and what is to be seen, for whoever cannot see it.
    """
    kinds = len(lanes(course, period, 0, 0)[1])
    tops, y = [], LANE * kinds + 4.0
    for panel in panels:
        tops.append(y + _LABEL)
        y += _LABEL + panel.axis.height + 8
    bottom = y - 8
    held, held_keys = lanes(course, period, 0, bottom - LANE * kinds)
    changed, changed_keys = signs(course, period, bottom + 2)
    below, height = legend([*keys, *held_keys, *changed_keys], bottom + _SIGNS + _TIMES)
    content = [
        *held,
        *(_stretched(panel, top) for panel, top in zip(panels, tops, strict=True)),
        *(
            each
            for panel, top in zip(panels, tops, strict=True)
            for each in grid(panel.axis, top, panel.label)
        ),
        *changed,
        *_times(period, bottom + _SIGNS),
        *below,
    ]
    return sheet(content, height, title=title, text=text)


def sheet(content: Sequence[Markup], height: float, *, title: str, text: str) -> Markup:
    """A drawing as wide as the page, in its colour."""
    return picture(
        *content,
        title=title,
        text=text,
        class_="plot",
        overflow="visible",
        width="100%",
        height=height,
        fill="currentColor",
        font_size=12,
        font_family="system-ui, sans-serif",
    )


def grid(axis: Axis, top: float, label: str) -> Iterator[Markup]:
    """The lines of a panel, each with its value above it at the left, and above all what is shown."""
    yield element("text", label, x="100%", y=top - 8, text_anchor="end", font_weight=600)
    for value, text in axis.lines:
        y = top + axis.y(value)
        opacity = 0.7 if value == axis.lowest else 0.18
        yield element("line", x1=0, x2="100%", y1=y, y2=y, stroke="currentColor", stroke_opacity=opacity)
        # What is behind the page is behind the number, too, so that it can be read where a curve is.
        yield element(
            "text",
            text,
            x=0,
            y=y - 4,
            stroke="Canvas",
            stroke_width=3,
            stroke_opacity=0.75,
            paint_order="stroke",
        )


def legend(keys: Sequence[Key], top: float) -> tuple[list[Markup], float]:
    """The legend in two columns, where the texts are short enough for them on a telephone, and where it ends."""
    drawn, row, is_left = [], -1, False
    for key in keys:
        is_long = len(key.text) > _LONGEST_IN_COLUMN
        is_left = is_long or not is_left
        row += is_left
        text = element("text", key.text, x=30, y=10)
        place = {"x": "0" if is_left else "50%", "y": number(top + _KEY * row)}
        drawn.append(element("svg", key.sample, text, overflow="visible", **place))
        is_left = is_left and not is_long
    return drawn, top + _KEY * (row + 1)


def _stretched(panel: Panel, top: float) -> Markup:
    height = panel.axis.height
    return element(
        "svg",
        *panel.curves,
        x=0,
        y=top,
        width="100%",
        height=height,
        viewBox=f"0 0 1000 {number(height)}",
        preserveAspectRatio="none",
        overflow="visible",
    )


def _times(period: Period, top: float) -> Iterator[Markup]:
    for each in period.ticks():
        place = f"{number(each.x)}%"
        yield element("line", x1=place, x2=place, y1=top - _SIGNS, y2=top - _SIGNS + 4, stroke="currentColor")
        yield element("text", each.text, x=place, y=top + 10, text_anchor=each.anchor)
        if each.day:
            yield element("text", each.day, x=place, y=top + 24, text_anchor=each.anchor, fill_opacity=0.8)
