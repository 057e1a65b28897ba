"""Where on the canvas something is wrong, and the ring around it.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import hypot

import msgspec

from bulk_importer.observe.drawing.canvas.looks import ALARM, CAUTION
from bulk_importer.observe.drawing.canvas.outlines import Outline, Point, outliers
from bulk_importer.observe.drawing.canvas.view import Box, View
from bulk_importer.observe.drawing.entries.marks import Mark
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["Place", "colour_of", "place_of", "ring"]

_SMALL = 18.0
_RING = 11.0


class Place(msgspec.Struct, frozen=True):
    """Where something is wrong.

    Attributes:
        box: on the canvas.
        radius: of the ring around it; None where it is seen without, or lies outside.
        is_point: it is a point, and nothing wide.
        is_guessed: the point has no numbers, and this is between its neighbours.
    """

    box: Box
    radius: float | None = None
    is_point: bool = False
    is_guessed: bool = False

    @property
    def middle(self) -> Point:
        """Of the box."""
        return (self.box.left + self.box.right) / 2, (self.box.top + self.box.bottom) / 2

    def sight(self) -> Box:
        """What must stay in sight of it, with its ring; of what is large only the middle."""
        x, y = self.middle
        if self.radius is not None:
            half = self.radius + 3
            return Box(x - half, y - half, x + half, y + half)
        across = min(13.0, (self.box.right - self.box.left) / 2)
        down = min(13.0, (self.box.bottom - self.box.top) / 2)
        return Box(x - across, y - down, x + across, y + down)

    def tip(self, start: Point, outline: Outline, view: View) -> Point:
        """Where a line to it ends that comes from `start`."""
        if self.radius is None:
            near = None if self.is_point else outline.nearest(start)
            x, y = near or self.middle
            return min(max(x, 0.0), view.width), min(max(y, 0.0), view.height)
        x, y = self.middle
        length = hypot(start[0] - x, start[1] - y) or 1.0
        share = self.radius / length
        return x + (start[0] - x) * share, y + (start[1] - y) * share


def place_of(outline: Outline, index: int | None, view: View) -> Place | None:
    """Where something is wrong; None where nothing of it has a place."""
    if index is not None and outline.middle(index) is not None:
        return _place_of_point(outline, index, view)
    if outline.box is None:
        edge = next((place for _, place in outliers(outline, view)), None)
        if edge is None and outline.guides:
            edge = outline.middle(next(iter(outline.guides)))
        return None if edge is None else Place(Box(*edge, *edge))
    wide = max(outline.box.right - outline.box.left, outline.box.bottom - outline.box.top)
    return Place(outline.box, max(_RING, wide / 2 + 7) if wide <= _SMALL else None)


def ring(place: Place, marks: Sequence[Mark]) -> Markup | None:
    """A ring around a point, or around a geometry that is too small to be seen; nothing around another."""
    if place.radius is None:
        return None
    x, y = place.middle
    colour = colour_of(marks)
    circle = {"cx": x, "cy": y, "r": place.radius}
    return element(
        "g",
        element("circle", **circle, fill="none", stroke="#fff", stroke_width=7),
        element(
            "circle",
            **circle,
            fill=colour,
            fill_opacity=0.18,
            stroke=colour,
            stroke_width=3.5,
            stroke_dasharray="5 4" if place.is_guessed else None,
        ),
        element("circle", cx=x, cy=y, r=3.6, fill=colour)
        if place.is_point and not place.is_guessed
        else None,
    )


def colour_of(marks: Iterable[Mark]) -> str:
    """The colour of what is wrong: an error, or a warning alone."""
    return ALARM if any(mark.is_error for mark in marks) else CAUTION


def _place_of_point(outline: Outline, index: int, view: View) -> Place:
    x, y = outline.middle(index) or (0.0, 0.0)
    inside = min(max(x, 9.0), view.width - 9), min(max(y, 9.0), view.height - 9)
    box = Box(*inside, *inside)
    is_away = not (0 <= x <= view.width and 0 <= y <= view.height)
    return Place(box, None if is_away else _RING, is_point=True, is_guessed=index not in outline.spots)
