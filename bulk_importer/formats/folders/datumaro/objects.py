"""The objects of an item of Datumaro: annotations and tags, by the names that the categories have for numbers.

Pure. The points of a class that has names for them are keypoints; CVAT writes them as a skeleton. Shapes of one group
stay shapes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Ellipse,
    Keypoint,
    Left,
    Point,
    Polygon,
    Polyline,
    Shape,
    Size,
    Tag,
)
from bulk_importer.formats.numbers import nearest_double
from bulk_importer.formats.shapes.masks import coco_counts, mask_of_counts
from bulk_importer.formats.values.corners import Broken, flat_path, number_of
from bulk_importer.formats.values.saying import answer_of, said_of, shown, size_of

__all__ = ["Categories", "categories_of", "label_or_none", "objects_of", "size_in"]

_SILENT = ("is_crowd", "occluded")
_ABSENT = 0

_Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Categories:
    """The names that numbers stand for.

    Attributes:
        labels: of classes.
        joints: names of the keypoints of a class, by its number.
    """

    labels: tuple[str, ...]
    joints: Mapping[int, tuple[str, ...]]


def categories_of(found: Any, place: str) -> Categories:
    try:
        labels = tuple(str(each["name"]) for each in found.get("label", {}).get("labels", ()))
        points = found.get("points", {}).get("items", ())
        joints = {int(each["label_id"]): tuple(map(str, each["labels"])) for each in points}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SourceUnreadable(place, "its categories are not as Datumaro writes them") from error
    return Categories(labels, joints)


def objects_of(
    rows: list[Any], categories: Categories, size: Size | None
) -> Iterator[Annotation | Tag | Left]:
    groups = [row.get("group") for row in rows if isinstance(row, dict)]
    for at, row in enumerate(rows):
        origin = f"annotation {at}"
        try:
            if not isinstance(row, dict):
                raise Broken("annotation-broken", "an object", shown(row))
            yield from _object(row, origin, categories, size)
        except Broken as broken:
            yield broken.left(origin, label_or_none(row, categories))
            continue
        beside = [
            f"{key} {row[key]}" for key in ("z_order", "object_id") if row.get(key) not in (None, 0, -1)
        ]
        if row.get("group") and groups.count(row["group"]) > 1:
            beside.append(f"group {row['group']}")
        if beside:
            label = label_or_none(row, categories)
            yield Left("remark-left-out", origin, label, "labels", ", ".join(beside), objects=0)


def _object(
    row: _Json, origin: str, categories: Categories, size: Size | None
) -> Iterator[Annotation | Tag | Left]:
    kind = row.get("type")
    answers, others = said_of(row.get("attributes"), _SILENT)
    if kind == "caption":
        yield Tag("caption", origin, answer_of(row.get("caption")) or Answer(()))
        return
    label = _label(row, categories)
    if kind == "label":
        yield Tag(label, origin)
        yield from (Tag(name, origin, answer) for name, answer in answers.items())
    elif kind == "skeleton" or (kind == "points" and row.get("label_id") in categories.joints):
        yield Annotation(label, None, origin, keypoints=_keypoints(row, categories))
        others += answers  # they have no place, as the object has no shape of its own
        others += ["points_attributes"] if any(row.get("points_attributes") or ()) else []
    else:
        if kind == "bbox":
            answers.pop("rotation", None)
        if kind == "mask" and size is not None and size_in(row.get("rle")) not in {size, None}:
            raise Broken(
                "mask-broken", f"a mask of {size.width} x {size.height} pixels", "one of another size"
            )
        yield from (Annotation(label, shape, origin, answers) for shape in _shapes(row))
    if others:
        yield Left("remark-left-out", origin, label, "labels", ", ".join(others), objects=0)


def _label(row: _Json, categories: Categories) -> str:
    number = row.get("label_id")
    if isinstance(number, int) and 0 <= number < len(categories.labels):
        return categories.labels[number]
    raise Broken("annotation-broken", f"a label_id below {len(categories.labels)}", shown(number))


def label_or_none(row: Any, categories: Categories) -> str:
    try:
        return _label(row, categories) if isinstance(row, dict) else ""
    except Broken:
        return ""


def _keypoints(row: _Json, categories: Categories) -> tuple[Keypoint, ...]:
    found: Any = row.get("points")
    if row["type"] == "skeleton":
        flat = found if isinstance(found, list) else []
        found, seen = [place for at, place in enumerate(flat) if at % 3 < 2], flat[2::3]
    else:
        seen = _visibility(row)
    path = flat_path(found)
    names = categories.joints.get(row["label_id"], ())
    if len(seen) != len(path) // 2 or len(names) != len(seen):
        raise Broken(
            "shape-broken", f"{len(names)} points with what is seen of them", f"{len(path) // 2}, {len(seen)}"
        )
    places = zip(names, path[::2], path[1::2], seen, strict=True)
    there = tuple(Keypoint(name, x, y) for name, x, y, visible in places if visible != _ABSENT)
    if not there:
        raise Broken("shape-broken", "a point that is in the picture", "none")
    return there


def _visibility(row: _Json) -> list[Any]:
    found = row.get("visibility")
    return found if isinstance(found, list) else []


def _shapes(row: _Json) -> Iterator[Shape]:
    make = _FORMS.get(str(row.get("type")))
    if make is None:
        raise Broken("shape-unknown", ", ".join(_FORMS), shown(row.get("type")))
    yield from make(row)


def _box(row: _Json) -> Iterator[Shape]:
    """CVAT's rotation is an attribute: clockwise, about the centre."""
    found = flat_path(row.get("bbox"))
    if len(found) != 4:
        raise Broken("shape-broken", "bbox of 4 numbers", f"{len(found)}")
    said = row.get("attributes")
    turned = said.get("rotation") if isinstance(said, dict) else None
    left, top, width, height = found
    yield Box(left, top, width, height, number_of(turned or 0, "degrees for rotation"))


