"""LabelMe: a JSON file for each picture, beside it or in a folder of its own.

A mask is a PNG that is put into the box of its two points. What CVAT and Datumaro export as LabelMe is the XML of an
older tool of this name, which is no format of this one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from itertools import islice
from math import hypot
from posixpath import dirname, join, normpath
from typing import Any

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.json_rows import decoded, top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Ellipse,
    Left,
    Number,
    Path,
    Picture,
    Point,
    Polygon,
    Polyline,
    Shape,
    Size,
    Tag,
)
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.shapes.png import mask_of_png
from bulk_importer.formats.values.saying import size_of
from bulk_importer.formats.xml_rows import root_of

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8
_KEYS = ({"version", "flags", "shapes"}, {"shapes", "imagePath"})
_OLDER = (b"<imagesize>", b"<sourceImage>")
_KNOWN = {
    "label",
    "points",
    "group_id",
    "shape_type",
    "flags",
    "description",
    "mask",
    "line_color",
    "fill_color",
}
_LARGEST = Size(65535, 65535)
_MOST = 1e100
"""No place in a picture is beyond it, and its square is still a double."""


def recognises(members: Members) -> bool:
    """Whether one of its first JSON files has shapes of a picture, or one of its XML files is the older tool's."""
    files = islice((path for path in members.paths if path.endswith(".json")), _FILES_LOOKED_AT)
    if any(any(marks <= set(top_keys(members.head(path))) for marks in _KEYS) for path in files):
        return True
    others = islice((path for path in members.paths if path.endswith(".xml")), _FILES_LOOKED_AT)
    return any(_is_of_the_older(members.head(path)) for path in others)


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, ascending by the names of their files."""
    files = [path for path in members.paths if path.endswith(".json")]
    if not files:
        older = any(path.endswith(".xml") and _is_of_the_older(members.head(path)) for path in members.paths)
        raise SourceUnreadable(
            members.name,
            "it is the XML of an older tool, which CVAT and Datumaro export as LabelMe"
            if older
            else "there is no JSON file in it, as LabelMe has one for each picture",
            advice="Export it as CVAT for images 1.1, COCO or Pascal VOC." if older else "",
        )
    for path in members.paths:
        if not (path.endswith(".json") or is_picture(path)):
            yield Left("member-passed-over", path, "", "JSON files", "another kind of file", objects=0)
    yield from with_repeats(each for path in files for each in _file(members, path, choices))


def _is_of_the_older(head: bytes) -> bool:
    return root_of(head) == "annotation" and any(mark in head for mark in _OLDER)


def _file(members: Members, path: str, choices: Choices) -> Iterator[Picture | Left]:
    try:
        row = decoded(members.read(path), path)
    except SourceUnreadable as error:
        yield Left("member-unread", path, "", "JSON of one picture", error.reason, objects=0)
        return
    if not isinstance(row, dict) or not isinstance(row.get("shapes"), list):
        yield Left("member-unread", path, "", "an object with shapes", type(row).__name__, objects=0)
        return
    name = _name(path, row.get("imagePath"))
    size = size_of(row.get("imageWidth"), row.get("imageHeight")) or choices.sizes(name)
    annotations: list[Annotation] = []
    for at, shape in enumerate(row["shapes"]):
        for found in _objects(shape, f"shape {at}", size):
            if isinstance(found, Left):
                origin = f"{path}, {found.origin}"
                yield Left(found.code, origin, found.label, found.expected, found.found, found.objects)
            else:
                annotations.append(found)
    tags = tuple(Tag(flag, "flags") for flag in _set_flags(row.get("flags")))
    yield Picture(name, path, size, tuple(annotations), tags, is_stem=not is_picture(name))


def _name(path: str, image: object) -> str:
    """The picture as its file names it: from the folder of the file, with slashes of either kind."""
    if not isinstance(image, str) or not image:
        return path.removesuffix(".json")
    parts = normpath(join(dirname(path), image.replace("\\", "/"))).split("/")
    return "/".join(part for part in parts if part not in {"", ".."})


def _set_flags(flags: object) -> list[str]:
    return [str(name) for name, value in flags.items() if value is True] if isinstance(flags, dict) else []


class _Broken(Exception):
    """A shape that cannot be carried."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found


