"""Annotations of Supervisely.

Pure. Its library writes whole pixels: the right and the lower edge of a box are the last pixels inside, and a corner of
an outline is a pixel, which the labeling tool shows at its middle. A shape with decimals is one of the labeling tool
itself, which writes places as they are. An oriented box is turned clockwise about its centre, by radians. A bitmap is a
packed PNG at its origin.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator, Mapping
from math import degrees
from typing import Any, TypeAlias

from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Keypoint,
    Left,
    Number,
    Path,
    Point,
    Polygon,
    Polyline,
    Shape,
    Size,
)
from bulk_importer.formats.numbers import nearest_double
from bulk_importer.formats.shapes.png import mask_of_png
from bulk_importer.formats.values.corners import Broken, number_of, paired_path
from bulk_importer.formats.values.saying import answer_of, shown

__all__ = ["Class", "object_of", "tags_in"]

_Json: TypeAlias = Mapping[str, Any]

Class: TypeAlias = tuple[str, Mapping[str, str]]
"""The shape of a class, and the names of its nodes by their ids, as `meta.json` says."""

_LARGEST = Size(65535, 65535)
_MOST_PNG_BYTES = 64 << 20
_PNG = b"\x89PNG"


def tags_in(found: Any) -> Iterator[tuple[str, Answer]]:
    """Names and values of tags; one without a value has no answer. What is no tag is `Broken`."""
    for each in found if isinstance(found, list) else ():
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str) or not name:
            raise Broken("annotation-broken", "a tag with a name", shown(each))
        yield name, answer_of(each.get("value")) or Answer(())


def object_of(
    row: Any, origin: str, classes: Mapping[str, Class], size: Size | None
) -> Iterator[Annotation | Left]:
    """The annotation of an object, or what is wrong with it."""
    label = row.get("classTitle") if isinstance(row, dict) else None
    label = label if isinstance(label, str) else ""
    try:
        if not label:
            raise Broken("annotation-broken", "an object with a classTitle", shown(row))
        shape, nodes = classes.get(label, ("", {}))
        kind = str(row.get("geometryType") or row.get("shape") or shape)
        said = _said(row)
        if kind == "graph":
            yield Annotation(label, None, origin, keypoints=_keypoints(row, nodes))
            beside = list(said)
        else:
            yield Annotation(label, _shape(row, kind, size), origin, said)
            beside = []
    except Broken as broken:
        yield broken.left(origin, label)
        return
    if row.get("instance"):
        beside.append("instance")
    if beside:
        yield Left("remark-left-out", origin, label, "labels", ", ".join(beside), objects=0)


def _said(row: _Json) -> dict[str, Answer]:
    found: dict[str, list[str]] = {}
    for name, answer in tags_in(row.get("tags")):
        found.setdefault(name, []).extend(answer.values or ("true",))
    said = {name: Answer(tuple(values)) for name, values in found.items()}
    description = answer_of(row.get("description"))
    return said if description is None else {**said, "description": description}


def _shape(row: _Json, kind: str, size: Size | None) -> Shape:
    if kind == "bitmap":
        return _bitmap(row.get("bitmap"), size)
    make = _FORMS.get(kind)
    if make is None:
        raise Broken("shape-unknown", f"{', '.join(_FORMS)}, bitmap or graph", kind[:40] or "none")
    return make(row)


def _rectangle(row: _Json) -> Shape:
    return Box(*_edges(_points(row)["exterior"]))


def _oriented(row: _Json) -> Shape:
    return Box(*_edges(row.get("points")), degrees(number_of(row.get("angle", 0))))


def _edges(found: Any) -> tuple[Number, Number, Number, Number]:
    """Left, top, width and height of two corners."""
    path = paired_path(found)
    if len(path) != 4:
        raise Broken("shape-broken", "2 corners", f"{len(path) // 2}")
    (left, right), (top, bottom) = sorted(path[::2]), sorted(path[1::2])
    beyond = int(_is_whole(path))
    return left, top, nearest_double(right - left + beyond), nearest_double(bottom - top + beyond)


def _is_whole(path: Path) -> bool:
    return all(float(place).is_integer() for place in path)


def _middle(*paths: Path) -> list[Path]:
    """Corners where the labeling tool shows them: at the middle of their pixels, unless one of them has decimals."""
    if not all(map(_is_whole, paths)):
        return list(paths)
    return [tuple(place + 0.5 for place in path) for path in paths]


def _points(row: _Json) -> _Json:
    found = row.get("points")
    if not isinstance(found, dict) or "exterior" not in found:
        raise Broken("shape-broken", "points with an exterior", shown(found))
    return found


def _polygon(row: _Json) -> Shape:
    return _outlines([_points(row)])


def _multipolygon(row: _Json) -> Shape:
    parts = row.get("parts")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Broken("shape-broken", "parts", shown(parts))
    return _outlines(parts)


def _outlines(parts: list[_Json]) -> Shape:
    outer = [paired_path(part.get("exterior")) for part in parts]
    inner = [paired_path(hole) for part in parts for hole in _list(part.get("interior"))]
    found = _middle(*outer, *inner)
    return Polygon(tuple(found[: len(outer)]), tuple(found[len(outer) :]))


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _line(row: _Json) -> Shape:
    (path,) = _middle(paired_path(_points(row)["exterior"]))
    return Polyline(path)


def _point(row: _Json) -> Shape:
    (path,) = _middle(paired_path(_points(row)["exterior"]))
    if len(path) != 2:
        raise Broken("shape-broken", "one place", f"{len(path) // 2}")
    return Point(*path)


_FORMS: Mapping[str, Callable[[_Json], Shape]] = {
    "rectangle": _rectangle,
    "oriented_bbox": _oriented,
    "polygon": _polygon,
    "multipolygon": _multipolygon,
    "line": _line,
    "point": _point,
}


def _keypoints(row: _Json, names: Mapping[str, str]) -> tuple[Keypoint, ...]:
    """The nodes that are not switched off."""
    nodes = row.get("nodes")
    if not isinstance(nodes, dict) or not all(isinstance(node, dict) for node in nodes.values()):
        raise Broken("shape-broken", "nodes", shown(nodes))
    there = {key: node for key, node in nodes.items() if not node.get("disabled")}
    if not there:
        raise Broken("shape-broken", "a node that is in the picture", "none")
    paths = _middle(*(paired_path([node.get("loc")]) for node in there.values()))
    return tuple(Keypoint(names.get(key, key), *path) for key, path in zip(there, paths, strict=True))


def _bitmap(found: Any, size: Size | None) -> Shape:
    origin = found.get("origin") if isinstance(found, dict) else None
    left, top = paired_path([origin])
    if left < 0 or top < 0 or not _is_whole((left, top)):
        raise Broken("mask-broken", "an origin in the picture", f"{left}, {top}")
    try:
        packed = base64.b64decode(str(found.get("data")), validate=True)
        mask, _ = mask_of_png(_unpacked(packed), int(left), int(top), size or _LARGEST)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Broken("mask-broken", "a packed PNG", str(error)) from error
    return mask


def _unpacked(packed: bytes) -> bytes:
    if packed.startswith(_PNG):
        return packed
    unpacking = zlib.decompressobj()
    found = unpacking.decompress(packed, _MOST_PNG_BYTES)
    if unpacking.unconsumed_tail:
        raise ValueError(f"a PNG of more than {_MOST_PNG_BYTES >> 20} MiB")
    return found
