"""Annotations of the labels of BDD100K.

Pure. A label has one shape, or a box around it, too; several open lines of one label are a line each. Whether the last
pixel of a box is inside, no file says: Scalabel's page, BDD100K itself and FiftyOne write where its edge is, Scalabel's
Python package the last pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from bulk_importer.formats.choices import BoxEnds
from bulk_importer.formats.folders.bdd100k.curves import lines_of
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Keypoint,
    Left,
    Mask,
    Number,
    Polygon,
    Polyline,
    Shape,
    Size,
)
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double
from bulk_importer.formats.shapes.masks import coco_counts, mask_of_counts
from bulk_importer.formats.values.corners import Broken, number_of
from bulk_importer.formats.values.saying import answer_of, said_of, shown, size_of

__all__ = ["annotations_of", "has_box", "label_of"]

_Json: TypeAlias = Mapping[str, Any]

_SILENT = ("occluded", "truncated", "crowd", "ignored")
"""Attributes that tools write as false where nobody has said anything."""
_AREA = "area/"
"""What the classes of closed outlines begin with in the files of 2018, whose lines do not say whether they are."""
_TOLERANCE = 1.5
"""Pixels by which an outline and its box may differ: one of them may count the last pixel, and the other not."""


def has_box(row: Any) -> bool:
    """Whether a label has an upright box."""
    return isinstance(row, dict) and row.get("box2d") is not None


def label_of(row: Any) -> str:
    """The class of a label; empty where it has none."""
    found = row.get("category") if isinstance(row, dict) else None
    return found if isinstance(found, str) else ""


def annotations_of(row: Any, origin: str, size: Size | None, ends: BoxEnds) -> Iterator[Annotation | Left]:
    """The annotations of a label, or what is wrong with it."""
    label = label_of(row)
    try:
        if not isinstance(row, dict) or not label:
            raise Broken("annotation-broken", "a label with a category", shown(row))
        box = _box(row["box2d"], ends) if has_box(row) else None
        outlines = _outlines(row, size)
        keypoints = _keypoints(row["graph"]) if row.get("graph") is not None else ()
        if box is None and not outlines and not keypoints:
            other = "box3d" if row.get("box3d") is not None else shown(row)
            raise Broken("shape-unknown", "box2d, poly2d, rle or graph", other)
    except Broken as broken:
        yield broken.left(origin, label)
        return
    said, others = _said(row)
    if others:
        yield Left("remark-left-out", origin, label, "labels", ", ".join(others), objects=0)
    if box is not None and outlines and (beside := _beside(outlines, box)) > _TOLERANCE:
        where = f"{beside:g} pixels from its outline"
        yield Left("shape-doubtful", origin, label, "a box around the outline", where, objects=0)
    for at, shape in enumerate(outlines or [box]):
        yield Annotation(label, shape, origin, said, () if at else keypoints)


def _said(row: _Json) -> tuple[dict[str, Answer], list[str]]:
    """What is said of an object, and the names of what finds no place."""
    said, others = said_of(row.get("attributes"), _SILENT)
    score = row.get("score")
    if score not in (None, 1) and (answer := answer_of(score)) is not None:
        said["score"] = answer
    return said, [*(["box3d"] if row.get("box3d") is not None else []), *others]


def _box(found: Any, ends: BoxEnds) -> Box:
    if not isinstance(found, dict):
        raise Broken("shape-broken", "x1, y1, x2 and y2", shown(found))
    left, top, right, bottom = (
        number_of(found.get(key), f"a number for {key}") for key in ("x1", "y1", "x2", "y2")
    )
    last = 1 if ends is BoxEnds.PIXEL else 0
    return Box(left, top, _length(left, right, last), _length(top, bottom, last))


def _length(begin: Number, end: Number, last: int) -> Number:
    """From one number to another as they are written."""
    between = EXACT.subtract(decimal_of(str(end)), decimal_of(str(begin)))
    return nearest_double(EXACT.add(between, last))


def _outlines(row: _Json, size: Size | None) -> list[Shape]:
    """What is drawn of a label: all closed lines together, each open one, or a mask."""
    if row.get("poly2d") is None:
        return [_mask(row["rle"], size)] if row.get("rle") is not None else []
    lines = lines_of(row["poly2d"], are_closed=label_of(row).startswith(_AREA))
    parts = tuple(path for path, is_closed in lines if is_closed)
    opened = [Polyline(path) for path, is_closed in lines if not is_closed]
    return [*([Polygon(parts)] if parts else []), *opened]


def _mask(found: Any, size: Size | None) -> Mask:
    sides, counts = (found.get("size"), found.get("counts")) if isinstance(found, dict) else (None, None)
    mine = size_of(sides[1], sides[0]) if isinstance(sides, list) and len(sides) == 2 else None
    if mine is None or not isinstance(counts, str):
        raise Broken("mask-broken", "size as height and width, and counts as a text", shown(found))
    if size is not None and size != mine:
        seen = f"one of {mine.width} x {mine.height}"
        raise Broken("mask-broken", f"a mask of {size.width} x {size.height}", seen)
    try:
        return mask_of_counts(coco_counts(counts), mine)
    except ValueError as error:
        raise Broken(
            "mask-broken", f"run lengths of {mine.width * mine.height} pixels", str(error)
        ) from error


def _keypoints(graph: Any) -> tuple[Keypoint, ...]:
    nodes = graph.get("nodes") if isinstance(graph, dict) else None
    if not isinstance(nodes, list) or not nodes:
        raise Broken("shape-broken", "a graph with nodes", shown(graph))
    return tuple(map(_keypoint, nodes))


def _keypoint(node: Any) -> Keypoint:
    place = node.get("location") if isinstance(node, dict) else None
    name = label_of(node)
    if not name or not isinstance(place, list) or len(place) != 2:
        raise Broken("shape-broken", "a node with a category, at two numbers", shown(node))
    return Keypoint(name, number_of(place[0]), number_of(place[1]))


def _beside(outlines: list[Shape], box: Box) -> float:
    """By how many pixels outlines reach beyond their box, or do not reach its edges; 0 of a mask."""
    paths = [
        path
        for each in outlines
        for path in (
            each.parts if isinstance(each, Polygon) else (each.path,) if isinstance(each, Polyline) else ()
        )
    ]
    if not paths:
        return 0
    across = [place for path in paths for place in path[::2]]
    down = [place for path in paths for place in path[1::2]]
    return max(
        abs(min(across) - box.left),
        abs(max(across) - box.left - box.width),
        abs(min(down) - box.top),
        abs(max(down) - box.top - box.height),
    )
