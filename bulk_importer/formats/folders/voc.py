"""Pascal VOC: an XML file for each picture, in folders as tools arrange them.

Nothing in a file says whether it counts pixels from 0, with the edges of a box between them (CVAT, Datumaro, Label
Studio, FiftyOne, pylabel), or from 1, with the last pixel inside (the original, supervision); a person says so, and it
is reported. Lists in `ImageSets/Main` name pictures, and in files of the name of a class which of them have it: where
no object of the picture does, it is said of the picture as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from posixpath import basename, splitext
from xml.etree.ElementTree import Element

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.members import Members, is_picture, lines_of
from bulk_importer.formats.model import (
    Annotation,
    Answer,
    Box,
    Left,
    Path,
    Picture,
    Polygon,
    Shape,
    Tag,
)
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.digits import size_in_digits
from bulk_importer.formats.xml_rows import element_of, root_of

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8
_MARKS = (b"<bndbox>", b"<segmented>", b"<size>")
_OTHER_MARKS = (b"<imagesize>", b"<sourceImage>")
"""Of the XML that the LabelMe of the web writes below the same root."""
_FLAGS = ("truncated", "difficult", "occluded")
_UNSET = frozenset({"", "0", "false", "unspecified"})
"""What tools write for a flag that is not set, in lower case; FiftyOne writes Python's words."""
_PLAIN = frozenset({*_FLAGS, "name", "bndbox", "polygon", "part", "pose", "attributes", "actions"})
"""What an object has, all else that it holds is said of it: FiftyOne writes attributes so."""
_TOLERANCE = 1.5
"""Pixels by which an outline and its box may differ: one of them may count the last pixel, and the other not."""


def recognises(members: Members) -> bool:
    """Whether one of its first XML files is of VOC."""
    files = (path for path in members.paths if path.endswith(".xml"))
    return any(_is_ours(members.head(path)) for path in islice(files, _FILES_LOOKED_AT))


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, ascending by the names of their files; then those that are on a list alone."""
    files = [path for path in members.paths if path.endswith(".xml")]
    if not files:
        raise SourceUnreadable(
            members.name, "there is no XML file in it, as Pascal VOC has one for each picture"
        )
    chosen = f"--voc-origin {choices.voc_origin}"
    yield Left("origin-chosen", members.name, chosen, "0 or 1", chosen, objects=0)
    yield from _passed_over(members)
    listed = _listed(members)
    of_files = (_file(members, path, listed.pop(_stem(path), ()), choices) for path in files)
    yield from with_repeats(each for one in of_files for each in one)
    for stem, labels in sorted(listed.items()):
        tags = tuple(Tag(label, "ImageSets") for label in labels)
        yield Picture(stem, f"ImageSets, {stem}", choices.sizes(stem), (), tags, is_stem=True)


def _is_ours(head: bytes) -> bool:
    has_marks = any(mark in head for mark in _MARKS) and not any(mark in head for mark in _OTHER_MARKS)
    return root_of(head) == "annotation" and has_marks


def _stem(path: str) -> str:
    """The name of a picture as lists have it: below the folder of the files, without its ending."""
    name = splitext(path)[0]
    _, is_below, rest = name.rpartition("Annotations/")
    return rest if is_below else name


def _passed_over(members: Members) -> Iterator[Left]:
    for path in members.paths:
        if "SegmentationClass/" in path:
            yield Left("shape-unknown", path, "", "boxes and outlines", "masks as a picture", objects=0)
        elif not (path.endswith(".xml") or is_picture(path) or "ImageSets/Main/" in path):
            yield Left("member-passed-over", path, "", "XML files", "another kind of file", objects=0)


def _listed(members: Members) -> dict[str, tuple[str, ...]]:
    """The pictures on lists, with the classes that lists say they have."""
    found: dict[str, tuple[str, ...]] = {}
    for path in members.paths:
        if "ImageSets/Main/" not in path:
            continue
        label = splitext(basename(path))[0].rpartition("_")[0]
        for line in lines_of(members.read(path).decode("utf-8-sig", "replace")):
            name, _, has_it = line.strip().rpartition(" ")
            if label and has_it == "1" and name:
                stem = name.strip().strip('"')
                found[stem] = (*found.get(stem, ()), label)
            elif not label and line.strip():
                found.setdefault(line.strip().strip('"'), ())
    return found


def _file(members: Members, path: str, listed: tuple[str, ...], choices: Choices) -> Iterator[Picture | Left]:
    place = f"{members.name}: {path}" if len(members.paths) > 1 else members.name
    try:
        root = element_of(members.read(path), place)
    except SourceUnreadable as error:
        yield Left("member-unread", path, "", "XML of one picture", error.reason, objects=0)
        return
    if root.tag != "annotation":
        yield Left("member-unread", path, "", "annotation as its root", root.tag, objects=0)
        return
    annotations: list[Annotation] = []
    for at, each in enumerate(root.iterfind("object")):
        for found in _object(each, f"object {at}", choices.voc_origin):
            if isinstance(found, Left):
                origin = f"{path}, {found.origin}"
                yield Left(found.code, origin, found.label, found.expected, found.found, found.objects)
            else:
                annotations.append(found)
    labels = {each.label for each in annotations}
    tags = tuple(Tag(label, "ImageSets") for label in dict.fromkeys(listed) if label not in labels)
    name = _text(root, "filename")
    size = size_in_digits(_text(root, "size/width"), _text(root, "size/height"))
    size = size or choices.sizes(name or _stem(path))
    yield Picture(name or _stem(path), path, size, tuple(annotations), tags, is_stem=not is_picture(name))


def _object(element: Element, place: str, origin: int) -> Iterator[Annotation | Left]:
    label = _text(element, "name")
    parts: list[Annotation] = []
    for at, part in enumerate(element.iterfind("part")):
        for found in _object(part, f"{place}, part {at}", origin):
            if isinstance(found, Left):
                yield found
            else:
                parts.append(found)
    said = _said(element)
    try:
        if not label:
            raise _Broken("annotation-broken", "a name", "none")
        box = _box(element, origin)
        outlines = tuple(_outline(each, origin) for each in element.iterfind("polygon"))
        shape: Shape = box
        if outlines:
            shape = Polygon(outlines)
            if (beside := _beside(sum(outlines, ()), box)) > _TOLERANCE:
                found_at = f"{beside:g} pixels from its outline"
                yield Left("shape-doubtful", place, label, "a box around the outline", found_at, objects=0)
        elif "rotation" in said:
            degrees = nearest_double(decimal_of("".join(said.pop("rotation").values)))
            shape = Box(box.left, box.top, box.width, box.height, degrees)
    except (_Broken, ValueError) as error:
        broken = error if isinstance(error, _Broken) else _Broken("shape-broken", "a number", str(error))
        yield Left(broken.code, place, label, broken.expected, broken.found)
        yield from parts
        return
    yield Annotation(label, shape, place, said, within=tuple(parts))
    others = [each.tag for each in element if each.tag not in _PLAIN and len(each)]
    others += ["another bndbox"] * (len(element.findall("bndbox")) - 1)
    if others:
        yield Left("remark-left-out", place, label, "labels", ", ".join(others), objects=0)


def _said(element: Element) -> dict[str, Answer]:
    """What is said of an object: flags that are set, pose, attributes as CVAT and FiftyOne write them, and actions."""
    said = {flag: Answer(("true",)) for flag in _FLAGS if _text(element, flag).lower() not in _UNSET}
    for each in element:
        if each.tag not in _PLAIN and not len(each) and (text := (each.text or "").strip()):
            said[each.tag] = Answer((text,))
    pose = _text(element, "pose")
    if pose and pose != "Unspecified":
        said["pose"] = Answer((pose,))
    for attribute in element.iterfind("attributes/attribute"):
        if value := _text(attribute, "value"):
            said[_text(attribute, "name")] = Answer((value,))
    actions = tuple(each.tag for each in element.iterfind("actions/*") if (each.text or "").strip() == "1")
    return {**said, "actions": Answer(actions)} if actions else said


class _Broken(Exception):
    """An object that cannot be carried."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found


