"""The shape of a region of Label Studio: percents of its picture, and a rotation about the upper left corner.

Pure. A box is turned clockwise about its upper left corner, in pixels; an ellipse about its centre. Which kind it is
shows in what it has, as JSON_MIN does not say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin
from typing import Any

from bulk_importer.formats.documents.label_studio.brushes import mask_of_brush
from bulk_importer.formats.model import Box, Ellipse, Number, Point, Polygon, Polyline, Shape, Size
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double

__all__ = ["GEOMETRY", "Misshapen", "has_shape", "shape_of"]

GEOMETRY = (
    "x",
    "y",
    "width",
    "height",
    "rotation",
    "radiusX",
    "radiusY",
    "points",
    "closed",
    "rle",
    "vertices",
)
"""Keys that say where a region is."""


class Misshapen(Exception):
    """A region that has no shape, or none that can be carried."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found


def has_shape(value: Mapping[str, Any]) -> bool:
    """Whether a result says where something is."""
    return any(key in value for key in (*GEOMETRY, "imageDataURL", "start", "sequence"))


def shape_of(value: Mapping[str, Any], size: Size | None) -> Shape:
    """The shape of a region.

    Raises:
        Misshapen: it is broken, of a kind that cannot be carried, or the size of the picture is not known.
    """
    kinds = {"rle": _brush, "points": _path, "radiusX": _ellipse}
    kind = next((kinds[key] for key in kinds if key in value), None)
    if kind is None and "x" in value and "y" in value:
        kind = _box if "height" in value else _point
    if kind is None:
        raise Misshapen(
            "shape-unknown", "a box, polygon, ellipse, point or brush", ", ".join(map(str, value))
        )
    if size is None:
        raise Misshapen("size-missing", "width and height of the picture", "none")
    try:
        return kind(value, size)
    except (KeyError, TypeError, ValueError) as error:
        code = "mask-broken" if kind is _brush else "shape-broken"
        raise Misshapen(code, "percents of the picture", f"{type(error).__name__}: {error}") from error


def _box(value: Mapping[str, Any], size: Size) -> Box:
    left, top = _across(value["x"], size), _down(value["y"], size)
    width, height = _across(value["width"], size), _down(value["height"], size)
    degrees = _number(value.get("rotation") or 0)
    if degrees % 360 == 0:
        return Box(left, top, width, height)
    angle = radians(degrees)
    x = left + width / 2 * cos(angle) - height / 2 * sin(angle)
    y = top + width / 2 * sin(angle) + height / 2 * cos(angle)
    return Box(x - width / 2, y - height / 2, width, height, degrees)


def _ellipse(value: Mapping[str, Any], size: Size) -> Ellipse:
    return Ellipse(
        _across(value["x"], size),
        _down(value["y"], size),
        _across(value["radiusX"], size),
        _down(value["radiusY"], size),
        _number(value.get("rotation") or 0),
    )


def _path(value: Mapping[str, Any], size: Size) -> Polygon | Polyline:
    path = tuple(place for x, y in value["points"] for place in (_across(x, size), _down(y, size)))
    return Polyline(path) if value.get("closed") is False else Polygon((path,))


def _point(value: Mapping[str, Any], size: Size) -> Point:
    return Point(_across(value["x"], size), _down(value["y"], size))


def _brush(value: Mapping[str, Any], size: Size) -> Shape:
    return mask_of_brush(value["rle"], size)


def _across(percent: object, size: Size) -> Number:
    return _pixels(percent, size.width)


def _down(percent: object, size: Size) -> Number:
    return _pixels(percent, size.height)


def _pixels(percent: object, pixels: int) -> Number:
    return nearest_double(EXACT.scaleb(EXACT.multiply(decimal_of(str(_number(percent))), pixels), -2))


def _number(found: object) -> Number:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise TypeError(f"{found!r} is no number")
    return found
