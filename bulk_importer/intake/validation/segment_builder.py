"""The columns of a segment while they grow, and the run of entries that comes of them.

Pure.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from xxhash import xxh64_digest

from bulk_importer.labels.entry import keys_of, lanes_of
from bulk_importer.model import EntryRun, Finding, KeepData, Rejection
from bulk_importer.spans import SpanSet

__all__ = ["KEEPS", "Element", "SegmentBuilder", "text_digest"]


class Element(NamedTuple):
    """One element of a segment that is looked at singly. `place` counts from the beginning of the segment."""

    place: int
    position: int
    offset: int
    raw: bytes


KEEPS: dict[bool | UnsetType, KeepData] = {
    UNSET: KeepData.MISSING,
    True: KeepData.TRUE,
    False: KeepData.FALSE,
}
"""The column value for each thing that an entry can say in `keepData`."""


@dataclass(slots=True)
class SegmentBuilder:
    """What judging a segment has given so far. Each element is accepted, rejected or skipped once, in order.

    Attributes:
        left_out: places of elements that are not accepted.
    """

    media_ids: list[str] = field(default_factory=list)
    keeps: bytearray = field(default_factory=bytearray)
    weights: array[int] = field(default_factory=lambda: array("q"))
    digests: bytearray = field(default_factory=bytearray)
    left_out: list[int] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    skipped: SpanSet = field(default_factory=SpanSet)
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[Finding] = field(default_factory=list)
    geometries: Counter[str] = field(default_factory=Counter)

    @property
    def place(self) -> int:
        """That of the next element."""
        return len(self.media_ids) + len(self.left_out)

    @property
    def columns(self) -> tuple[list[str], bytearray, array[int], bytearray]:
        """Media ids, keeps, weights and digests, for a loop that adds to all of them and to nothing else."""
        return self.media_ids, self.keeps, self.weights, self.digests

    def accept(self, media_id: str, keep: KeepData, weight: int, digest: bytes) -> None:
        """Put an entry into the run."""
        self.media_ids.append(media_id)
        self.keeps.append(keep)
        self.weights.append(weight)
        self.digests += digest

    def reject(self, element: Element, findings: tuple[Finding, ...]) -> None:
        """Leave an element out, with the reasons. Its digest is that of its text: nobody asks if it was delivered."""
        rejection = Rejection(
            position=element.position,
            offset=element.offset,
            media_id=findings[0].media_id,
            findings=findings,
            raw=element.raw,
        )
        self.rejections.append(rejection)
        self.left_out.append(element.place)
        self.digests += text_digest(element.raw)

    def skip(self, element: Element) -> None:
        """Leave out an element that is no entry and no mistake."""
        self.skipped.add(element.position, element.position + 1)
        self.left_out.append(element.place)
        self.digests += text_digest(element.raw)

    def run(
        self, data: bytes, starts: Sequence[int], lengths: Sequence[int], *, first: int, offset: int
    ) -> EntryRun:
        """The accepted entries; `starts` and `lengths` are those of all elements."""
        positions: Sequence[int] = range(first, first + len(starts))
        if self.left_out:
            left_out = set(self.left_out)
            places = [place for place in range(len(starts)) if place not in left_out]
            positions = array("q", [first + place for place in places])
            starts = array("q", [starts[place] for place in places])
            lengths = array("q", [lengths[place] for place in places])
        lanes = lanes_of(self.media_ids)
        return EntryRun(
            offset,
            data,
            positions,
            starts,
            lengths,
            self.media_ids,
            lanes,
            bytes(self.keeps),
            self.weights,
            keys_of(lanes),
        )


def text_digest(raw: bytes) -> bytes:
    """The digest of an element that cannot be read as an entry: of its text."""
    return xxh64_digest(raw)
