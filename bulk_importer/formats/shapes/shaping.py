"""What becomes of a shape: the geometries of an import that hold the same area, line or point.

Pure. One table, `BECOMES`, which `bulk-importer formats` prints; `geometries_of` does what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import cos, pi, radians, sin
from typing import Any, TypeAlias

import msgspec

from bulk_importer.formats.choices import Choices, Holes
from bulk_importer.formats.model import (
    Box,
    Ellipse,
    Mask,
    Number,
    Path,
    Point,
    Polygon,
    Polyline,
    Shape,
    Size,
)
from bulk_importer.formats.numbers import nearest_double
from bulk_importer.formats.shapes.bounds import Outside, clipped, overshoot
from bulk_importer.formats.shapes.keyholes import with_keyholes
from bulk_importer.formats.shapes.tracing import trace
from bulk_importer.labels.label_config import ClassType

__all__ = ["BECOMES", "Geometry", "Misfit", "Shaped", "geometries_of"]

Geometry: TypeAlias = dict[str, Any]
"""One geometry of an import: its coordinates below the key of its form, and room for what hangs on it."""

ELLIPSE_CORNERS = 72
"""A polygon of so many corners holds 99.87 % of the area of its ellipse."""

BECOMES: Mapping[str, str] = {
    "box": "rectangle; polygon where the class is one",
    "rotated box": "polygon of its 4 corners",
    "ellipse": f"polygon of {ELLIPSE_CORNERS} corners",
    "polygon": "polygon, one for each part",
    "polygon with a hole": "left behind, unless --holes says otherwise",
    "polyline": "line",
    "point": "point",
    "keypoint": "point, nested in its object where the label configuration has it there",
    "mask": "polygon along the edges of its pixels, one for each part",
}
"""What becomes of each kind of shape, for people."""


class Misfit(Exception):
    """A shape that cannot be carried; `code` is one of the catalogue."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.found = found


class Shaped(msgspec.Struct, frozen=True):
    """What became of a shape.

    Attributes:
        geometries: at least one.
        clipped: what of it lay outside of the picture and was cut off, in words; empty where nothing was.
    """

    geometries: tuple[Geometry, ...]
    clipped: str = ""


def geometries_of(shape: Shape, wanted: ClassType | None, size: Size | None, choices: Choices) -> Shaped:
    """The geometries of a shape.

    Args:
        wanted: type of the class that it goes to; None where that is not known.
        size: of the picture; None where that is not known, which leaves only the upper and left edge to look at.

    Raises:
        Misfit: it cannot be carried.
    """
    form, simple = _FORMS[type(shape)](shape, wanted, choices)
    if wanted is not None and wanted is not form:
        raise Misfit("shape-misfit", f"a shape for the {wanted.lower()} class", form.lower())
    found, clipped_by = [], 0.0
    for each in simple:
        beyond = overshoot(each, size)
        inside = _brought_inside(each, size, choices) if beyond > 0 else each
        clipped_by = max(clipped_by, beyond)
        found.append(_written(inside))
    return Shaped(tuple(found), f"{clipped_by:g} pixels beyond the picture" if clipped_by else "")


_Simple: TypeAlias = Box | Polyline | Point | Polygon  # upright boxes, and polygons of one part without holes


def _brought_inside(shape: _Simple, size: Size | None, choices: Choices) -> _Simple:
    try:
        return clipped(shape, size, by_choice=choices.clip)
    except Outside as error:
        raise Misfit("shape-outside", error.expected, error.found) from error


def _box(shape: Box, wanted: ClassType | None, _: Choices) -> tuple[ClassType, Iterator[_Simple]]:
    if not (shape.width > 0 and shape.height > 0):
        raise Misfit("shape-no-size", "a width and a height above 0", f"{shape.width} x {shape.height}")
    if shape.degrees % 360 == 0 and wanted is not ClassType.POLYGON:
        return ClassType.RECTANGLE, iter((shape,))
    return ClassType.POLYGON, iter((Polygon((_corners(shape),)),))


def _corners(box: Box) -> Path:
    left, top, right, bottom = box.left, box.top, box.left + box.width, box.top + box.height
    if box.degrees % 360 == 0:
        return (left, top, right, top, right, bottom, left, bottom)
    x, y = box.left + box.width / 2, box.top + box.height / 2
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple(place for corner in corners for place in _turned(*corner, x, y, box.degrees))


