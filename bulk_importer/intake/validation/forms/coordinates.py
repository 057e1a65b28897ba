"""The forms of coordinates that every form of an entry shares, and whether there is something odd about them.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from bulk_importer.intake.validation.forms.code import Form
from bulk_importer.labels.shapes import LEAST_AREA, as_double, lacks_area, lacks_length

__all__ = ["SHAPES", "Shape"]

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


def _is_flat_polygon(corners: Sequence[Point]) -> bool:
    """Whether a polygon has no area (see `lacks_area`); its first triangle nearly always has one."""
    first, second, third = corners[0], corners[1], corners[2]
    left, top = first.x, first.y
    try:
        twice = (second.x - left) * (third.y - top) - (third.x - left) * (second.y - top)  # type: ignore[operator]  # texts raise
    except TypeError:  # texts of digits
        twice = 0.0
    return -LEAST_AREA <= twice <= LEAST_AREA and lacks_area(_as_doubles(corners))


def _is_flat_line(ends: Sequence[Point]) -> bool:
    """Whether a line has no length; its first two points nearly always differ."""
    first, second = ends[0], ends[1]
    may_be_equal = first.x == second.x or type(first.x) is str or type(second.x) is str
    return may_be_equal and lacks_length(_as_doubles(ends))


def _as_doubles(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(as_double(each.x), as_double(each.y)) for each in points]


class Shape(NamedTuple):
    """The elements under one key of coordinates.

    Attributes:
        type: of the list of them; a tuple of one is made sooner than a list of one.
        keys_each: of one element.
        is_flat: of a polygon or line, for each element of which the server writes a row: whether it is worth a finding
            because its points lie on one line. Of the others, there is exactly one.
    """

    type: Form
    keys_each: int
    is_flat: Callable[[Sequence[Point]], bool] | None = None


SHAPES = {
    "line": Shape(Line, 2, _is_flat_line),
    "point": Shape(tuple[Point], 2),
    "polygon": Shape(Polygon, 2, _is_flat_polygon),
    "rectangle": Shape(tuple[Rectangle], 4),
}
