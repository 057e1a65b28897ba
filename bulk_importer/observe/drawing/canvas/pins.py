"""Numbers at what is wrong, and names of classes, each where there is room for it.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from math import cos, dist, pi, sin

from bulk_importer.observe.drawing.canvas.lettering import FONT, width_of
from bulk_importer.observe.drawing.canvas.looks import Look
from bulk_importer.observe.drawing.canvas.outlines import Point
from bulk_importer.observe.drawing.canvas.view import Box
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["Room", "chip", "pin"]

_SIZE = 14.0
_PLATE = "#15181e"
_HIGH = 20.0
_ROUND = 11.0
_NEAR = 14.0


class Room:
    """What of the canvas is taken."""

    def __init__(self, width: float, height: float) -> None:
        self._canvas = Box(0, 0, width, height)
        self._taken: list[Box] = []

    def take(self, box: Box) -> None:
        """Keep a part of it free."""
        self._taken.append(box)

    def first_free(self, places: Iterable[Box]) -> Box | None:
        """The first place that is on the canvas and free, and is taken then."""
        free = (each for each in places if self._holds(each) and not self._lost(each))
        return self._taking(next(free, None))

    def emptiest(self, places: Iterable[Box]) -> Box | None:
        """The place on the canvas that hides the least, and is taken then."""
        return self._taking(min(filter(self._holds, places), key=self._lost, default=None))

    def _taking(self, box: Box | None) -> Box | None:
        if box is not None:
            self._taken.append(box)
        return box

    def _lost(self, box: Box) -> float:
        return sum(_overlap(box, each) for each in self._taken)

    def _holds(self, box: Box) -> bool:
        return (
            box.left >= 0
            and box.top >= 0
            and box.right <= self._canvas.right
            and box.bottom <= self._canvas.bottom
        )


def pin(
    label: str,
    target: Box,
    ends: Iterable[Point],
    tip_of: Callable[[Point], Point],
    colour: str,
    room: Room,
) -> Markup:
    """The number of a finding beside what it means, with a line to it.

    Args:
        target: what must stay in sight.
        ends: points of it that may have the number beside them.
        tip_of: where a line from a place on the canvas ends.
    """
    half = max(_ROUND, width_of(label, _SIZE) / 2 + 6)

    def unfit(box: Box) -> float:
        middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return abs(dist(middle, tip_of(middle)) - _NEAR - half)

    places = [
        Box(x - half - 1, y - _ROUND - 1, x + half + 1, y + _ROUND + 1)
        for x, y in chain(_beside(target, half), *(_around(end, half) for end in ends))
    ]
    places.sort(key=unfit)
    box = room.first_free(places) or room.emptiest(places) or Box(1, 1, 2 * half + 3, 2 * _ROUND + 3)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    pieces = []
    tip = tip_of((x, y))
    if dist(tip, (x, y)) > half + 2:
        for stroke, width in (("#fff", 5.0), (colour, 2.5)):
            pieces.append(
                element("line", x1=x, y1=y, x2=tip[0], y2=tip[1], stroke=stroke, stroke_width=width)
            )
    pieces += [
        element(
            "rect",
            x=x - half,
            y=y - _ROUND,
            width=2 * half,
            height=2 * _ROUND,
            rx=_ROUND,
            fill=colour,
            stroke="#fff",
            stroke_width=2.0,
        ),
        _text(label, x, y + 5, "#fff", anchor="middle", weight="700"),
    ]
    return element("g", pieces)


def chip(name: str, target: Box, look: Look, room: Room) -> Markup | None:
    """The name of a class at its geometry; None where there is no room for it."""
    wide = width_of(name, _SIZE) + 17
    box = room.first_free(_along(target, wide))
    if box is None:
        return None
    plate = {"x": box.left, "y": box.top, "height": _HIGH}
    return element(
        "g",
        element("rect", **plate, width=wide, rx=3, fill=_PLATE, fill_opacity=0.88),
        element("rect", **plate, width=5, rx=2, fill=look.colour),
        _text(name, box.left + 10, box.top + 15, "#fff"),
    )


def _text(
    text: str, x: float, y: float, fill: str, *, anchor: str | None = None, weight: str = "500"
) -> Markup:
    return element(
        "text",
        text,
        x=x,
        y=y,
        fill=fill,
        font_family=FONT,
        font_size=_SIZE,
        font_weight=weight,
        text_anchor=anchor,
    )


def _beside(target: Box, half: float) -> Iterator[Point]:
    """Places for a number: outside of the corners of its target, beside its edges, and then inside of it."""
    out, up = half + 5, _ROUND + 5
    middle, centre = (target.left + target.right) / 2, (target.top + target.bottom) / 2
    for far in (1.0, 2.2, 3.6):
        right, left = target.right + out * far, target.left - out * far
        top, bottom = target.top - up * far, target.bottom + up * far
        yield from ((right, top), (left, top), (right, bottom), (left, bottom))
        yield from ((middle, top), (right, centre), (left, centre), (middle, bottom))
    yield from ((target.right - out, target.top + up), (target.left + out, target.top + up), (middle, centre))


def _along(target: Box, wide: float) -> Iterator[Box]:
    """Places for a name: above its target, below, and inside of it."""
    for left in (target.left, target.right - wide, (target.left + target.right - wide) / 2):
        yield Box(left, target.top - _HIGH - 3, left + wide, target.top - 3)
        yield Box(left, target.bottom + 3, left + wide, target.bottom + 3 + _HIGH)
    if target.right - target.left > wide + 8 and target.bottom - target.top > 2 * _HIGH:
        yield Box(target.left + 4, target.top + 4, target.left + 4 + wide, target.top + 4 + _HIGH)
        yield Box(target.left + 4, target.bottom - 4 - _HIGH, target.left + 4 + wide, target.bottom - 4)
    yield Box(target.right + 4, target.top, target.right + 4 + wide, target.top + _HIGH)
    yield Box(target.left - 4 - wide, target.top, target.left - 4, target.top + _HIGH)


def _around(end: Point, half: float) -> Iterator[Point]:
    """Places for a number around a point."""
    for turn in range(8):
        angle = turn * pi / 4
        yield end[0] + (half + _NEAR) * cos(angle), end[1] + (_ROUND + _NEAR) * sin(angle)


def _overlap(one: Box, other: Box) -> float:
    """How much of each other they hide."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across * down if across > 0 and down > 0 else 0.0
