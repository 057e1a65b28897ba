"""Looks through a COCO file once, and cuts it into shares that can be read by themselves.

Pure, but for the members that it is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.documents.coco.classes import classes_of
from bulk_importer.formats.documents.coco.grouping import Order, Ranges, Run, runs_in_order
from bulk_importer.formats.documents.coco.pictures import Pictures, name_of
from bulk_importer.formats.documents.coco.reading import CocoGround, CocoShare
from bulk_importer.formats.documents.coco.repeated import AnnotationIds
from bulk_importer.formats.documents.coco.text.parts import Owners, Part, Passed, look_at, parts_of
from bulk_importer.formats.documents.coco.text.rows import ImageRow, Kind, OwnerRow
from bulk_importer.formats.documents.coco.text.sections import Document, Look, Section, document_of
from bulk_importer.formats.documents.coco.text.stretches import OWNER, Stretch
from bulk_importer.formats.documents.coco.text.window import Window
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left
from bulk_importer.formats.sharing import SORTING

__all__ = ["CocoPlan", "plan_of"]

_IMAGES = Kind(ImageRow)
_ROWS = Kind(dict[str, Any])
_PLAIN_SECTIONS = ("info", "licenses")


def plan_of(members: Members, path: str, place: str, choices: Choices) -> CocoPlan:
    """Look through a file.

    Args:
        place: what stands before the origins of what is in it; empty where the source is this file alone.

    Raises:
        SourceUnreadable: it is no COCO file, or is cut off.
    """
    name = members.name if len(members.paths) == 1 else f"{members.name}: {path}"
    pictures = Pictures()
    look = _FirstLook(members, path, pictures, choices)
    categories: list[Any] = []
    looks = {
        "images": Look(_IMAGES, pictures.see),
        "annotations": Look(OWNER, look.see, look.ahead),
        "categories": Look(_ROWS, categories.extend),
    }
    length = members.length(path)
    with members.open(path) as file, ExitStack() as stack:
        stack.callback(look.close)
        window = Window(file, name)
        document = document_of(
            window, name, looks, lambda: choices.passing(look.phase, window.offset, length)
        )
        for wanted in ("images", "annotations"):
            if wanted not in document.sections:
                raise SourceUnreadable(
                    name, f'it is no COCO file: it has no section "{wanted}"', at_fault=True
                )
        if next(iter(each for each in document.sections if each != "categories")) == "annotations":
            # Nobody knew the pictures when the annotations went by.
            look.order = _order_of(file, document.sections["annotations"], pictures)
        stack.pop_all()
    ground = CocoGround(place, classes_of(categories), pictures.ambiguous())
    return CocoPlan(ground, members, path, choices, document, pictures, look, look.ids.remark())


class _FirstLook:
    """What is seen of the annotations of a file when it is passed for the first time.

    Where they are in no order, and the pictures are known, they are put into that of the pictures at once.

    Attributes:
        order: whether they are in the order of the pictures.
        ids: their own.
        ranges: those that were put into order; None where none was.
        sorted: how many stretches these are.
    """

    def __init__(self, members: Members, path: str, pictures: Pictures, choices: Choices) -> None:
        # `order` and `ids` are changed by `see` and `ahead`, `ranges` and `sorted` by `ahead` alone.
        self.order = Order(pictures)
        self.ids = AnnotationIds()
        self.ranges: Ranges | None = None
        self.sorted = 0
        self._members = members
        self._path = path
        self._pictures = pictures
        self._choices = choices

    @property
    def phase(self) -> str:
        """What is being done, for people."""
        return "looking through" if self.ranges is None else SORTING

    def close(self) -> None:
        """Give back what was put into order."""
        if self.ranges is not None:
            self.ranges.close()

    def see(self, rows: list[OwnerRow | None]) -> None:
        """Look at the annotations of the next stretch."""
        self._see(Owners.of(rows))

    def ahead(self, section: Section, start: int) -> Iterator[Section]:
        """Have parts looked at side by side, where that can be."""
        spread = self._choices.spread
        if spread is None:
            return
        length = self._members.length(self._path)
        with self._members.open(self._path) as file:
            if not self.order.holds:
                self.ranges = Ranges(self._choices.scratch(length - start), self._pictures, length - start)
                self._sort(self.ranges, section.stretches(file))
            rest = Part(self._path, start, length, section.joint, self.ranges is not None)
            for passed in spread(look_at, parts_of(file, rest)):
                if passed is None:
                    return
                for each in passed.owners:
                    self._see(each)
                if self.ranges is not None:
                    self._sort_passed(self.ranges, passed, file)
                yield passed.section

    def _see(self, owners: Owners) -> None:
        self.order.see(owners.image_ids)
        self.ids.see(owners.ids)

    def _sort(self, ranges: Ranges, stretches: Iterator[Stretch]) -> None:
        for stretch in stretches:
            ranges.add(stretch.elements, stretch.image_ids)
            self.sorted += 1

    def _sort_passed(self, ranges: Ranges, passed: Passed, file: BinaryIO) -> None:
        # The texts are read once more instead of sent: whoever waits to receive much also waits for who sorts.
        stretches = passed.section.stretches(file)
        for stretch, owners, frames in zip(stretches, passed.owners, passed.frames, strict=True):
            ranges.add(frames.cut(stretch.text), owners.image_ids)
            self.sorted += 1


def _order_of(file: BinaryIO, section: Section, pictures: Pictures) -> Order:
    order = Order(pictures)
    for stretch in section.stretches(file):
        order.see(stretch.image_ids)
        if not order.holds:
            break
    return order


@dataclass(frozen=True, slots=True)
class CocoPlan:
    """A file, and what the first look at it found.

    Attributes:
        repeated: that ids of annotations are there more than once, for people; empty where none is.
    """

    ground: CocoGround
    members: Members
    path: str
    choices: Choices
    document: Document
    pictures: Pictures
    look: _FirstLook
    repeated: str
    unit = "bytes"

    @property
    def weight(self) -> int:
        """The bytes of pictures and annotations."""
        return self._images.bytes + self._annotations.bytes

    def shares(self) -> Iterator[CocoShare | Left]:
        """The shares in the order of `images`. Raises as the file does while it is read."""
        for key in self.document.others:
            if key not in _PLAIN_SECTIONS:
                yield Left("remark-left-out", self.ground.place + key, key, "", f"a section {key}", 0)
        if self.repeated:
            where = f"{self.ground.place}annotations"
            yield Left("annotation-id-twice", where, "", "an id for each annotation", self.repeated, 0)
        with ExitStack() as stack:
            rows = _ImageTexts(self._images, stack.enter_context(self.members.open(self.path)), self.pictures)
            for run in self._runs(stack.enter_context(self.members.open(self.path)), stack):
                images, repeated = rows.take(run.stop - run.first)
                yield CocoShare(run.first, images, b",".join(run.texts), repeated)

    def finish(self, noted: Collection[str]) -> None:
        """Nothing shows only at the end."""

    @property
    def _images(self) -> Section:
        return self.document.sections["images"]

    @property
    def _annotations(self) -> Section:
        return self.document.sections["annotations"]

    def _runs(self, file: BinaryIO, stack: ExitStack) -> Iterator[Run]:
        if self.look.order.holds:
            return runs_in_order(file, self._annotations, self.pictures, self.look.order)
        expected, first = self._annotations.bytes, self.look.sorted
        ranges = self.look.ranges or Ranges(self.choices.scratch(expected), self.pictures, expected)
        stack.callback(ranges.close)
        stretches = self._annotations.stretches(file, first)
        length = self.members.length(self.path)
        for start, stretch in zip(self._annotations.starts[first:], stretches, strict=True):
            self.choices.passing(SORTING, start, length)
            ranges.add(stretch.elements, stretch.image_ids)
        return ranges.runs()


class _ImageTexts:
    """The texts of the images, one after the other, and which of them have names that were there before."""

    def __init__(self, section: Section, file: BinaryIO, pictures: Pictures) -> None:
        # `_at` and `_seen` are changed by `take` alone.
        self._at = 0
        self._seen: set[str] = set()
        self._twice = pictures.twice()
        self._texts = (text for stretch in section.stretches(file) for text in stretch.elements)

    def take(self, count: int) -> tuple[bytes, tuple[int, ...]]:
        """The next images with the commas between them, and the places of those whose name was there before."""
        texts = list(islice(self._texts, count))
        repeated = tuple(self._repeated(texts)) if self._twice else ()
        self._at += len(texts)
        return b",".join(texts), repeated

    def _repeated(self, texts: list[msgspec.Raw] | list[bytes]) -> Iterator[int]:
        for at, text in enumerate(texts, self._at):
            row = _IMAGES.one(text)
            name = None if row is None else name_of(row.file_name, row.coco_url)
            if name is None or hash(name) not in self._twice:
                continue
            if name in self._seen:
                yield at
            self._seen.add(name)
