"""What the server makes of the coordinates of one geometry under a class of a given type.

Pure. The server reads polygon, rectangle, line, point and geometry one after the other and puts whatever it finds there
into the class: points are added to a polygon or line, the last one wins in a point, the last rectangle in a rectangle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import isinf
from typing import Any, TypeAlias, cast

from bulk_importer.labels.entry import GEOMETRY_KEYS
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.label_config import ClassType
from bulk_importer.labels.pointers import shown

__all__ = ["LEAST_AREA", "as_double", "flaws_of_shapes", "lacks_area", "lacks_length"]

Json: TypeAlias = Mapping[str, object]

_FEWEST_POINTS = {ClassType.POLYGON: 3, ClassType.LINE: 2, ClassType.POINT: 1}
_FORMS = {
    ClassType.POLYGON: "a polygon of 3 points or more",
    ClassType.LINE: "a line of 2 points or more",
    ClassType.POINT: "one point",
    ClassType.RECTANGLE: "one rectangle",
}
_TYPES = {each.lower(): each for each in _FEWEST_POINTS}
_NUMBERS = (int, float)
_LARGE = 1e300
_ANY_FORM = "polygon, line, point or rectangle"

LEAST_AREA = 1e-6
"""Square pixels: above what rounding makes of points on one line, and below what anybody draws."""


def flaws_of_shapes(geometry: Json, wanted: ClassType | None, at: str) -> Iterator[Flaw]:
    """What is wrong with the coordinates of a geometry that the import schema accepts.

    Args:
        wanted: the type of its class, one of the four with coordinates; None where it is not known.
        at: the pointer of the geometry.
    """
    given = [key for key in GEOMETRY_KEYS if geometry.get(key)]
    if "geometry" in geometry:
        yield Flaw("geometry-deprecated", f"{at}/geometry", "the key of its form", '"geometry"')
    for key in given:
        elements = cast("list[Any]", geometry[key])
        if not _are_plain(elements):
            yield from _flaws_of_elements(elements, f"{at}/{key}")
        if _is_flat(elements, wanted or _TYPES.get(key)):
            yield Flaw("geometry-no-area", f"{at}/{key}", "points that are not on one line", shown(elements))
    if not given:
        yield Flaw("geometry-missing", at, _FORMS[wanted] if wanted else _ANY_FORM, shown(geometry))
    elif len(given) > 1:
        yield Flaw("geometry-several", at, "one key of coordinates", ", ".join(given))
    elif wanted is not None:
        key, elements = given[0], cast("list[Any]", geometry[given[0]])
        code = _misfit(key, elements, wanted)
        if code is not None:
            yield Flaw(code, f"{at}/{key}", _FORMS[wanted], f"{key} of {len(elements)}")


def _is_flat(elements: list[Any], stored: ClassType | None) -> bool:
    """Whether they become a polygon without area or a line without length, for all that they are enough for one."""
    if stored not in (ClassType.POLYGON, ClassType.LINE) or len(elements) < _FEWEST_POINTS[stored]:
        return False
    lacks = lacks_area if stored is ClassType.POLYGON else lacks_length
    if not lacks(_points_of(elements[: _FEWEST_POINTS[stored]])):
        return False  # as nearly all are
    return all("w" not in each for each in elements) and lacks(_points_of(elements))


def _points_of(elements: list[Any]) -> list[tuple[float, float]]:
    return [(as_double(each["x"]), as_double(each["y"])) for each in elements]


def lacks_area(corners: Sequence[tuple[float, float]]) -> bool:
    """Whether none of the triangles with the first of three or more corners has an area, so that the polygon has none.

    What is no number, because coordinates are too large, counts as one.
    """
    (left, top), *others = corners
    for (x, y), (next_x, next_y) in pairwise(others):
        twice = (x - left) * (next_y - top) - (next_x - left) * (y - top)
        if not -LEAST_AREA <= twice <= LEAST_AREA:
            return False
    return True


def lacks_length(ends: Sequence[tuple[float, float]]) -> bool:
    """Whether all points of a line are the same point, so that the line has no length."""
    return all(each == ends[0] for each in ends)


def _misfit(key: str, elements: list[Any], wanted: ClassType) -> str | None:
    """What the server makes of these elements, if it is not what was given."""
    rectangles = len(elements) if key == "rectangle" else 0
    if key == "geometry":
        rectangles = sum("w" in each for each in elements)
    code = None
    if wanted is ClassType.RECTANGLE:
        if rectangles == 0:
            code = "geometry-incomplete"
        elif len(elements) > 1:
            code = "geometry-dropped"
    elif rectangles:
        code = "geometry-refused"
    elif len(elements) < _FEWEST_POINTS[wanted]:
        code = "geometry-incomplete"
    elif wanted is ClassType.POINT and len(elements) > 1:
        code = "geometry-dropped"
    elif key not in {wanted.lower(), "geometry"}:
        code = "geometry-other"
    return code


def _are_plain(elements: list[Any]) -> bool:
    """Whether all are points, or rectangles with a size, whose coordinates are ordinary numbers; nearly all are."""
    for each in elements:
        is_point = len(each) == 2
        if not is_point and not (len(each) == 4 and each.get("w") and each.get("h")):
            return False
        for value in each.values():
            if type(value) not in _NUMBERS or value >= _LARGE:
                return False
    return True


def _flaws_of_elements(elements: list[Any], at: str) -> Iterator[Flaw]:
    """Points and rectangles, each for itself."""
    for place, each in enumerate(elements):
        if "w" in each:
            yield from _flaws_of_rectangle(each, f"{at}/{place}")
        for key, value in each.items():
            if key in {"x", "y", "w", "h"} and isinf(as_double(value)):
                yield Flaw("number-too-large", f"{at}/{place}/{key}", "a number up to 1.8e308", shown(value))


def _flaws_of_rectangle(rectangle: Json, at: str) -> Iterator[Flaw]:
    for key in rectangle:
        if key not in {"x", "y", "w", "h"}:
            yield Flaw("rectangle-key", at, "x, y, w and h alone", shown(key))
    if 0 in {as_double(rectangle["w"]), as_double(rectangle["h"])}:
        yield Flaw("geometry-no-size", at, "a width and a height", shown(rectangle))


def as_double(value: object) -> float:
    """A coordinate that the import schema accepts, as the server stores it; infinity where no double can hold it."""
    try:
        return float(cast("int | float | str", value))
    except OverflowError:
        return float("inf")
