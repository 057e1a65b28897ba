"""Annotations of the regions of VIA, and what their attributes say.

Pure. A box of several answers (checkbox) is an object with true for each that is chosen. An ellipse is turned clockwise
by radians. A region for which several classes are chosen is an object of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import degrees
from typing import Any, TypeAlias

from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Ellipse,
    Left,
    Path,
    Point,
    Polygon,
    Polyline,
    Shape,
)
from bulk_importer.formats.values.corners import Broken, number_of
from bulk_importer.formats.values.saying import answer_of, shown

__all__ = ["annotations_of", "said_in"]

_Json: TypeAlias = Mapping[str, Any]


def said_in(attributes: object) -> dict[str, Answer]:
    """What attributes say; one that says nothing is left out."""
    found = {}
    for name, value in attributes.items() if isinstance(attributes, dict) else ():
        chosen = (
            [each for each, is_chosen in value.items() if is_chosen] if isinstance(value, dict) else value
        )
        answer = answer_of(chosen)
        if answer is not None:
            found[str(name)] = answer
    return found


def annotations_of(region: Any, origin: str, class_attribute: str | None) -> Iterator[Annotation | Left]:
    """The annotation of a region, for each of its classes, or what is wrong with it."""
    answers = said_in(region.get("region_attributes")) if isinstance(region, dict) else {}
    labels = answers.pop(class_attribute, Answer(())).values if class_attribute else ()
    for label in labels or ("",):
        try:
            if not isinstance(region, dict):
                raise Broken("annotation-broken", "a region", shown(region))
            if not label:
                wanted = (
                    f"a value of {class_attribute}" if class_attribute else "an attribute that is the class"
                )
                raise Broken("annotation-broken", wanted, "none")
            yield Annotation(label, _shape(region.get("shape_attributes")), origin, answers)
        except Broken as broken:
            yield broken.left(origin, label)


def _shape(found: Any) -> Shape:
    if not isinstance(found, dict):
        raise Broken("shape-broken", "shape_attributes", shown(found))
    make = _FORMS.get(str(found.get("name")))
    if make is None:
        raise Broken("shape-unknown", ", ".join(_FORMS), shown(found.get("name")))
    return make(found)


def _rect(found: _Json) -> Shape:
    left, top, width, height = (number_of(found.get(key)) for key in ("x", "y", "width", "height"))
    return Box(left, top, width, height)


def _circle(found: _Json) -> Shape:
    x, y, radius = (number_of(found.get(key)) for key in ("cx", "cy", "r"))
    return Ellipse(x, y, radius, radius)


def _ellipse(found: _Json) -> Shape:
    x, y, across, down = (number_of(found.get(key)) for key in ("cx", "cy", "rx", "ry"))
    return Ellipse(x, y, across, down, degrees(number_of(found.get("theta", 0))))


def _polygon(found: _Json) -> Shape:
    return Polygon((_path(found),))


def _polyline(found: _Json) -> Shape:
    return Polyline(_path(found))


def _point(found: _Json) -> Shape:
    return Point(number_of(found.get("cx")), number_of(found.get("cy")))


_FORMS: Mapping[str, Callable[[_Json], Shape]] = {
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "polyline": _polyline,
    "point": _point,
}


def _path(found: _Json) -> Path:
    across, down = found.get("all_points_x"), found.get("all_points_y")
    if not isinstance(across, list) or not isinstance(down, list) or len(across) != len(down) or not across:
        raise Broken("shape-broken", "as many all_points_x as all_points_y", shown(found))
    return tuple(number_of(place) for pair in zip(across, down, strict=True) for place in pair)