def _objects(row: object, place: str, size: Size | None) -> Iterator[Annotation | Left]:
    label = row.get("label") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(label, str) or not label:
        yield Left("annotation-broken", place, "", "a shape with a label", type(row).__name__)
        return
    said = {flag: Answer(("true",)) for flag in _set_flags(row.get("flags"))}
    if isinstance(row.get("description"), str) and row["description"]:
        said["description"] = Answer((row["description"],))
    try:
        for found in _shapes(row, label, place, size):
            yield found if isinstance(found, Left) else Annotation(label, found, place, said)
    except _Broken as broken:
        yield Left(broken.code, place, label, broken.expected, broken.found)
        return
    beside = [key for key in row if key not in _KNOWN and row[key] not in (None, "", [], {})]
    if row.get("group_id") is not None:
        beside.insert(0, f"group {row['group_id']}")
    if beside:
        yield Left("remark-left-out", place, label, "labels", ", ".join(beside), objects=0)


def _shapes(row: Mapping[str, Any], label: str, place: str, size: Size | None) -> Iterator[Shape | Left]:
    kind = str(row.get("shape_type") or "polygon")
    path = _path(row.get("points"))
    if kind == "mask":
        yield from _mask(row, path, label, place, size)
    elif kind in {"polygon", "oriented_rectangle"}:
        yield Polygon((path,))
    elif kind in {"line", "linestrip"}:
        yield Polyline(path)
    elif kind in {"point", "points"}:
        yield from (Point(x, y) for x, y in zip(path[::2], path[1::2], strict=True))
    elif kind == "rectangle":
        (left, top), (right, bottom) = _two_points(path, kind)
        yield Box(min(left, right), min(top, bottom), abs(right - left), abs(bottom - top))
    elif kind == "circle":
        (x, y), (beside_x, beside_y) = _two_points(path, kind)
        radius = hypot(beside_x - x, beside_y - y)
        yield Ellipse(x, y, radius, radius)
    else:
        raise _Broken("shape-unknown", "a type of shape that LabelMe 6 has", kind[:40])


def _path(points: object) -> Path:
    if not isinstance(points, list) or not points:
        raise _Broken("shape-broken", "points", type(points).__name__)
    for point in points:
        if not (isinstance(point, list) and len(point) == 2 and all(map(_is_number, point))):
            raise _Broken("shape-broken", "points of two numbers", str(point)[:40])
    return tuple(place for point in points for place in point)


def _is_number(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and -_MOST < found < _MOST


def _two_points(path: Path, kind: str) -> tuple[tuple[Number, Number], tuple[Number, Number]]:
    if len(path) != 4:
        raise _Broken("shape-broken", f"2 points for a {kind}", str(len(path) // 2))
    return path[:2], path[2:]


def _mask(
    row: Mapping[str, Any], path: Path, label: str, place: str, size: Size | None
) -> Iterator[Shape | Left]:
    """The pixels of a mask; where its image is not as large as its box, its first pixel is where the box begins."""
    (left, top), (right, bottom) = _two_points(path, "mask")
    corner = int(min(left, right)), int(min(top, bottom))
    if min(corner) < 0:
        raise _Broken("mask-broken", "a box in the picture", f"{left}, {top}")
    try:
        content = base64.b64decode(str(row.get("mask")), validate=True)
        mask, found = mask_of_png(content, *corner, size or _LARGEST)
    except (binascii.Error, ValueError) as error:
        raise _Broken("mask-broken", "a PNG", str(error)) from error
    wanted = Size(int(max(left, right)) - corner[0] + 1, int(max(top, bottom)) - corner[1] + 1)
    if found != wanted:
        sizes = f"{found.width} x {found.height} in a box of {wanted.width} x {wanted.height}"
        yield Left("shape-doubtful", place, label, "a mask as large as its box", sizes, objects=0)
    yield mask
