"""Reads a share of a COCO file: some of its pictures, with all of their annotations.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.documents.coco.annotations import annotation_of, class_of, origin_of
from bulk_importer.formats.documents.coco.classes import CocoClass
from bulk_importer.formats.documents.coco.drawing import Drawer
from bulk_importer.formats.documents.coco.pictures import name_of, remarks_on, size_of
from bulk_importer.formats.documents.coco.text.rows import is_id
from bulk_importer.formats.documents.coco.text.stretches import OWNER, NotJson, Stretch, row_of
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Annotation, Drawn, Left, Picture, Size

__all__ = ["CocoGround", "CocoShare"]

_STRAY = -1


@dataclass(frozen=True)
class CocoGround:
    """What all shares of a file are read by.

    Attributes:
        place: what stands before the origins of what is in it.
        ambiguous: ids that pictures of different names have.
    """

    place: str
    classes: dict[int | str, CocoClass]
    ambiguous: frozenset[int | str]

    @cached_property
    def drawer(self) -> Drawer:
        """What draws annotations of these classes."""
        return Drawer(self.classes)


class CocoShare(msgspec.Struct, frozen=True):
    """Images that follow each other, and annotations of them, or of none.

    Attributes:
        first: the place of the first image in the file.
        images, annotations: their texts, with commas between them.
        repeated: places of those images whose names were there before.
    """

    first: int
    images: bytes
    annotations: bytes
    repeated: tuple[int, ...]

    @property
    def weight(self) -> int:
        """The bytes of its texts."""
        return len(self.images) + len(self.annotations)

    def read(
        self, ground: CocoGround, _: Members, choices: Choices, __: Callable[[str], None]
    ) -> Iterator[Picture | Left]:
        """Its pictures, behind what is said of annotations that belong to none."""
        return _Reading(self, ground, choices).pictures()


class _Reading:
    """One share while it is read."""

    def __init__(self, share: CocoShare, ground: CocoGround, choices: Choices) -> None:
        self._share = share
        self._ground = ground
        self._choices = choices
        self._annotations = Stretch(share.annotations)
        self._images = list(map(row_of, Stretch(share.images).elements))

    def pictures(self) -> Iterator[Picture | Left]:
        places = self._places()
        yield from self._strays(places.pop(_STRAY, ()))
        for at, row in enumerate(self._images):
            yield from self._picture(row, self._share.first + at, places.get(at, ()))

    def _places(self) -> dict[int, list[int]]:
        """Where the annotations of each image stand."""
        index = self._index()
        found: dict[int, list[int]] = {}
        before, mine = object(), list[int]()
        for at, row in enumerate(self._annotations.usual):
            owner = OWNER.one(self._annotations.elements[at]) if row is None else row
            image_id = None if owner is None else owner.image_id
            if image_id != before or type(image_id) is not type(before):
                before = image_id
                image = index.get(image_id, _STRAY) if is_id(image_id) else _STRAY
                mine = found.setdefault(image, [])
            mine.append(at)
        return found

    def _index(self) -> dict[int | str, int]:
        index: dict[int | str, int] = {}
        for at, row in enumerate(self._images):
            if _name_of(row) is not None and _has_id(row) and row["id"] not in self._ground.ambiguous:
                index.setdefault(row["id"], at)
        return index

    def _strays(self, places: Sequence[int]) -> Iterator[Left]:
        """What is said of annotations that belong to no picture."""
        for at in places:
            row = row_of(self._annotations.elements[at])
            if not isinstance(row, dict):
                for each in annotation_of(row, self._ground.classes, None):
                    assert isinstance(each, Left)
                    yield msgspec.structs.replace(each, origin=self._ground.place + each.origin)
                continue
            label = class_of(row, self._ground.classes).label
            image_id = row.get("image_id")
            found = f"image {image_id}" if is_id(image_id) else "none"
            if is_id(image_id) and image_id in self._ground.ambiguous:
                found += ", which several pictures have as their id"
            expected = "a picture that the file lists once"
            yield Left("picture-unknown", self._ground.place + origin_of(row), label, expected, found)

    def _picture(self, row: Any, ordinal: int, places: Sequence[int]) -> Iterator[Picture | Left]:
        origin = self._ground.place + (f"image {row['id']}" if _has_id(row) else f"images[{ordinal}]")
        name = _name_of(row)
        if name is None:
            found = f"no JSON: {row.reason}" if isinstance(row, NotJson) else "none"
            yield Left("annotation-broken", origin, "", "an image with file_name", found, 0)
            return
        if ordinal in self._share.repeated:
            yield Left("picture-twice", origin, "", "each picture once", name, 0)
        yield from remarks_on(row, origin)
        size = size_of(row) or self._choices.sizes(name)
        annotations: list[Annotation | Drawn] = []
        for each in self._put(places, size, annotations):
            yield msgspec.structs.replace(each, origin=f"{origin}, {each.origin}")
        yield Picture(name, origin, size, tuple(annotations))

    def _put(
        self, places: Sequence[int], size: Size | None, annotations: list[Annotation | Drawn]
    ) -> Iterator[Left]:
        """Add annotations to those of their picture; what must be said of them is given back."""
        draw, usual = self._ground.drawer.on(size), self._annotations.usual
        for at in places:
            row = usual[at]
            if row is not None and (drawn := draw(row)) is not None:
                annotations.append(drawn)
                continue
            for each in annotation_of(row_of(self._annotations.elements[at]), self._ground.classes, size):
                if isinstance(each, Left):
                    yield each
                else:
                    annotations.append(each)


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and is_id(row.get("id"))


def _name_of(row: Any) -> str | None:
    return name_of(row.get("file_name"), row.get("coco_url")) if isinstance(row, dict) else None
