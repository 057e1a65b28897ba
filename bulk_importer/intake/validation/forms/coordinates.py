"""The forms of coordinates that every form of an entry shares, and whether there is something odd about them.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from bulk_importer.intake.validation.forms.wide import Form
from bulk_importer.labels.shapes import LEAST_AREA, as_double, lacks_area, lacks_length

__all__ = [
    "SHAPES",
    "Line",
    "OnePoint",
    "OneRectangle",
    "Point",
    "Polygon",
    "Shape",
    "has_flat_line",
    "has_flat_polygon",
]

# The pattern keeps to texts that a double can hold. As in the schema, `$` lets a line break at the end pass.
Digits: TypeAlias = Annotated[str, Meta(pattern="^[0-9]{1,300}$")]
Coordinate: TypeAlias = Annotated[float, Meta(ge=0)] | Digits
Side: TypeAlias = Annotated[float, Meta(gt=0)] | Annotated[str, Meta(pattern="^0*[1-9][0-9]{0,299}$")]


class Point(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A corner, an end, or a place."""

    x: Coordinate
    y: Coordinate


class Rectangle(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A rectangle that has a size."""

    h: Side
    w: Side
    x: Coordinate
    y: Coordinate


Polygon: TypeAlias = Annotated[list[Point], Meta(min_length=3)]
Line: TypeAlias = Annotated[list[Point], Meta(min_length=2)]
OnePoint: TypeAlias = Annotated[list[Point], Meta(min_length=1, max_length=1)]
OneRectangle: TypeAlias = Annotated[list[Rectangle], Meta(min_length=1, max_length=1)]


def has_flat_polygon(polygons: Iterable[Sequence[Point] | UnsetType]) -> bool:
    """Whether one of the polygons has no area (see `lacks_area`); the first triangle of each nearly always has one.

    (Many in one call, because a call costs as much as a triangle.)
    """
    most, least, unset = LEAST_AREA, -LEAST_AREA, UNSET
    for corners in polygons:
        if corners is unset:
            continue
        first, second, third = corners[0], corners[1], corners[2]
        left, top = first.x, first.y
        try:
            twice = (second.x - left) * (third.y - top) - (third.x - left) * (second.y - top)  # type: ignore[operator]  # texts raise
        except TypeError:  # texts of digits
            twice = 0.0
        if not (twice > most or twice < least) and lacks_area(_as_doubles(corners)):
            return True
    return False


def has_flat_line(lines: Iterable[Sequence[Point] | UnsetType]) -> bool:
    """Whether one has no length; the first two points of each nearly always differ."""
    for ends in lines:
        if ends is UNSET:
            continue
        first, second = ends[0], ends[1]
        may_be_equal = first.x == second.x or type(first.x) is str or type(second.x) is str
        if may_be_equal and lacks_length(_as_doubles(ends)):
            return True
    return False


def _as_doubles(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(as_double(each.x), as_double(each.y)) for each in points]


class Shape(NamedTuple):
    """The elements under one key of coordinates.

    Attributes:
        type: of the list of them.
        narrow: the same for a narrow form; a tuple of one is made sooner than a list of one.
        keys_each: of one element.
        writes_points: the server writes a row for each element; otherwise there is exactly one.
        has_flat: whether one of several such lists is worth a finding because its points lie on one line.
    """

    type: Form
    narrow: Form
    keys_each: int
    writes_points: bool
    has_flat: Callable[[Iterable[Sequence[Point] | UnsetType]], bool] | None = None


SHAPES = {
    "line": Shape(Line, Line, 2, writes_points=True, has_flat=has_flat_line),
    "point": Shape(OnePoint, tuple[Point], 2, writes_points=False),
    "polygon": Shape(Polygon, Polygon, 2, writes_points=True, has_flat=has_flat_polygon),
    "rectangle": Shape(OneRectangle, tuple[Rectangle], 4, writes_points=False),
}
