"""The geometries of an entry in layers: what is right thin and below, what is wrong thick and above, then its places.

Pure. What is wrong is told by more than its colour: a broad glow around it, a ring around a point, a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import atan2, cos, pi, sin

from bulk_importer.observe.drawing.canvas.looks import Look, look_of
from bulk_importer.observe.drawing.canvas.outlines import Outline, drawn, outliers
from bulk_importer.observe.drawing.canvas.places import colour_of
from bulk_importer.observe.drawing.canvas.view import Box, View
from bulk_importer.observe.drawing.entries.marks import Mark
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["arrows", "marked", "plain"]

_MOST_ARROWS = 4


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
        pieces.append(drawn(outline, Look(colour, None), width=2.8, fill=0.16, radius=5.0))
    else:
        pieces.append(drawn(outline, Look("#fff", None), width=4.5, radius=6.0))
        pieces.append(drawn(outline, look, width=2.6, fill=0.14))
    if outline.lines and len(outline.spots) <= most_handles and not outline.shape.is_boxed:
        pieces += [
            element("circle", cx=x, cy=y, r=3, fill="#fff", stroke=look.colour, stroke_width=1.6)
            for x, y in outline.dots
        ]
    return element("g", pieces)


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


def _arrow(x: float, y: float, angle: float, colour: str) -> Markup:
    tips = [(angle, 9.0), (angle + 2.5, 11.0), (angle + pi, 3.0), (angle - 2.5, 11.0)]
    points = " ".join(f"{x + reach * cos(turn):.1f},{y + reach * sin(turn):.1f}" for turn, reach in tips)
    return element("polygon", points=points, fill=colour, stroke="#fff", stroke_width=1.5)
