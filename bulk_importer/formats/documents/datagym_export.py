"""DataGym's own export, which its import route refuses as it stands.

Pure. An array whose first element names the classes (`label_classes`); each other one is a task with the labels of its
media (protocol 4). A classification is an array of its values, or null, with an object for each child behind them. The
export has lost decimals; numbers that were null or negative are null in it, and such a geometry cannot be carried.

The id of a media is only right in the project that was exported, so that media are found by their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.json_rows import rows_of, top_keys
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Left,
    Number,
    Picture,
    Point,
    Polygon,
    Polyline,
    Shape,
    Tag,
)

__all__ = ["read", "recognises"]

_MARKS = {"external_media_ID", "labeler", "status"}
_FORMS = ("rectangle", "polygon", "line", "point", "image_segmentation")


class _Broken(Exception):
    """A geometry that the export does not hold whole."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found


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
                yield Left("annotation-broken", origin, "", "a task with external_media_ID", _shown(row))
                continue
            yield from _picture(row, origin)


def _picture(row: Mapping[str, Any], origin: str) -> Iterator[Picture | Left]:
    annotations: list[Annotation] = []
    for each in _annotations(row.get("labels") or {}, "labels"):
        if isinstance(each, Left):
            yield Left(each.code, f"{origin}, {each.origin}", each.label, each.expected, each.found)
        else:
            annotations.append(each)
    if row.get("segmentations"):
        found = f"{len(row['segmentations'])} bitmaps"
        yield Left("shape-unknown", f"{origin}, segmentations", "segmentations", "shapes with corners", found)
    questions = row.get("global_classifications") or {}
    tags = tuple(
        Tag(name, f"global_classifications/{name}", answer)
        for name, answer in _answers(questions).items()
        if answer.values or answer.below
    )
    yield Picture(row["external_media_ID"], origin, None, tuple(annotations), tags)


def _annotations(labels: Mapping[str, Any], at: str) -> Iterator[Annotation | Left]:
    for label, geometries in labels.items():
        for number, geometry in enumerate(geometries or ()):
            origin = f"{at}/{label}/{number}"
            nested: list[Annotation] = []
            for each in _annotations(geometry.get("nested_geometries") or {}, f"{origin}/nested_geometries"):
                if isinstance(each, Left):
                    yield each
                else:
                    nested.append(each)
            try:
                shape = _shape(geometry)
            except _Broken as broken:
                yield Left(broken.code, origin, label, broken.expected, broken.found)
                yield from nested  # they go to the root, or are findings there
                continue
            answers = _answers(geometry.get("classifications") or {})
            yield Annotation(label, shape, origin, answers, within=tuple(nested))


def _shape(geometry: Mapping[str, Any]) -> Shape:
    form = next((each for each in _FORMS if each in geometry), None)
    if form is None or form == "image_segmentation":
        raise _Broken("shape-unknown", "a rectangle, polygon, line or point", form or _shown(geometry))
    points = geometry[form] or []
    numbers: list[Number] = [value for point in points for value in point.values()]
    if not numbers or any(not isinstance(value, int | float) for value in numbers):
        raise _Broken("shape-broken", "numbers", "null, as an export writes for what is null or negative")
    if form == "rectangle":
        return Box(points[0]["x"], points[0]["y"], points[0]["w"], points[0]["h"])
    path = tuple(value for point in points for value in (point["x"], point["y"]))
    if form == "polygon":
        return Polygon((path,))
    return Polyline(path) if form == "line" else Point(*path)


def _answers(classifications: Mapping[str, Any]) -> dict[str, Answer]:
    return {name: _answer(array or []) for name, array in classifications.items()}


def _answer(array: list[Any]) -> Answer:
    values = tuple(each for each in array if isinstance(each, str))
    below: dict[str, Answer] = {}
    for each in array:
        if isinstance(each, dict):
            below.update(
                (name, answer) for name, answer in _answers(each).items() if answer.values or answer.below
            )
    return Answer(values, below)


def _shown(found: object) -> str:
    if isinstance(found, dict):
        return f"an object with {', '.join(islice(map(str, found), 5))}"
    return type(found).__name__
