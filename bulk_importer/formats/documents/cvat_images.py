"""CVAT for images 1.1: `annotations.xml`, by itself or in the zip as it is downloaded.

An `image` element has the objects of one picture. Boxes and ellipses are turned clockwise about their centre. A mask is
run lengths, row by row, in a frame of its own. Points are one object with several places; a skeleton has a point for
each of its joints, of which those with `outside="1"` are absent. A tag is about the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from xml.etree.ElementTree import Element

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Ellipse,
    Keypoint,
    Left,
    Mask,
    Path,
    Picture,
    Point,
    Polygon,
    Polyline,
    Shape,
    Size,
    Tag,
)
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.shapes.masks import mask_of_counts
from bulk_importer.formats.values.digits import size_in_digits
from bulk_importer.formats.xml_rows import elements_of, root_of

__all__ = ["read", "recognises"]


def recognises(members: Members) -> bool:
    """Whether it has a file of annotations of version 1.1, which may hold images or tracks."""
    return any(_is_ours(members, path) for path in members.paths)


def read(members: Members, _: Choices) -> Iterator[Picture | Left]:
    """The pictures of each file of annotations, in its order."""
    found = [path for path in members.paths if _is_ours(members, path)]
    if not found:
        raise SourceUnreadable(members.name, "there is no annotations.xml of CVAT in it")
    for path in members.paths:
        if path not in found and not is_picture(path):
            yield Left("member-passed-over", path, "", "annotations.xml", "another kind of file", objects=0)
    fronts = {path: f"{path}, " if len(members.paths) > 1 else "" for path in found}
    yield from with_repeats(each for path in found for each in _file(members, path, fronts[path]))


def _is_ours(members: Members, path: str) -> bool:
    if len(members.paths) > 1 and not path.endswith(".xml"):
        return False
    head = members.head(path)
    return root_of(head) == "annotations" and (b"<version>1.1" in head or b"<image " in head)


def _file(members: Members, path: str, front: str) -> Iterator[Picture | Left]:
    place = f"{members.name}: {path}" if front else members.name
    pictures = tracks = 0
    with members.open(path) as file:
        for element in elements_of(file, place):
            if element.tag == "image":
                pictures += 1
                yield from _picture(element, f"{front}image {element.get('id', pictures - 1)}")
            elif element.tag == "track":
                tracks += 1
                origin = f"{front}track {element.get('id', tracks - 1)}"
                yield Left(
                    "shape-unknown", origin, element.get("label", ""), "an object in an image", "a track"
                )
    if tracks and not pictures:
        raise SourceUnreadable(
            place,
            "it holds tracks of a video (CVAT for video 1.1)",
            advice="Export the task as CVAT for images 1.1, which has the objects of each frame.",
        )


def _picture(image: Element, origin: str) -> Iterator[Picture | Left]:
    name = image.get("name")
    if not name:
        for at, each in enumerate(image):
            place = f"{origin}, {each.tag} {at}"
            yield Left("annotation-broken", place, each.get("label", ""), "an image with a name", "none")
        return
    annotations: list[Annotation] = []
    tags: list[Tag] = []
    for at, each in enumerate(image):
        place = f"{each.tag} {at}"
        for found in _tags(each, place) if each.tag == "tag" else _object(each, place):
            if isinstance(found, Left):
                yield Left(
                    found.code, f"{origin}, {place}", found.label, found.expected, found.found, found.objects
                )
            elif isinstance(found, Tag):
                tags.append(found)
            else:
                annotations.append(found)
    size = size_in_digits(image.get("width", ""), image.get("height", ""))
    yield Picture(name, origin, size, tuple(annotations), tuple(tags))


def _tags(element: Element, place: str) -> Iterator[Tag]:
    """A label of the picture, and what its attributes say."""
    yield Tag(element.get("label", ""), place)
    for name, answer in _attributes(element).items():
        yield Tag(name, place, answer)


def _object(element: Element, place: str) -> Iterator[Annotation | Left]:
    label = element.get("label")
    try:
        if not label:
            raise _Broken("annotation-broken", "a label", "none")
        if element.tag == "skeleton":
            yield from _skeleton(element, label, place)
        else:
            for shape in _shapes(element):
                yield Annotation(label, shape, place, _attributes(element))
    except _Broken as broken:
        yield Left(broken.code, place, label or "", broken.expected, broken.found)
        return
    beside = [f"{name} {each}" for name in ("group_id", "z_order") if (each := element.get(name, "0")) != "0"]
    if beside:
        yield Left("remark-left-out", place, label, "labels", ", ".join(beside), objects=0)


def _skeleton(element: Element, label: str, place: str) -> Iterator[Annotation | Left]:
    """The joints that are there. It has no shape of its own, so that what is said of it has no place."""
    joints = [each for each in element if each.tag == "points" and each.get("outside") != "1"]
    keypoints = []
    for each in joints:
        corners = _path(each)
        if len(corners) != 2:
            raise _Broken("shape-broken", "one place for a joint", f"{len(corners) // 2}")
        keypoints.append(Keypoint(each.get("label", ""), *corners))
    if not keypoints:
        raise _Broken("shape-broken", "a joint that is in the picture", "none")
    yield Annotation(label, None, place, keypoints=tuple(keypoints))
    for each in (element, *joints):
        for name in _attributes(each):
            about = f"{each.get('label', '')}.{name}"
            yield Left("remark-left-out", place, about, "labels", "an attribute of a skeleton", objects=0)


def _attributes(element: Element) -> dict[str, Answer]:
    """What people have said of an object, and that it is occluded where it is."""
    found = {
        each.get("name", ""): Answer((each.text,))
        for each in element
        if each.tag == "attribute" and each.text
    }
    return {**found, "occluded": Answer(("true",))} if element.get("occluded") == "1" else found


class _Broken(Exception):
    """An object that cannot be carried."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found