def _box(element: Element, origin: int) -> Box:
    found = element.find("bndbox")
    if found is None:
        raise _Broken("shape-unknown", "bndbox", _text(element, "type") or "none")
    left, top, right, bottom = (_number(found, key) for key in ("xmin", "ymin", "xmax", "ymax"))
    left, top = (
        EXACT.subtract(left, origin),
        EXACT.subtract(top, origin),
    )  # the last pixel ends at its number, then
    return Box(
        nearest_double(left),
        nearest_double(top),
        nearest_double(EXACT.subtract(right, left)),
        nearest_double(EXACT.subtract(bottom, top)),
    )


def _outline(polygon: Element, origin: int) -> Path:
    """The corners, which are numbered: x1, y1, x2, y2, ..."""
    path: list[int | float] = []
    for at in range(1, len(polygon) // 2 + 1):
        path += (nearest_double(EXACT.subtract(_number(polygon, f"{axis}{at}"), origin)) for axis in "xy")
    if len(path) != len(polygon):
        raise _Broken("shape-broken", "an x and a y for each corner", f"{len(polygon)} numbers")
    return tuple(path)


def _beside(path: Path, box: Box) -> float:
    """By how many pixels the outline reaches beyond its box, or does not reach its edges."""
    if not path:
        return 0
    across, down = path[::2], path[1::2]
    return max(
        abs(min(across) - box.left),
        abs(max(across) - box.left - box.width),
        abs(min(down) - box.top),
        abs(max(down) - box.top - box.height),
    )


def _number(element: Element, key: str) -> Decimal:
    text = _text(element, key)
    try:
        return decimal_of(text)
    except ValueError as error:
        raise _Broken("shape-broken", f"a number for {key}", text[:40] or "none") from error


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
