"""The geometries of an entry in layers: what is right thin and below, what is wrong thick and above, then its places.

Pure. What is wrong is told by more than its colour: a broad glow around it, a ring around a point, a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import atan2, cos, hypot, pi, sin

import msgspec

from bulk_importer.observe.drawing.entries.looks import ALARM, CAUTION, Look, look_of
from bulk_importer.observe.drawing.entries.marks import Mark
from bulk_importer.observe.drawing.entries.outlines import Outline, Point, drawn, outliers
from bulk_importer.observe.drawing.entries.view import Box, View
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["Place", "arrows", "colour_of", "marked", "place_of", "plain", "ring"]

_SMALL = 18.0
_MOST_ARROWS = 4
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

    def tip(self, start: Point, outline: Outline, view: View) -> Point | None:
        """Where a line to it ends that comes from `start`."""
        if self.radius is None:
            near = None if self.is_point else outline.nearest(start)
            x, y = near or self.middle
            return min(max(x, 0.0), view.width), min(max(y, 0.0), view.height)
        x, y = self.middle
        length = hypot(start[0] - x, start[1] - y) or 1.0
        share = self.radius / length
        return x + (start[0] - x) * share, y + (start[1] - y) * share


def plain(outline: Outline, *, on_image: bool) -> Markup:
    """A geometry with which nothing is wrong."""
    look = look_of(outline.shape.name)
    below = drawn(outline, Look("#fff", None), width=4.0, radius=6.0) if on_image else None
    return element("g", below, drawn(outline, look, width=2, fill=0.1))


def marked(outline: Outline, marks: Sequence[Mark], *, most_handles: int) -> Markup:
    """A geometry that a finding means, or of which it means a point; of so few points each is shown."""
    look = look_of(outline.shape.name)
    colour = colour_of(marks)
    pieces = []
    if any(mark.index is None for mark in marks):
        glow = drawn(outline, Look(colour, None), width=11.0, radius=12.0)
        pieces += [
            element("g", glow, opacity=0.38),
            drawn(outline, Look("#fff", None), width=5.0, radius=7.0),
        ]
        pieces.append(drawn(outline, Look(colour, look.dashes), width=2.8, fill=0.16, radius=5.0))
    else:
        pieces.append(drawn(outline, Look("#fff", None), width=4.5, radius=6.0))
        pieces.append(drawn(outline, look, width=2.6, fill=0.14))
    if outline.lines and len(outline.spots) <= most_handles and not outline.shape.is_boxed:
        pieces += [
            element("circle", cx=x, cy=y, r=3, fill="#fff", stroke=look.colour, stroke_width=1.6)
            for x, y in outline.dots
        ]
    return element("g", pieces)


def place_of(outline: Outline, index: int | None, view: View) -> Place | None:
    """Where something is wrong; None where nothing of it has a place."""
    if index is not None and outline.middle(index) is not None:
        return _place_of_point(outline, index, view)
    if outline.box is None:
        edge = next((place for _, place in outliers(outline, view)), None) or _on_guide(outline)
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


def arrows(outline: Outline, view: View, marks: Sequence[Mark]) -> Iterator[tuple[Markup, Box]]:
    """An arrow at the edge for each element that lies outside, and the room that it takes."""
    seen: set[tuple[int, int]] = set()
    for spot, (x, y) in outliers(outline, view):
        cell = (round(x / 30), round(y / 30))
        if cell in seen:
            continue
        seen.add(cell)
        own = [mark for mark in marks if mark.index in (None, spot.index)]
        colour = colour_of(own) if own else look_of(outline.shape.name).colour
        there_x, there_y = outline.spots[spot.index]
        yield _arrow(x, y, atan2(there_y - y, there_x - x), colour), Box(x - 12, y - 12, x + 12, y + 12)
        if len(seen) == _MOST_ARROWS:
            return


def colour_of(marks: Iterable[Mark]) -> str:
    """The colour of what is wrong: an error, or a warning alone."""
    return ALARM if any(mark.is_error for mark in marks) else CAUTION


def _arrow(x: float, y: float, angle: float, colour: str) -> Markup:
    tips = [(angle, 9.0), (angle + 2.5, 11.0), (angle + pi, 3.0), (angle - 2.5, 11.0)]
    points = " ".join(f"{x + reach * cos(turn):.1f},{y + reach * sin(turn):.1f}" for turn, reach in tips)
    return element("polygon", points=points, fill=colour, stroke="#fff", stroke_width=1.5)


def _place_of_point(outline: Outline, index: int, view: View) -> Place:
    x, y = outline.middle(index) or (0.0, 0.0)
    inside = min(max(x, 9.0), view.width - 9), min(max(y, 9.0), view.height - 9)
    box = Box(*inside, *inside)
    is_away = not (0 <= x <= view.width and 0 <= y <= view.height)
    return Place(box, None if is_away else _RING, is_point=True, is_guessed=index not in outline.spots)


def _on_guide(outline: Outline) -> Point | None:
    if not outline.guides:
        return None
    (x, y), (to_x, to_y) = outline.guides[0]
    return (x + to_x) / 2, (y + to_y) / 2
