"""Elements of an array of a COCO file, a stretch at a time: in the form that is asked for, as they are needed.

Pure.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

import msgspec

from bulk_importer.formats.documents.coco.text.rows import Kind, OwnerRow, UsualRow
from bulk_importer.formats.documents.coco.text.window import Window

__all__ = ["OWNER", "Frames", "NotJson", "Stretch", "row_of"]

_raws = msgspec.json.Decoder(list[msgspec.Raw])
_anything = msgspec.json.Decoder()
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


OWNER = Kind(OwnerRow)
"""An annotation, of which its picture is asked."""

_USUAL = Kind(UsualRow)


class NotJson:
    """An element that has brackets and commas where they belong, and is not JSON for all that."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Frames(msgspec.Struct, frozen=True, gc=False):
    """Where in a text its elements begin and end."""

    starts: array[int]
    stops: array[int]

    def cut(self, text: bytes) -> list[bytes]:
        """The elements."""
        return [text[start:stop] for start, stop in zip(self.starts, self.stops, strict=True)]


class Stretch:
    """Whole elements of an array, with the commas between them."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    @cached_property
    def proven(self) -> list[msgspec.Raw] | None:
        """The text of each element; None where the decoder does not find whole elements."""
        try:
            return _raws.decode(b"[" + self.text + b"]")
        except _REFUSED:
            return None

    @cached_property
    def elements(self) -> list[msgspec.Raw] | list[bytes]:
        """The text of each element, delimited by structure alone where the decoder refuses one of them."""
        if self.proven is not None:
            return self.proven
        window = Window(io.BytesIO(self.text + b"]"), "")
        window.more()
        frames = window.elements(0, len(self.text) + 1, len(self.text))
        return [window.data[start:stop] for start, stop in frames]

    def frames(self, joint: bytes, objects: int) -> Frames:
        """Where each element lies.

        Args:
            joint: what seems to stand between two elements, from the end of one to the beginning of the next.
            objects: how many elements there are, where all of them are objects; else 0.
        """
        between = joint[: joint.index(b"{")]
        before, *pieces = self.text.split(b"{")
        # As many brackets as objects: each of these begins with one, and there is none elsewhere, not even in a text.
        if before or len(pieces) != objects or not all(each.endswith(between) for each in pieces[:-1]):
            return self._frames_of(self.elements)
        starts = array("q", accumulate((1 + len(each) for each in pieces[:-1]), initial=0))
        stops = array("q", [start - len(between) + 1 for start in starts[1:]])
        stops.append(len(self.text))
        return Frames(starts, stops)

    def _frames_of(self, elements: Sequence[bytes | msgspec.Raw]) -> Frames:
        found, at = Frames(array("q"), array("q")), 0
        for each in map(bytes, elements):
            at = self.text.index(each, at)  # there are but blanks and a comma before it
            found.starts.append(at)
            at += len(each)
            found.stops.append(at)
        return found

    def rows(self, kind: Kind) -> list[Any]:
        """Each element as it is asked for; None for what is not of this kind."""
        found = kind.all_of(self.text)
        return [kind.one(each) for each in self.elements] if found is None else found

    @property
    def image_ids(self) -> list[Any]:
        """The picture of each element, as an annotation names it; None for what is no annotation."""
        return [None if row is None else row.image_id for row in self.rows(OWNER)]

    @cached_property
    def usual(self) -> list[UsualRow | None]:
        """The elements that are annotations with nothing beside what most have; None for each other one."""
        return self.rows(_USUAL)

    def cut(self, count: int, joint: bytes) -> tuple[bytes, bytes]:
        """The elements before the last `count`, and these.

        Args:
            joint: what seems to stand between two elements, from the end of one to the beginning of the next.
        """
        at = len(self.text)
        for _ in range(count if joint else 0):
            at = self.text.rfind(joint, 0, max(at, 0))
        if joint and at >= 0:
            tail = self.text[at + joint.index(b"{") :]
            found = OWNER.all_of(tail)
            # What ends where an element does, and is whole elements, begins where one does.
            if found is not None and len(found) == count:
                return self.text[: at + 1], tail
        behind = len(self.elements) - count
        return b",".join(self.elements[:behind]), b",".join(self.elements[behind:])


def row_of(text: bytes | msgspec.Raw) -> Any:
    """An element, whatever it is; `NotJson` where it is nothing."""
    try:
        return _anything.decode(text)
    except _REFUSED as error:
        return NotJson(str(error))