def _turned(x: Number, y: Number, about_x: Number, about_y: Number, degrees: Number) -> tuple[Number, Number]:
    """A point turned clockwise, as y points down."""
    angle = radians(degrees)
    right, down = x - about_x, y - about_y
    return (
        nearest_double(about_x + right * cos(angle) - down * sin(angle)),
        nearest_double(about_y + right * sin(angle) + down * cos(angle)),
    )


def _ellipse(shape: Ellipse, _: ClassType | None, __: Choices) -> tuple[ClassType, Iterator[_Simple]]:
    if not (shape.radius_x > 0 and shape.radius_y > 0):
        found = f"{shape.radius_x} and {shape.radius_y}"
        raise Misfit("shape-no-size", "half axes above 0", found)
    angles = (2 * pi * each / ELLIPSE_CORNERS for each in range(ELLIPSE_CORNERS))
    points = (
        (shape.x + shape.radius_x * cos(angle), shape.y + shape.radius_y * sin(angle)) for angle in angles
    )
    path = tuple(place for x, y in points for place in _turned(x, y, shape.x, shape.y, shape.degrees))
    return ClassType.POLYGON, iter((Polygon((path,)),))


def _polygon(shape: Polygon, _: ClassType | None, choices: Choices) -> tuple[ClassType, Iterator[_Simple]]:
    for path in (*shape.parts, *shape.holes):
        if len(path) < 6:
            raise Misfit("shape-broken", "3 points or more", f"{len(path) // 2} in one of its parts")
    if not shape.parts:
        raise Misfit("shape-broken", "an outline", "none")
    if not shape.holes or choices.holes is Holes.FILL:
        parts = shape.parts
    elif choices.holes is Holes.CUT:
        try:
            parts = with_keyholes(shape)
        except ValueError as error:
            raise Misfit("shape-broken", "holes inside of outlines", str(error)) from error
    else:
        code = "shape-skipped" if choices.holes is Holes.SKIP else "shape-hole"
        raise Misfit(code, "an outline without holes", f"{len(shape.holes)} in it")
    return ClassType.POLYGON, (Polygon((part,)) for part in parts)


def _mask(shape: Mask, wanted: ClassType | None, choices: Choices) -> tuple[ClassType, Iterator[_Simple]]:
    if not shape.lines:
        raise Misfit("shape-no-size", "a mask of one pixel or more", "no pixel is set")
    found = trace(shape.lines)
    parts = tuple(_along(part.outer, shape) for part in found)
    holes = tuple(_along(hole, shape) for part in found for hole in part.holes)
    return _polygon(Polygon(parts, holes), wanted, choices)


def _along(ring: tuple[tuple[int, int], ...], mask: Mask) -> Path:
    if mask.by_columns:
        return tuple(place for line, row in ring for place in (line, row))
    return tuple(place for line, column in ring for place in (column, line))


def _polyline(shape: Polyline, _: ClassType | None, __: Choices) -> tuple[ClassType, Iterator[_Simple]]:
    if len(shape.path) < 4:
        raise Misfit("shape-broken", "2 points or more", f"{len(shape.path) // 2}")
    return ClassType.LINE, iter((shape,))


def _point(shape: Point, _: ClassType | None, __: Choices) -> tuple[ClassType, Iterator[_Simple]]:
    return ClassType.POINT, iter((shape,))


_FORMS: Mapping[type, Callable[..., tuple[ClassType, Iterator[_Simple]]]] = {
    Box: _box,
    Ellipse: _ellipse,
    Polygon: _polygon,
    Polyline: _polyline,
    Point: _point,
    Mask: _mask,
}


def _written(shape: _Simple) -> Geometry:
    if isinstance(shape, Box):
        return {"rectangle": [{"x": shape.left, "y": shape.top, "w": shape.width, "h": shape.height}]}
    if isinstance(shape, Point):
        return {"point": [{"x": shape.x, "y": shape.y}]}
    if isinstance(shape, Polyline):
        return {"line": _points(shape.path)}
    return {"polygon": _points(shape.parts[0])}


def _points(path: Path) -> list[dict[str, Number]]:
    return [{"x": x, "y": y} for x, y in zip(path[::2], path[1::2], strict=True)]
