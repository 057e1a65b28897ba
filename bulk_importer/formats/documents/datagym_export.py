"""DataGym's own export, which its import route refuses as it stands.

Pure. An array whose first element names the classes (`label_classes`); each other one is a task with the labels of its
media (protocol 4). A classification is an array of its values, or null, with an object for each child behind them. The
export has lost decimals; numbers that were null or negative are null in it, and such a geometry cannot be carried.

The id of a media is only right in the project that was exported, so that media are found by their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.json_rows import rows_of, top_keys
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Left,
    Path,
    Picture,
    Point,
    Polygon,
    Polyline,
    Shape,
    Tag,
)
from bulk_importer.formats.values.corners import Broken, number_of
from bulk_importer.formats.values.saying import placed, shown

__all__ = ["read", "recognises"]

_MARKS = {"external_media_ID", "labeler", "status"}
_FORMS = ("rectangle", "polygon", "line", "point", "image_segmentation")


def recognises(members: Members) -> bool:
    """Whether it is a single file that begins with a task of an export, or with the classes and then a task.

    Entries of an import may have the classes before them as well.
    """
    if len(members.paths) != 1:
        return False
    head = members.head(members.paths[0])
    keys = set(top_keys(head))
    return keys >= _MARKS or (
        keys == {"label_classes"} and all(f'"{mark}"'.encode() in head for mark in _MARKS)
    )


def read(members: Members, _: Choices) -> Iterator[Picture | Left]:
    """The media of an export."""
    path = members.paths[0]
    with members.open(path) as file:
        rows = enumerate(rows_of(file, "item", members.name))
        for at, row in rows:
            origin = f"task {at}"
            if isinstance(row, dict) and "label_classes" in row:
                continue
            if not isinstance(row, dict) or not isinstance(row.get("external_media_ID"), str):
                yield Left("annotation-broken", origin, "", "a task with external_media_ID", shown(row))
                continue
            yield from _picture(row, origin)


def _picture(row: Mapping[str, Any], origin: str) -> Iterator[Picture | Left]:
    annotations: list[Annotation] = []
    for each in _annotations(row.get("labels"), "labels"):
        if isinstance(each, Left):
            yield placed(each, origin)
        else:
            annotations.append(each)
    if row.get("segmentations"):
        found = f"bitmaps: {shown(row['segmentations'])}"
        yield Left("shape-unknown", f"{origin}, segmentations", "segmentations", "shapes with corners", found)
    tags = tuple(
        Tag(name, f"global_classifications/{name}", answer)
        for name, answer in _answers(row.get("global_classifications")).items()
        if answer.values or answer.below
    )
    yield Picture(row["external_media_ID"], origin, None, tuple(annotations), tags)


def _annotations(labels: Any, at: str) -> Iterator[Annotation | Left]:
    if not isinstance(labels, dict | None):
        yield Left("annotation-broken", at, "", "geometries by class", shown(labels))
        return
    for label, geometries in (labels or {}).items():
        if not isinstance(geometries, list | None):
            yield Left(
                "annotation-broken", f"{at}/{label}", label, "an array of geometries", shown(geometries)
            )
            continue
        for number, geometry in enumerate(geometries or ()):
            yield from _annotation(geometry, label, f"{at}/{label}/{number}")


def _annotation(geometry: Any, label: str, origin: str) -> Iterator[Annotation | Left]:
    if not isinstance(geometry, dict):
        yield Left("annotation-broken", origin, label, "a geometry", shown(geometry))
        return
    nested: list[Annotation] = []
    for each in _annotations(geometry.get("nested_geometries"), f"{origin}/nested_geometries"):
        if isinstance(each, Left):
            yield each
        else:
            nested.append(each)
    try:
        shape = _shape(geometry)
    except Broken as broken:
        yield broken.left(origin, label)
        yield from nested  # they go to the root, or are findings there
        return
    yield Annotation(label, shape, origin, _answers(geometry.get("classifications")), within=tuple(nested))


def _shape(geometry: Mapping[str, Any]) -> Shape:
    form = next((each for each in _FORMS if each in geometry), None)
    if form is None or form == "image_segmentation":
        raise Broken("shape-unknown", "a rectangle, polygon, line or point", form or shown(geometry))
    points = geometry[form]
    if not isinstance(points, list) or not points or not all(isinstance(each, dict) for each in points):
        raise Broken("shape-broken", "places", shown(points))
    path = _path(points, "xywh" if form == "rectangle" else "xy")
    if form == "rectangle":
        return Box(*path[:4])
    if form == "polygon":
        return Polygon((path,))
    return Polyline(path) if form == "line" else Point(*path[:2])


def _path(points: list[Any], keys: str) -> Path:
    meant = "numbers (an export writes null for what is null or negative)"
    return tuple(number_of(point.get(key), meant) for point in points for key in keys)


def _answers(classifications: Any) -> dict[str, Answer]:
    found = classifications.items() if isinstance(classifications, dict) else ()
    return {name: _answer(array) for name, array in found}


def _answer(array: Any) -> Answer:
    found = array if isinstance(array, list) else []
    values = tuple(each for each in found if isinstance(each, str))
    below: dict[str, Answer] = {}
    for each in found:
        below.update(
            (name, answer) for name, answer in _answers(each).items() if answer.values or answer.below
        )
    return Answer(values, below)
