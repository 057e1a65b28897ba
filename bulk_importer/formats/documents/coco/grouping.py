"""Brings the annotations of a COCO file together with its pictures, a run of pictures at a time.

Pure, but for the files that it reads and writes. Where the annotations of the pictures follow each other in the order
of the pictures, they are cut as they stand, between two pictures. Otherwise they are written to a scratch file first,
by ranges of pictures, and read back one range at a time; so the memory needed is that of a range, however large the
file.

Memory: `_BUFFER_BYTES` of annotations that wait to be written, then a range that is read back, up to `_MOST_BYTES` of
it at once, or those of one picture, if they are more.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, compress
from operator import ne
from typing import Any, BinaryIO

import msgspec

from bulk_importer.formats.documents.coco.pictures import Pictures
from bulk_importer.formats.documents.coco.text.sections import Section
from bulk_importer.formats.documents.coco.text.stretches import Stretch

__all__ = ["Order", "Ranges", "Run", "runs_in_order"]

_RANGES = 4096
_RANGE_BYTES = 1 << 20
_BUFFER_BYTES = 16 << 20
_MOST_BYTES = 4 << 20
_TOGETHER_BYTES = 1 << 20
"""Ranges are read back together up to so much: shares of 4 MiB took a twentieth longer than those of one to convert."""
MOST_PICTURES = 4096


class Run(msgspec.Struct, frozen=True):
    """Pictures that follow each other, with all of their annotations.

    Attributes:
        first, stop: places of the pictures in the order: the first one, and behind the last one.
        texts: of annotations, those of each picture in the order in which they stand; some may belong to no picture.
    """

    first: int
    stop: int
    texts: list[bytes]


class Order:
    """Whether the annotations of a file follow the order of its pictures.

    Attributes:
        holds: they do, as far as they were seen.
        last: by stretch, the place of the last picture so far.
        tails: by stretch, how many elements there are from the first one of that picture on; 0 where none is in it.
    """

    def __init__(self, pictures: Pictures) -> None:
        # Changed by `see` alone.
        self.holds = True
        self.last = array("q")
        self.tails = array("q")
        self._pictures = pictures
        self._id: object = None

    def see(self, image_ids: list[Any]) -> None:
        """Look at the pictures of the annotations of the next stretch; what is no id is none of them."""
        if not self.holds:
            return
        last = self.last[-1] if self.last else -1
        begin: int | None = None
        # Where another picture begins; found without a step in between for each annotation.
        for at in compress(range(len(image_ids)), map(ne, image_ids, chain((self._id,), image_ids))):
            ordinal = self._pictures.ordinal(image_ids[at])
            if ordinal < 0:
                continue
            if ordinal < last:
                self.holds = False
                return
            if ordinal > last:
                begin, last = at, ordinal
        self._id = image_ids[-1]
        if begin is None:
            goes_on = any(self._pictures.ordinal(each) == last for each in image_ids)
            begin = 0 if goes_on else len(image_ids)
        self.last.append(last)
        self.tails.append(len(image_ids) - begin)


def runs_in_order(file: BinaryIO, section: Section, pictures: Pictures, order: Order) -> Iterator[Run]:
    """The pictures of a file in which `Order` holds."""
    first = 0
    held: list[bytes] = []
    for stretch, last, count in zip(section.stretches(file), order.last, order.tails, strict=True):
        if not count:
            yield Run(first, first, [stretch.text])
            continue
        head, tail = stretch.cut(count, section.joint)
        if head:
            held.append(head)
        if last > first:
            yield from _of_few_pictures(Run(first, last, held), pictures)
            first, held = last, []
        held.append(tail)
    yield from _of_few_pictures(Run(first, pictures.count, held), pictures)


def _of_few_pictures(run: Run, pictures: Pictures) -> Iterator[Run]:
    """A run in parts of `MOST_PICTURES` at most, where most of many pictures have no annotations."""
    if run.stop - run.first <= MOST_PICTURES:
        yield run
        return
    parts: dict[int, list[bytes | msgspec.Raw]] = {}
    for ordinal, text in _elements(map(Stretch, run.texts), pictures):
        parts.setdefault(max(ordinal - run.first, 0) // MOST_PICTURES, []).append(text)
    for at, first in enumerate(range(run.first, run.stop, MOST_PICTURES)):
        texts = [b",".join(parts[at])] if at in parts else []
        yield Run(first, min(first + MOST_PICTURES, run.stop), texts)


def _elements(stretches: Iterator[Stretch], pictures: Pictures) -> Iterator[tuple[int, msgspec.Raw | bytes]]:
    for stretch in stretches:
        yield from zip(pictures.ordinals(stretch.image_ids), stretch.elements, strict=True)


class Ranges:
    """Annotations of any order by ranges of pictures, in a scratch file: blocks, each of one range.

    Behind the last range are the annotations of no picture.

    Args:
        scratch: room for all annotations; it is closed with this.
        pictures: all of them.
        expected: how many bytes the annotations have, about.
    """

    def __init__(self, scratch: BinaryIO, pictures: Pictures, expected: int) -> None:
        # Changed by `add` and `_flush`.
        count = max(1, min(_RANGES, pictures.count, expected // _RANGE_BYTES))
        self._width = -(-max(pictures.count, 1) // count)
        self._waiting: list[list[bytes | msgspec.Raw]] = [[] for _ in range(count + 1)]
        self._blocks = [array("q") for _ in range(count + 1)]  # offset and length of each block
        self._scratch = scratch
        self._pictures = pictures
        self._bytes = 0
        self._end = 0

    def close(self) -> None:
        """Give the scratch file back."""
        self._scratch.close()

    def add(self, texts: Sequence[bytes | msgspec.Raw], image_ids: list[Any]) -> None:
        """Put annotations behind those that their pictures have."""
        waiting, width = self._waiting, self._width
        for ordinal, text in zip(self._pictures.ordinals(image_ids), texts, strict=True):
            waiting[ordinal // width].append(text)  # those of no picture are the last
        self._bytes += sum(map(len, texts))
        self._write(-1)
        if self._bytes >= _BUFFER_BYTES:
            self._flush()

    def runs(self) -> Iterator[Run]:
        """All pictures, by ascending ranges, with their annotations, behind the annotations of none."""
        self._flush()
        for text in self._read(self._blocks.pop()):
            yield Run(0, 0, [text])
        for run in self._by_ranges():
            yield from _of_few_pictures(run, self._pictures)

    def _by_ranges(self) -> Iterator[Run]:
        held: list[bytes] = []
        first, held_bytes = 0, 0
        for at, blocks in enumerate(self._blocks):
            mine, begin, stop = sum(blocks[1::2]), at * self._width, self._stop(at)
            if held and held_bytes + mine > _TOGETHER_BYTES:
                yield Run(first, begin, held)
                first, held, held_bytes = begin, [], 0
            if mine > _MOST_BYTES:
                yield from self._taken_apart(blocks, first, stop)
                first = stop
            else:
                held += self._read(blocks)
                held_bytes += mine
        yield Run(first, self._pictures.count, held)

    def _stop(self, at: int) -> int:
        return min((at + 1) * self._width, self._pictures.count)

    def _taken_apart(self, blocks: array[int], first: int, stop: int) -> Iterator[Run]:
        """A range that is too large to be held, in pieces; it is read again for each."""
        lengths: dict[int, int] = {}
        for ordinal, text in self._elements(blocks):
            lengths[ordinal] = lengths.get(ordinal, 0) + len(text)
        total = 0
        for ordinal in sorted(lengths):
            if total and total + lengths[ordinal] > _MOST_BYTES:
                yield self._picked(blocks, first, ordinal)
                first, total = ordinal, 0
            total += lengths[ordinal]
        yield self._picked(blocks, first, stop)

    def _picked(self, blocks: array[int], first: int, stop: int) -> Run:
        found = (text for ordinal, text in self._elements(blocks) if first <= ordinal < stop)
        return Run(first, stop, [b",".join(found)])

    def _elements(self, blocks: array[int]) -> Iterator[tuple[int, msgspec.Raw | bytes]]:
        return _elements(map(Stretch, self._read(blocks)), self._pictures)

    def _read(self, blocks: array[int]) -> Iterator[bytes]:
        for offset, length in zip(blocks[::2], blocks[1::2], strict=True):
            self._scratch.seek(offset)
            yield self._scratch.read(length)

    def _flush(self) -> None:
        for at in range(len(self._waiting)):
            self._write(at)
        self._bytes = 0

    def _write(self, at: int) -> None:
        texts = self._waiting[at]
        if texts:
            block = b",".join(texts)
            self._scratch.seek(self._end)
            self._scratch.write(block)
            self._blocks[at].extend((self._end, len(block)))
            self._end += len(block)
            self._waiting[at] = []