def _shapes(element: Element) -> Iterator[Shape]:
    make = _FORMS.get(element.tag)
    if make is None:
        raise _Broken("shape-unknown", ", ".join(_FORMS), element.tag)
    yield from make(element)


def _box(element: Element) -> Iterator[Shape]:
    left, top, right, bottom = (_number(element, key) for key in ("xtl", "ytl", "xbr", "ybr"))
    yield Box(
        nearest_double(left),
        nearest_double(top),
        nearest_double(EXACT.subtract(right, left)),
        nearest_double(EXACT.subtract(bottom, top)),
        nearest_double(_number(element, "rotation", "0")),
    )


def _ellipse(element: Element) -> Iterator[Shape]:
    keys = ("cx", "cy", "rx", "ry")
    x, y, across, down = (nearest_double(_number(element, key)) for key in keys)
    yield Ellipse(x, y, across, down, nearest_double(_number(element, "rotation", "0")))


def _polygon(element: Element) -> Iterator[Shape]:
    yield Polygon((_path(element),))


def _polyline(element: Element) -> Iterator[Shape]:
    yield Polyline(_path(element))


def _points(element: Element) -> Iterator[Shape]:
    path = _path(element)
    for x, y in zip(path[::2], path[1::2], strict=True):
        yield Point(x, y)


def _mask(element: Element) -> Iterator[Shape]:
    left, top, width, height = (int(_number(element, key)) for key in ("left", "top", "width", "height"))
    try:
        counts = [int(each) for each in element.get("rle", "").split(",")]
        mask = mask_of_counts(counts, Size(width, height), by_columns=False)
    except ValueError as error:
        raise _Broken("mask-broken", f"run lengths of {width} x {height} pixels", str(error)) from error
    if left < 0 or top < 0:
        raise _Broken("mask-broken", "a frame in the picture", f"{left}, {top}")
    lines = tuple(
        (line + top, tuple((start + left, stop + left) for start, stop in runs)) for line, runs in mask.lines
    )
    yield Mask(lines, by_columns=False)


_FORMS: Mapping[str, Callable[[Element], Iterator[Shape]]] = {
    "box": _box,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "polyline": _polyline,
    "points": _points,
    "mask": _mask,
}


def _path(element: Element) -> Path:
    found: list[int | float] = []
    for point in element.get("points", "").split(";"):
        places = point.split(",")
        if len(places) != 2:
            raise _Broken("shape-broken", "points as x,y;x,y", point[:40])
        try:
            found += (nearest_double(decimal_of(place)) for place in places)
        except ValueError as error:
            raise _Broken("shape-broken", "points as x,y;x,y", point[:40]) from error
    return tuple(found)


def _number(element: Element, key: str, otherwise: str = "") -> Decimal:
    text = element.get(key, otherwise)
    try:
        return decimal_of(text)
    except ValueError as error:
        raise _Broken("shape-broken", f"a number for {key}", text[:40] or "none") from error
