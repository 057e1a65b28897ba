"""The part of the plane that a picture shows, and where on the canvas a point of it stands.

Pure and total. One point at a billion must not make a dot of everything else: it is left outside, and an arrow at the
edge tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from bulk_importer.observe.drawing.entries.shapes import Shape, Spot

__all__ = ["Box", "View", "box_of", "view_of"]

_WIDTH = 480.0
_LOWEST, _HIGHEST, _NARROWEST = 150.0, 400.0, 220.0
_MARGIN = 0.07
_BEYOND, _EDGE = 1.0, 0.15
"""By how much of the image's size a geometry may leave it and be shown as a whole."""
_FAR_OFF = 40
_ORDINARY = 400
"""A point is left out where it is 40 times as far from the middle as half of the others are, and these at 400 pixels or
more: nothing within 16,000 pixels is left out."""
_MOST_OF_ONE = 60
_OFF = 1500.0


class Box(NamedTuple):
    """A part of the plane, in pixels of the image."""

    left: float
    top: float
    right: float
    bottom: float

    def around(self, other: Box) -> Box:
        """The least box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside, or at an edge."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """The point inside that is nearest to a point."""
        return min(max(x, self.left), self.right), min(max(y, self.top), self.bottom)


class View(NamedTuple):
    """What is shown, and how large.

    Attributes:
        box: in pixels of the image.
        scale: units of the canvas for a pixel.
        width, height: of the canvas in units.
    """

    box: Box
    scale: float
    width: float
    height: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point stands on the canvas; what is far outside stands less far outside, in the same direction."""
        across, down = (x - self.box.left) * self.scale, (y - self.box.top) * self.scale
        return _near(across, self.width), _near(down, self.height)


def view_of(shapes: Sequence[Shape], size: tuple[int, int] | None) -> View:
    """A view of an image of this size with all geometries that are not absurdly far away; without a size, of those."""
    points = _corners(shapes) or _halves(shapes)
    if size is None:
        likely = _likely(points)
        box = box_of(each for each in points if likely.holds(*each))
        return _fitted(_widened(box or Box(0, 0, 100, 100)))
    wide, high = size
    image = Box(0, 0, wide, high)
    shown = Box(-_BEYOND * wide, -_BEYOND * high, (1 + _BEYOND) * wide, (1 + _BEYOND) * high)
    # Of what lies farther away so much is shown that it is seen to leave the image.
    edge = Box(-_EDGE * wide, -_EDGE * high, (1 + _EDGE) * wide, (1 + _EDGE) * high)
    box = box_of(each if shown.holds(*each) else edge.nearest(*each) for each in points)
    wider = image if box is None else image.around(box)
    return _fitted(image if wider == image else _widened(wider, from_zero=False))


def box_of(points: Iterable[tuple[float, float]]) -> Box | None:
    """The least box that holds them; None where there are none."""
    columns = list(zip(*points, strict=True))
    if not columns:
        return None
    across, down = columns
    return Box(min(across), min(down), max(across), max(down))


def _corners(shapes: Sequence[Shape]) -> list[tuple[float, float]]:
    """Points of each geometry; of one with very many no more than of others, so that it does not outweigh them."""
    points: list[tuple[float, float]] = []
    for shape in shapes:
        every = -(-len(shape.spots) // _MOST_OF_ONE)
        for spot in shape.spots[:: every or 1]:
            points += _corners_of(spot)
    return points


def _corners_of(spot: Spot) -> Iterable[tuple[float, float]]:
    if spot.x is None or spot.y is None:
        return
    yield spot.x, spot.y
    if spot.w is not None and spot.h is not None:
        yield spot.x + spot.w, spot.y + spot.h


def _halves(shapes: Sequence[Shape]) -> list[tuple[float, float]]:
    """Where geometries of which only one coordinate is known may be."""
    known = [each for shape in shapes for spot in shape.spots[:_MOST_OF_ONE] for each in (spot.x, spot.y)]
    return [(each, each) for each in known if each is not None]


def _likely(points: Sequence[tuple[float, float]]) -> Box:
    """The part of the plane in which points are taken for meant."""
    if not points:
        return Box(0, 0, 0, 0)
    x, y = median(x for x, _ in points), median(y for _, y in points)
    ordinary = median(max(abs(across - x), abs(down - y)) for across, down in points)
    reach = _FAR_OFF * max(ordinary, _ORDINARY)
    return Box(x - reach, y - reach, x + reach, y + reach)


def _widened(box: Box, *, from_zero: bool = True) -> Box:
    """With a margin, that does not begin left of or above the image where nothing else does."""
    margin = max(box.right - box.left, box.bottom - box.top) * _MARGIN or 50.0
    wider = Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
    if not from_zero:
        return wider
    left = max(wider.left, 0.0) if box.left >= 0 else wider.left
    top = max(wider.top, 0.0) if box.top >= 0 else wider.top
    return Box(left, top, wider.right, wider.bottom)


def _fitted(box: Box) -> View:
    """On a canvas of the same form, as far as that is neither too low nor too high; then there is room beside it."""
    wide, high = max(box.right - box.left, 1e-9), max(box.bottom - box.top, 1e-9)
    height = min(max(_WIDTH * high / wide, _LOWEST), _HIGHEST)
    width = min(max(height * wide / high, _NARROWEST), _WIDTH)
    scale = min(width / wide, height / high)
    across, down = (width / scale - wide) / 2, (height / scale - high) / 2
    shown = Box(box.left - across, box.top - down, box.right + across, box.bottom + down)
    return View(shown, scale, width, height)


def _near(at: float, most: float) -> float:
    return max(-_OFF, min(most + _OFF, at))
