"""Parts of an array of a COCO file, which are looked at side by side, wherever that is done.

Pure, but for the files that it reads. A part is cut where one element seems to end; it is proven by who looks at it. As
each begins where the one before it ends, all of them are proven up to the first one that is not.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import msgspec

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.documents.coco.text.rows import OwnerRow
from bulk_importer.formats.documents.coco.text.sections import Look, Section, section_of
from bulk_importer.formats.documents.coco.text.stretches import OWNER, Frames
from bulk_importer.formats.documents.coco.text.window import Window
from bulk_importer.formats.members import Members

__all__ = ["Owners", "Part", "Passed", "look_at", "parts_of"]

PART_BYTES = 2 << 20
"""Long enough that it does not matter what it takes to ask for it; a few of them are held at once."""

_EDGE_BYTES = 1 << 16
"""An element seems to end in so many bytes, or the array is cut no further."""


class Owners(msgspec.Struct, frozen=True, gc=False):
    """The pictures of annotations that follow each other, and their own ids; None for what is no annotation."""

    image_ids: list[Any]
    ids: list[Any]

    @classmethod
    def of(cls, rows: Sequence[OwnerRow | None]) -> Owners:
        """Those of these rows."""
        return cls(
            [None if row is None else row.image_id for row in rows],
            [None if row is None else row.id for row in rows],
        )


class Part(msgspec.Struct, frozen=True):
    """What seems to be whole elements of an array.

    Attributes:
        path: of the file.
        start, stop: where the first one begins, and the last one ends.
        joint: what seems to stand between two of them.
        has_frames: it is asked where each of them lies.
    """

    path: str
    start: int
    stop: int
    joint: bytes
    has_frames: bool


class Passed(msgspec.Struct, frozen=True):
    """A part that is proven: its stretches, and what is asked of the annotations in each.

    Attributes:
        frames: where they lie in each stretch; empty where nobody asked for that.
    """

    section: Section
    owners: list[Owners]
    frames: list[Frames]


def parts_of(file: BinaryIO, first: Part) -> Iterator[Part]:
    """Cut a part that reaches to the end of its file into those to look at; the last bytes are in none of them."""
    start, joint = first.start, first.joint
    while start + PART_BYTES < first.stop:
        file.seek(start + PART_BYTES)
        at = file.read(_EDGE_BYTES).find(joint)
        if at < 0:
            return
        stop = start + PART_BYTES + at + 1
        yield msgspec.structs.replace(first, start=start, stop=stop)
        start = stop - 1 + joint.index(b"{")


def look_at(members: Members, part: Part) -> Passed | None:
    """Look at the annotations of a part; None where it is not whole elements, or cannot be read."""
    owners: list[Owners] = []
    objects: list[int] = []

    def see(rows: list[OwnerRow | None]) -> None:
        owners.append(Owners.of(rows))
        if part.has_frames:
            objects.append(len(rows) if all(row is not None for row in rows) else 0)

    try:
        with members.open(part.path) as file:
            file.seek(part.start)
            text = file.read(part.stop - part.start)
        # The bracket shows where the array would have ended, if there is one in the part.
        window = Window(io.BytesIO(text + b"]"), part.path, part.start)
        window.more()
        section = section_of(window, Look(OWNER, see), joint=part.joint)
    except SourceUnreadable:
        return None
    if window.offset != part.stop + 1:
        return None
    frames: list[Frames] = []
    if part.has_frames:
        stretches = section.stretches(io.BytesIO(text), before=part.start)
        frames += [each.frames(part.joint, count) for each, count in zip(stretches, objects, strict=True)]
    return Passed(section, owners, frames)
