"""Draws where in a source entries were rejected: how many in each part of it, from its beginning to its end.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from bulk_importer.observe.drawing.charts.axes import linear
from bulk_importer.observe.drawing.charts.panel import grid, sheet
from bulk_importer.observe.drawing.charts.ticks import nice_step
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.timeline.values import Place

__all__ = ["Section", "sections_of", "strip_sheet"]

_HEIGHT = 96.0
_TOP = 24.0
_NARROWEST = 0.5
_COLOR = "#d55e00"


class Section(msgspec.Struct, frozen=True):
    """A part of the source, from a position up to another one without it, and what was rejected of it."""

    first: int
    until: int
    rejected: int
    codes: Counter[str]


def sections_of(places: Sequence[Place], total: int, most: int) -> list[Section]:
    """The places in about so many sections of a round length; those without a rejection are left out."""
    finest = max((each.count for each in places), default=1)
    length = max(finest, int(nice_step(max(1, total / most))))
    found: dict[int, Section] = {}
    for each in places:
        first = each.first // length * length
        known = found.get(first, Section(first, min(first + length, total), 0, Counter()))
        found[first] = msgspec.structs.replace(
            known, rejected=known.rejected + each.rejected, codes=known.codes + Counter(each.codes)
        )
    return [found[first] for first in sorted(found)]


def strip_sheet(sections: Sequence[Section], total: int, *, title: str, text: str) -> Markup:
    """The drawing."""
    axis = linear(max((each.rejected for each in sections), default=1), height=_HEIGHT, whole=True)
    bars = []
    for each in sections:
        x = min(100 * each.first / total, 100 - _NARROWEST)
        width = max(100 * (each.until - each.first) / total, _NARROWEST)
        height = max(1.5, axis.height - axis.y(each.rejected))
        place = {"x": f"{x:.2f}%", "width": f"{width:.2f}%"}
        bars.append(element("rect", y=_TOP + axis.height - height, height=height, fill=_COLOR, **place))
    content = [
        *bars,
        *grid(axis, _TOP, "rejected entries, by position"),
        *_positions(total, _TOP + _HEIGHT),
    ]
    return sheet(content, _TOP + _HEIGHT + 24, title=title, text=text)


def _positions(total: int, top: float) -> Iterator[Markup]:
    step = max(1, int(nice_step(total / 4)))
    for position in range(0, total + 1, step):
        x = 100 * position / total
        place, anchor = f"{x:.2f}%", "start" if x < 6 else "end" if x > 94 else "middle"
        yield element("line", x1=place, x2=place, y1=top, y2=top + 4, stroke="currentColor")
        yield element("text", str(position), x=place, y=top + 18, text_anchor=anchor)
