"""Brings the annotations of a COCO file into the order of its pictures.

Pure, but for the files that it reads and writes. Where the annotations of the pictures follow each other in the order
of the pictures, they are read as they stand. Otherwise they are written to a scratch file first, by ranges of pictures,
and brought into order one range at a time; so the memory needed is that of a range, however large the file.

Memory: `_BUFFER_BYTES` of annotations that wait to be written, then `_MOST_BYTES` that are read back at once, or those
of one picture, if they are more.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import msgspec

from bulk_importer.formats.documents.coco.pictures import Pictures
from bulk_importer.formats.documents.coco.rows import OwnerRow
from bulk_importer.formats.documents.coco.sections import Section
from bulk_importer.formats.documents.coco.stretches import OWNER, Stretch

__all__ = ["Group", "Order", "groups_in_order", "groups_sorted"]

_RANGES = 1024
_BUFFER_BYTES = 16 << 20
_MOST_BYTES = 8 << 20


class Group(msgspec.Struct, frozen=True):
    """Annotations of one picture that follow each other in the file.

    Attributes:
        ordinal: the place of the picture in the order; below 0 where there is none.
        parts: stretches, with the places of the annotations in each.
    """

    ordinal: int
    parts: list[tuple[Stretch, Sequence[int]]]


class Order:
    """Whether the annotations of a file follow the order of its pictures."""

    def __init__(self, pictures: Pictures) -> None:
        # Changed by `see` alone.
        self.holds = True
        self._pictures = pictures
        self._id: object = None
        self._last = -1

    def see(self, owners: list[OwnerRow | None]) -> None:
        """Look at the next annotations."""
        if not self.holds:
            return
        before = self._id
        for owner in owners:
            if owner is None or owner.image_id == before:
                continue
            before = owner.image_id
            ordinal = self._pictures.ordinal(before)
            if ordinal < 0:
                continue
            if ordinal < self._last:
                self.holds = False
                return
            self._last = ordinal
        self._id = before


def groups_in_order(file: BinaryIO, section: Section, pictures: Pictures) -> Iterator[Group]:
    """The annotations of a file in which `Order` holds; a picture may have several groups, one behind the other."""
    for stretch in section.stretches(file):
        yield from _runs(stretch, pictures)


def groups_sorted(file: BinaryIO, section: Section, pictures: Pictures, scratch: BinaryIO) -> Iterator[Group]:
    """The annotations of any file, those of each picture in the order in which they stand; those of none come first."""
    ranges = _Ranges(scratch, pictures.count)
    for stretch in section.stretches(file):
        elements = stretch.elements
        for at, owner in enumerate(stretch.rows(OWNER)):
            ordinal = -1 if owner is None else pictures.ordinal(owner.image_id)
            if ordinal < 0:
                yield Group(ordinal, [(stretch, (at,))])
            else:
                ranges.add(ordinal, elements[at])
    for stretch in ranges.stretches(pictures):
        yield from _sorted(stretch, pictures)


def _runs(stretch: Stretch, pictures: Pictures) -> Iterator[Group]:
    owners = stretch.owners
    begin, before = 0, object()
    for at, owner in enumerate(owners):
        image_id = None if owner is None else owner.image_id
        if image_id != before:
            if begin < at:
                yield Group(pictures.ordinal(before), [(stretch, range(begin, at))])
            begin, before = at, image_id
    if begin < len(owners):
        yield Group(pictures.ordinal(before), [(stretch, range(begin, len(owners)))])


def _sorted(stretch: Stretch, pictures: Pictures) -> Iterator[Group]:
    found: dict[int, list[int]] = {}
    for at, owner in enumerate(stretch.owners):
        found.setdefault(pictures.ordinal(owner.image_id), []).append(at)
    for ordinal in sorted(found):
        yield Group(ordinal, [(stretch, found[ordinal])])


class _Ranges:
    """Annotations by ranges of pictures, in a scratch file: blocks, each of one range."""

    def __init__(self, scratch: BinaryIO, pictures: int) -> None:
        # Changed by `add` and `_flush`.
        self._width = -(-max(pictures, 1) // _RANGES)
        self._waiting: list[list[bytes | msgspec.Raw]] = [[] for _ in range(_RANGES)]
        self._blocks = [array("q") for _ in range(_RANGES)]  # offset and length of each block
        self._scratch = scratch
        self._bytes = 0
        self._end = 0

    def add(self, ordinal: int, text: bytes | msgspec.Raw) -> None:
        """Put an annotation of a picture behind those that it has."""
        self._waiting[ordinal // self._width].append(text)
        self._bytes += len(text)
        if self._bytes >= _BUFFER_BYTES:
            self._flush()

    def stretches(self, pictures: Pictures) -> Iterator[Stretch]:
        """All annotations, by ascending ranges; those of one picture are in one stretch."""
        self._flush()
        held: list[bytes] = []
        for blocks in self._blocks:
            mine = sum(blocks[1::2])
            if held and sum(map(len, held)) + mine > _MOST_BYTES:
                yield Stretch(b",".join(held))
                held = []
            if mine > _MOST_BYTES:
                yield from self._taken_apart(blocks, pictures)
            elif mine:
                held += self._read(blocks)
        if held:
            yield Stretch(b",".join(held))

    def _taken_apart(self, blocks: array[int], pictures: Pictures) -> Iterator[Stretch]:
        """A range that is too large to be held, in pieces; it is read again for each."""
        lengths: dict[int, int] = {}
        for ordinal, text in self._elements(blocks, pictures):
            lengths[ordinal] = lengths.get(ordinal, 0) + len(text)
        wanted, total = set[int](), 0
        for ordinal in sorted(lengths):
            if wanted and total + lengths[ordinal] > _MOST_BYTES:
                yield self._picked(blocks, pictures, wanted)
                wanted, total = set(), 0
            wanted.add(ordinal)
            total += lengths[ordinal]
        if wanted:
            yield self._picked(blocks, pictures, wanted)

    def _picked(self, blocks: array[int], pictures: Pictures, wanted: set[int]) -> Stretch:
        found = (text for ordinal, text in self._elements(blocks, pictures) if ordinal in wanted)
        return Stretch(b",".join(found))

    def _elements(self, blocks: array[int], pictures: Pictures) -> Iterator[tuple[int, msgspec.Raw | bytes]]:
        for text in self._read(blocks):
            stretch = Stretch(text)
            for owner, each in zip(stretch.rows(OWNER), stretch.elements, strict=True):
                yield pictures.ordinal(owner.image_id), each

    def _read(self, blocks: array[int]) -> Iterator[bytes]:
        for offset, length in zip(blocks[::2], blocks[1::2], strict=True):
            self._scratch.seek(offset)
            yield self._scratch.read(length)

    def _flush(self) -> None:
        self._scratch.seek(self._end)
        for at, texts in enumerate(self._waiting):
            if texts:
                block = b",".join(texts)
                self._scratch.write(block)
                self._blocks[at].extend((self._end, len(block)))
                self._end += len(block)
                self._waiting[at] = []
        self._bytes = 0
