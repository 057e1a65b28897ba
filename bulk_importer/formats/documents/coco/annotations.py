"""Annotations of COCO: one row of the file, as an annotation of the model.

Pure. What has a segmentation is carried by it, what has none by its box. `iscrowd` and whatever tools write beside the
format become attributes, so that nothing is dropped without a word; what can be computed from the shape does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from bulk_importer.formats.documents.coco.attributes import answer_of, rotation_of, values_of
from bulk_importer.formats.documents.coco.classes import CocoClass
from bulk_importer.formats.documents.coco.outlines import Broken, extent_of, outline_of
from bulk_importer.formats.documents.coco.text.rows import is_id
from bulk_importer.formats.documents.coco.text.stretches import NotJson
from bulk_importer.formats.model import Annotation, Answer, Box, Keypoint, Left, Number, Shape, Size
from bulk_importer.formats.numbers import is_number

__all__ = [
    "NEAR",
    "annotation_of",
    "class_of",
    "disagreement",
    "origin_of",
]

_Box: TypeAlias = tuple[Number, Number, Number, Number]

NEAR = 2
_NEAR_SHARE = 0.05
"""A box agrees with an outline where each edge is as near as this, in pixels or as a share of its side.

Tools round boxes, compute them from the mask before they simplify it, or count the last pixel in.
"""


def origin_of(row: Any) -> str:
    """Where a row stands, as the file counts."""
    name = row.get("id") if isinstance(row, Mapping) else None
    return f"annotation {name}" if is_id(name) else "annotation without id"


def class_of(row: Any, classes: Mapping[int | str, CocoClass]) -> CocoClass:
    """What the category of a row means; one with a problem where it means nothing."""
    found = row.get("category_id") if isinstance(row, Mapping) else None
    if not is_id(found):
        return CocoClass("", (), "an annotation without a category")
    return classes.get(found) or CocoClass(f"category {found}", (), f"category {found}, which is none")


def annotation_of(
    row: Any, classes: Mapping[int | str, CocoClass], size: Size | None
) -> Iterator[Annotation | Left]:
    """The annotation of a row, with what must be said about it; without it where it cannot be carried."""
    origin = origin_of(row)
    if not isinstance(row, Mapping):
        found = f"no JSON: {row.reason}" if isinstance(row, NotJson) else "no object"
        yield Left("annotation-broken", origin, "", "an object", found)
        return
    kind = class_of(row, classes)
    if kind.problem:
        yield Left("annotation-broken", origin, kind.label, "a category of the file", kind.problem)
        return
    try:
        keypoints = tuple(_keypoints(row, kind))
        shape, doubt = _shape(row, size, has_keypoints=bool(keypoints))
    except Broken as broken:
        yield Left(broken.code, origin, kind.label, broken.expected, broken.found)
        return
    if doubt:
        yield Left("shape-doubtful", origin, kind.label, "one shape", doubt, 0)
    hidden = _hidden(row)
    if hidden:
        found = f"{hidden} keypoints that are not visible"
        yield Left("remark-left-out", origin, f"{kind.label}.keypoints", "", found, 0)
    attributes: dict[str, Answer] = {}
    for name, value in values_of(row, is_box=isinstance(shape, Box)):
        answer = answer_of(value)
        if answer is None:
            yield Left("remark-left-out", origin, f"{kind.label}.{name}", "", "an object", 0)
        elif answer.values:
            attributes[name] = answer
    yield Annotation(kind.label, shape, origin, attributes, keypoints)


def _shape(row: Mapping[str, Any], size: Size | None, *, has_keypoints: bool) -> tuple[Shape | None, str]:
    """The shape of a row, and what of it is not certain."""
    outline = outline_of(row.get("segmentation"), row.get("area"), size)
    box = _box(row.get("bbox"))
    if outline is not None:
        if outline.doubt or not row.get("bbox"):
            return outline.shape, outline.doubt
        extent = extent_of(outline.shape)
        if box is None:
            return outline.shape, "a bbox that is none"
        return outline.shape, "" if extent is None else disagreement(box, extent)
    if box is not None and not (has_keypoints and 0 in box[2:]):
        return Box(*box, rotation_of(row)), ""
    if has_keypoints:
        return None, ""
    raise Broken("annotation-broken", "a segmentation, a bbox of 4 numbers, or keypoints", "none of them")


def _box(found: Any) -> _Box | None:
    if not isinstance(found, list) or len(found) != 4 or not all(is_number(each) for each in found):
        return None
    left, top, width, height = found
    return left, top, width, height


def disagreement(box: _Box, extent: tuple[Number, Number, Number, Number]) -> str:
    """How a box and the edges of an outline differ, in words; empty where they agree."""
    left, top, width, height = box
    across, down = max(NEAR, _NEAR_SHARE * width), max(NEAR, _NEAR_SHARE * height)
    edges = ((left, across), (top, down), (left + width, across), (top + height, down))
    if all(abs(edge - place) <= near for (edge, near), place in zip(edges, extent, strict=True)):
        return ""
    sides = f"{extent[0]:g}, {extent[1]:g} to {extent[2]:g}, {extent[3]:g}"
    return f"a box {left:g}, {top:g} to {left + width:g}, {top + height:g} and an outline {sides}"


def _keypoints(row: Mapping[str, Any], kind: CocoClass) -> Iterator[Keypoint]:
    """Its keypoints but for those that are absent, whose third number is 0."""
    found = row.get("keypoints")
    if found is None or found == []:
        return
    if not isinstance(found, list) or len(found) % 3 or not all(is_number(each) for each in found):
        raise Broken("annotation-broken", "keypoints of 3 numbers each", _shown(found))
    if kind.keypoints and len(found) > 3 * len(kind.keypoints):
        raise Broken(
            "annotation-broken", f"{len(kind.keypoints)} keypoints, as {kind.label} has", f"{len(found) // 3}"
        )
    for at, (x, y, visible) in enumerate(zip(found[::3], found[1::3], found[2::3], strict=True)):
        if visible:
            yield Keypoint(kind.keypoints[at] if kind.keypoints else str(at + 1), x, y)


def _hidden(row: Mapping[str, Any]) -> int:
    found = row.get("keypoints")
    return sum(each == 1 for each in found[2::3]) if isinstance(found, list) else 0


def _shown(found: Any) -> str:
    return f"a list of {len(found)}" if isinstance(found, list) else str(found)[:40]
