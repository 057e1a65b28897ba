"""Annotations of an item of Darwin.

Pure. Several paths of a polygon are filled as V7 does it, where an odd number of them lies around. A mask is a number
in the raster layer of its slot, whose run lengths go row by row. In what unit an ellipse is turned is said nowhere, so
that a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import degrees
from typing import Any, TypeAlias

from bulk_importer.formats.choices import Angle, ChoiceNeeded
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Ellipse,
    Keypoint,
    Left,
    Number,
    Path,
    Point,
    Polyline,
    Shape,
    Size,
    Tag,
)
from bulk_importer.formats.shapes.masks import mask_of_counts
from bulk_importer.formats.shapes.nesting import by_even_odd
from bulk_importer.formats.values.corners import Broken, number_of, point_path
from bulk_importer.formats.values.saying import answer_of, shown

__all__ = ["answers_in", "is_layer", "label_of", "objects_of"]

_Json: TypeAlias = Mapping[str, Any]

_SUBS = ("instance_id", "inference", "directional_vector", "measures")
_TOLERANCE = 1


def is_layer(row: Any) -> bool:
    """Whether it holds the pixels of masks, and is no object itself."""
    return isinstance(row, dict) and "raster_layer" in row


def label_of(row: Any) -> str:
    """The class of an annotation; empty where it has none."""
    name = row.get("name") if isinstance(row, dict) else None
    return name.strip() if isinstance(name, str) else ""


def objects_of(
    row: Any, origin: str, layer: Any, size: Size | None, angle: Angle
) -> Iterator[Annotation | Tag | Left]:
    """What one annotation says.

    Args:
        layer: the raster layer of its slot; None where there is none.
        size: of the picture of the slot.
        angle: the unit by which ellipses are turned.

    Raises:
        ChoiceNeeded: that is not known, and it has one that is turned.
    """
    label = label_of(row)
    try:
        if not label:
            raise Broken("annotation-broken", "an object with a name", shown(row))
        if "tag" in row:
            yield Tag(label, origin)
            yield from (Tag(name, origin, answer) for name, answer in _said(row).items())
        elif "skeleton" in row:
            yield Annotation(label, None, origin, keypoints=_keypoints(row["skeleton"]))
            if _said(row):
                beside = ", ".join(_said(row))
                yield Left("remark-left-out", origin, label, "labels", beside, objects=0)
        else:
            for shape in _shapes(row, layer, size, angle):
                yield Annotation(label, shape, origin, _said(row))
            yield from _doubts(row, origin, label)
    except Broken as broken:
        yield broken.left(origin, label)
        return
    beside = ", ".join(key for key in _SUBS if row.get(key))
    if beside:
        yield Left("remark-left-out", origin, label, "labels", beside, objects=0)


def answers_in(properties: Any) -> dict[str, Answer]:
    """What properties say, several of one name together."""
    values: dict[str, list[str]] = {}
    for each in properties if isinstance(properties, list) else ():
        name = each.get("name") if isinstance(each, dict) else None
        answer = answer_of(each.get("value")) if isinstance(name, str) else None
        if isinstance(name, str) and answer is not None:
            values.setdefault(name, []).extend(answer.values)
    return {name: Answer(tuple(found)) for name, found in values.items()}


def _said(row: _Json) -> dict[str, Answer]:
    found = answers_in(row.get("properties"))
    attributes, text = answer_of(row.get("attributes")), row.get("text")
    said = answer_of(text.get("text")) if isinstance(text, dict) else None
    if attributes is not None:
        found["attributes"] = attributes
    if said is not None:
        found["text"] = said
    return found


def _shapes(row: _Json, layer: Any, size: Size | None, angle: Angle) -> Iterator[Shape]:
    if "mask" in row:
        yield _mask(row.get("id"), layer, size)
        return
    if isinstance(row.get("ellipse"), dict) and "polygon" not in row:
        yield _ellipse(row["ellipse"], angle)
        return
    kind = next((key for key in _FORMS if key in row), None)
    if kind is None:
        if "ellipse" in row:
            raise Broken("shape-broken", "an object for ellipse", shown(row["ellipse"]))
        raise Broken("shape-unknown", f"{', '.join(_FORMS)}, ellipse, skeleton or mask", shown(row))
    if not isinstance(row[kind], dict):
        raise Broken("shape-broken", f"an object for {kind}", shown(row[kind]))
    yield from _FORMS[kind](row[kind])


def _polygon(found: _Json) -> Iterator[Shape]:
    try:
        yield by_even_odd(_paths(found))
    except ValueError as error:
        raise Broken("shape-broken", "outlines beside or within each other", str(error)) from error


def _paths(found: _Json) -> list[Path]:
    """Its outlines: `paths`, or the one `path` that older files have."""
    paths = found.get("paths", [found["path"]] if "path" in found else None)
    if not isinstance(paths, list) or not paths:
        raise Broken("shape-broken", "paths", shown(found))
    return [point_path(path) for path in paths]


def _box(found: _Json) -> Iterator[Shape]:
    left, top, width, height = (number_of(found.get(key)) for key in "xywh")
    yield Box(left, top, width, height)


def _ellipse(found: _Json, unit: Angle) -> Shape:
    turned = number_of(found.get("angle", 0))
    x, y = point_path([found.get("center")])
    across, down = point_path([found.get("radius")])
    if turned == 0 or across == down:
        return Ellipse(x, y, across, down)
    if unit is Angle.ASK:
        raise ChoiceNeeded(
            f"the ellipse about ({x:g}, {y:g}) is turned by {turned:g}, and nothing in Darwin's files says by what. "
            "(The examples of its library look like radians.) Say --ellipse-angle radians, or --ellipse-angle degrees."
        )
    return Ellipse(x, y, across, down, degrees(turned) if unit is Angle.RADIANS else turned)


def _line(found: _Json) -> Iterator[Shape]:
    yield from (Polyline(path) for path in _paths(found))


def _point(found: _Json) -> Iterator[Shape]:
    x, y = point_path([found])
    yield Point(x, y)


_FORMS: Mapping[str, Callable[[_Json], Iterator[Shape]]] = {
    "polygon": _polygon,  # before the box about it, which stands beside it
    "line": _line,
    "keypoint": _point,
    "bounding_box": _box,
}


def _keypoints(found: Any) -> tuple[Keypoint, ...]:
    nodes = found.get("nodes") if isinstance(found, dict) else None
    if not isinstance(nodes, list) or not nodes:
        raise Broken("shape-broken", "nodes", shown(found))
    for node in nodes:
        if not label_of(node):
            raise Broken("shape-broken", "nodes with a name", shown(node))
    return tuple(Keypoint(label_of(node), *point_path([node])) for node in nodes)


def _mask(number: Any, layer: Any, size: Size | None) -> Shape:
    found = layer.get("raster_layer") if isinstance(layer, dict) else None
    mapping = found.get("mask_annotation_ids_mapping") if isinstance(found, dict) else None
    value = mapping.get(number) if isinstance(mapping, dict) and isinstance(number, str) else None
    if not isinstance(found, dict) or value is None:
        raise Broken("mask-broken", "a raster layer that has it", shown(found))
    if size is None:
        raise Broken("size-missing", "width and height of the picture", "none")
    try:
        return mask_of_counts(_counts(found.get("dense_rle"), value), size, by_columns=False)
    except (TypeError, ValueError) as error:
        raise Broken("mask-broken", f"runs of {size.width} x {size.height} pixels", str(error)) from error


def _counts(runs: Any, value: Any) -> list[int]:
    """Run lengths that begin with pixels that are not set, from pairs of a value and how often it is there."""
    if not isinstance(runs, list) or len(runs) % 2 or not all(isinstance(each, int) for each in runs):
        raise ValueError("no pairs of a value and its length")
    counts: list[int] = []
    for found, length in zip(runs[::2], runs[1::2], strict=True):
        is_set = found == value
        if is_set == (len(counts) % 2 == 1):
            counts.append(length)
        elif counts:
            counts[-1] += length
        else:
            counts += [0, length]
    return counts


def _doubts(row: _Json, origin: str, label: str) -> Iterator[Left]:
    """A word where the box beside a polygon is not the box about it; darwin-py writes one of nulls."""
    beside = row.get("bounding_box")
    if "polygon" not in row or not isinstance(beside, dict):
        return
    try:
        said: list[Number] = [number_of(beside.get(key)) for key in "xywh"]
    except Broken:
        return
    paths = _paths(row["polygon"])
    across, down = [x for path in paths for x in path[::2]], [y for path in paths for y in path[1::2]]
    about = (min(across), min(down), max(across) - min(across), max(down) - min(down))
    if any(abs(a - b) > _TOLERANCE for a, b in zip(about, said, strict=True)):
        found = ", ".join(f"{each:g}" for each in said)
        yield Left(
            "shape-doubtful", origin, label, ", ".join(f"{each:g}" for each in about), found, objects=0
        )
