"""Objects and answers of Labelbox, under the keys of an export and under those of an import.

Pure. An outline repeats its first corner as its last one, which is left out. A mask of an export is on Labelbox's
server alone; an import may hold one as a PNG.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Left,
    Path,
    Point,
    Polygon,
    Polyline,
    Shape,
    Size,
    Tag,
)
from bulk_importer.formats.shapes.png import mask_of_png
from bulk_importer.formats.values.corners import Broken, number_of, point_path
from bulk_importer.formats.values.saying import placed, shown

__all__ = ["is_answer", "name_of", "object_of", "tag_of"]

_Json: TypeAlias = Mapping[str, Any]

_LARGEST = Size(65535, 65535)
_ANSWERS = ("radio_answer", "checklist_answers", "text_answer", "answer")
_OF_MODELS = ("confidence", "customMetrics")
"""What an import of predictions says beside their shapes."""
_ELSEWHERE = ("mask", "composite_mask", "segmentation_mask")


def is_answer(row: _Json) -> bool:
    """Whether it answers a question, and is no object."""
    return any(key in row for key in _ANSWERS)


def name_of(row: Any) -> str:
    """The name of a class or a question; the id of its schema where an import has that alone."""
    names = (row.get("name"), row.get("schemaId")) if isinstance(row, dict) else ()
    return next((each for each in names if isinstance(each, str) and each), "")


def object_of(row: Any, origin: str, size: Size | None) -> Iterator[Annotation | Left]:
    """The annotation of an object, or what is wrong with it."""
    label = name_of(row)
    try:
        if not label:
            raise Broken("annotation-broken", "an object with a name", shown(row))
        shape = _shape(row, size)
    except Broken as broken:
        yield broken.left(origin, label)
        return
    answers: dict[str, Answer] = {}
    for found in _answers(row.get("classifications"), "classification"):
        if isinstance(found, Left):
            yield placed(found, origin)
        else:
            answers[found[0]] = found[1]
    yield Annotation(label, shape, origin, answers)
    beside = [key for key in _OF_MODELS if row.get(key) not in (None, [])]
    if beside:
        yield Left("remark-left-out", origin, label, "labels", ", ".join(beside), objects=0)


def tag_of(row: Any, origin: str) -> Tag | Left:
    """The answer to a question about the whole picture."""
    (found,) = _answers([row], origin)
    if isinstance(found, Left):
        return Left(found.code, origin, found.label, found.expected, found.found, found.objects)
    return Tag(found[0], origin, found[1])


def _answers(rows: Any, origin: str) -> Iterator[tuple[str, Answer] | Left]:
    for at, row in enumerate(rows if isinstance(rows, list) else []):
        name = name_of(row)
        try:
            if not name:
                raise Broken("annotation-broken", "a question with a name", shown(row))
            yield name, _answer(row)
        except (Broken, RecursionError) as error:
            broken = (
                error if isinstance(error, Broken) else Broken("annotation-broken", "answers", "too deep")
            )
            left = broken.left(f"{origin} {at}", name)
            yield Left(left.code, left.origin, left.label, left.expected, left.found, objects=0)


def _answer(row: _Json) -> Answer:
    found = next((row[key] for key in _ANSWERS if key in row), None)
    if isinstance(found, str):
        return Answer((found,) if found else ())
    if isinstance(found, dict) and isinstance(found.get("content"), str):
        return Answer((found["content"],) if found["content"] else ())
    if isinstance(found, dict | list):
        return _options(found if isinstance(found, list) else [found])
    raise Broken("annotation-broken", " or ".join(_ANSWERS), shown(row))


def _options(options: Iterable[Any]) -> Answer:
    """The options that somebody has chosen, with the questions below them."""
    values: list[str] = []
    below: dict[str, Answer] = {}
    for option in options:
        name = name_of(option)
        if not name:
            raise Broken("annotation-broken", "an answer with a name", shown(option))
        values.append(name)
        questions = option.get("classifications") or []
        if not isinstance(questions, list):
            raise Broken("annotation-broken", "an array of questions", shown(questions))
        for question in questions:
            if not name_of(question):
                raise Broken("annotation-broken", "a question with a name", shown(question))
            below[name_of(question)] = _answer(question)
    return Answer(tuple(values), below)


def _shape(row: _Json, size: Size | None) -> Shape:
    box = row.get("bounding_box", row.get("bbox"))
    if box is not None:
        return _box(box)
    if "polygon" in row:
        return Polygon((_opened(point_path(row["polygon"])),))
    if "line" in row:
        return Polyline(point_path(row["line"]))
    if "point" in row:
        x, y = point_path([row["point"]])
        return Point(x, y)
    mask = row.get("mask")
    if isinstance(mask, dict) and isinstance(mask.get("png"), str):
        return _mask(mask["png"], size)
    if any(key in row for key in _ELSEWHERE):
        raise Broken("shape-unknown", "a shape that the file holds", "a mask on Labelbox's server")
    raise Broken(
        "shape-unknown", "a box, polygon, line, point or mask", shown(row.get("annotation_kind", row))
    )


def _box(found: Any) -> Box:
    if not isinstance(found, dict):
        raise Broken("shape-broken", "top, left, height and width", shown(found))
    left, top, width, height = (number_of(found.get(key)) for key in ("left", "top", "width", "height"))
    return Box(left, top, width, height)


def _opened(path: Path) -> Path:
    return path[:-2] if len(path) > 6 and path[:2] == path[-2:] else path


def _mask(text: str, size: Size | None) -> Shape:
    try:
        mask, _ = mask_of_png(base64.b64decode(text, validate=True), 0, 0, size or _LARGEST)
    except (binascii.Error, ValueError) as error:
        raise Broken("mask-broken", "a PNG", str(error)) from error
    return mask