def _ellipse(row: _Json) -> Iterator[Shape]:
    found = flat_path(row.get("points"))
    if len(found) != 4:
        raise Broken("shape-broken", "the two corners of the box about it", f"{len(found)} numbers")
    left, top, right, bottom = found
    halves = ((left + right) / 2, (top + bottom) / 2, abs(right - left) / 2, abs(bottom - top) / 2)
    x, y, across, down = map(nearest_double, halves)
    yield Ellipse(x, y, across, down)


def _polygon(row: _Json) -> Iterator[Shape]:
    yield Polygon((flat_path(row.get("points")),))


def _polyline(row: _Json) -> Iterator[Shape]:
    yield Polyline(flat_path(row.get("points")))


def _points(row: _Json) -> Iterator[Shape]:
    path = flat_path(row.get("points"))
    seen = _visibility(row) or [1] * (len(path) // 2)
    if len(seen) != len(path) // 2:
        raise Broken("shape-broken", f"what is seen of {len(path) // 2} points", f"of {len(seen)}")
    places = zip(path[::2], path[1::2], seen, strict=True)
    there = [Point(x, y) for x, y, visible in places if visible != _ABSENT]
    if not there:
        raise Broken("shape-broken", "a point that is in the picture", "none")
    yield from there


def _mask(row: _Json) -> Iterator[Shape]:
    found = row.get("rle")
    size = size_in(found)
    counts = found.get("counts") if isinstance(found, dict) else None
    if size is None or not isinstance(counts, str | list):
        raise Broken("mask-broken", "rle with counts and a size", shown(found))
    try:
        yield mask_of_counts(coco_counts(counts) if isinstance(counts, str) else counts, size)
    except (TypeError, ValueError) as error:
        raise Broken(
            "mask-broken", f"run lengths of {size.width} x {size.height} pixels", str(error)
        ) from error


_FORMS: Mapping[str, Callable[[_Json], Iterator[Shape]]] = {
    "bbox": _box,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "polyline": _polyline,
    "points": _points,
    "mask": _mask,
}


def size_in(image: object) -> Size | None:
    found = image.get("size") if isinstance(image, dict) else None
    return size_of(found[1], found[0]) if isinstance(found, list) and len(found) == 2 else None
