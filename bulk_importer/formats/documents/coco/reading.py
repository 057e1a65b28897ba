"""Reads a COCO file: its sections in one pass, then picture by picture, in the order of `images`.

Pure, but for the members that it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.documents.coco.annotations import annotation_of, class_of, origin_of
from bulk_importer.formats.documents.coco.classes import CocoClass, classes_of
from bulk_importer.formats.documents.coco.drawing import Drawer
from bulk_importer.formats.documents.coco.grouping import Group, Order, groups_in_order, groups_sorted
from bulk_importer.formats.documents.coco.pictures import Pictures, name_of, remarks_on, size_of
from bulk_importer.formats.documents.coco.rows import ImageRow, Kind, is_id
from bulk_importer.formats.documents.coco.sections import Document, Look, document_of
from bulk_importer.formats.documents.coco.stretches import OWNER, NotJson, row_of
from bulk_importer.formats.documents.coco.window import Window
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Annotation, Drawn, Left, Picture, Size

__all__ = ["read_document"]

_IMAGES = Kind(ImageRow)
_ROWS = Kind(dict[str, Any])
_PLAIN_SECTIONS = ("info", "licenses")


@dataclass(frozen=True, slots=True)
class _Source:
    """A file of the source, and what the first pass found in it."""

    members: Members
    path: str
    place: str
    document: Document
    pictures: Pictures
    classes: dict[int | str, CocoClass]
    drawer: Drawer


def read_document(members: Members, path: str, place: str, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures of a file, and what cannot be carried.

    Args:
        place: what stands before the origins of what is in it; empty where the source is this file alone.

    Raises:
        SourceUnreadable: it is no COCO file, or is cut off.
    """
    with ExitStack() as stack:
        source, order = _looked_at(members, path, place, stack.enter_context(members.open(path)))
        for key in source.document.others:
            if key not in _PLAIN_SECTIONS:
                yield Left("remark-left-out", place + key, key, "", f"a section {key}", 0)
        groups = _groups(source, order, choices, stack)
        yield from _pictures(source, groups, stack.enter_context(members.open(path)))


def _looked_at(members: Members, path: str, place: str, file: BinaryIO) -> tuple[_Source, Order]:
    name = members.name if len(members.paths) == 1 else f"{members.name}: {path}"
    pictures = Pictures()
    order = Order(pictures)
    categories: list[Any] = []
    looks = {
        "images": Look(_IMAGES, pictures.see),
        "annotations": Look(OWNER, order.see),
        "categories": Look(_ROWS, categories.extend),
    }
    document = document_of(Window(file, name), name, looks)
    for wanted in ("images", "annotations"):
        if wanted not in document.sections:
            raise SourceUnreadable(name, f'it is no COCO file: it has no section "{wanted}"', at_fault=True)
    if next(iter(each for each in document.sections if each != "categories")) == "annotations":
        # Nobody knew the pictures when the annotations went by.
        order = Order(pictures)
        for stretch in document.sections["annotations"].stretches(file):
            order.see(stretch.rows(OWNER))
            if not order.holds:
                break
    classes = classes_of(categories)
    return _Source(members, path, place, document, pictures, classes, Drawer(classes)), order


def _groups(source: _Source, order: Order, choices: Choices, stack: ExitStack) -> Iterator[Group]:
    file = stack.enter_context(source.members.open(source.path))
    section = source.document.sections["annotations"]
    if order.holds:
        return groups_in_order(file, section, source.pictures)
    scratch = stack.enter_context(choices.scratch(section.bytes))
    return groups_sorted(file, section, source.pictures, scratch)


def _pictures(source: _Source, groups: Iterator[Group], file: BinaryIO) -> Iterator[Picture | Left]:
    twice, seen = source.pictures.twice(), set[str]()
    waiting = next(groups, None)
    for ordinal, row in enumerate(_images(source, file)):
        mine: list[Group] = []
        while waiting is not None and waiting.ordinal <= ordinal:
            if waiting.ordinal < 0:
                yield from _strays(source, waiting)
            else:
                mine.append(waiting)
            waiting = next(groups, None)
        yield from _picture(source, row, ordinal, mine, twice, seen)
    while waiting is not None:
        yield from _strays(source, waiting)
        waiting = next(groups, None)


def _images(source: _Source, file: BinaryIO) -> Iterator[Any]:
    for stretch in source.document.sections["images"].stretches(file):
        yield from map(row_of, stretch.elements)


def _strays(source: _Source, group: Group) -> Iterator[Left]:
    """Annotations that belong to no picture."""
    for row in _rows(group):
        if not isinstance(row, dict):
            yield from _broken(source, row)
            continue
        label = class_of(row, source.classes).label
        image_id = row.get("image_id")
        found = f"image {image_id}" if is_id(image_id) else "none"
        if source.pictures.is_ambiguous(image_id):
            found += ", which several pictures have as their id"
        expected = "a picture that the file lists once"
        yield Left("picture-unknown", source.place + origin_of(row), label, expected, found)


def _broken(source: _Source, row: Any) -> Iterator[Left]:
    for each in annotation_of(row, source.classes, None):
        assert isinstance(each, Left)
        yield msgspec.structs.replace(each, origin=source.place + each.origin)


def _picture(
    source: _Source, row: Any, ordinal: int, groups: list[Group], twice: frozenset[int], seen: set[str]
) -> Iterator[Picture | Left]:
    origin = source.place + (f"image {row['id']}" if _has_id(row) else f"images[{ordinal}]")
    name = name_of(row.get("file_name"), row.get("coco_url")) if isinstance(row, dict) else None
    if name is None:
        found = f"no JSON: {row.reason}" if isinstance(row, NotJson) else "none"
        yield Left("annotation-broken", origin, "", "an image with file_name", found, 0)
        return
    if hash(name) in twice:
        if name in seen:
            yield Left("picture-twice", origin, "", "each picture once", name, 0)
        seen.add(name)
    yield from remarks_on(row, origin)
    size = size_of(row)
    annotations: list[Annotation | Drawn] = []
    for group in groups:
        for each in _put(source, group, size, annotations):
            yield msgspec.structs.replace(each, origin=f"{origin}, {each.origin}")
    yield Picture(name, origin, size, tuple(annotations))


def _put(
    source: _Source, group: Group, size: Size | None, annotations: list[Annotation | Drawn]
) -> Iterator[Left]:
    """Add the annotations of a group to those of its picture; what must be said of them is given back."""
    draw = source.drawer.on(size)
    for stretch, places in group.parts:
        usual = stretch.usual
        for at in places:
            drawn = None if usual is None else draw(usual[at])
            if drawn is not None:
                annotations.append(drawn)
                continue
            for each in annotation_of(row_of(stretch.elements[at]), source.classes, size):
                if isinstance(each, Left):
                    yield each
                else:
                    annotations.append(each)


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and is_id(row.get("id"))


def _rows(group: Group) -> Iterator[Any]:
    for stretch, places in group.parts:
        for at in places:
            yield row_of(stretch.elements[at])
