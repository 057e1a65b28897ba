"""The columns of a segment while they grow, and what comes of them.

Pure.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET, UnsetType
from xxhash import xxh64_digest

from bulk_importer.labels.entry import keys_of, lanes_of
from bulk_importer.labels.flaws import Flaw
from bulk_importer.model import EntryRun, KeepData
from bulk_importer.spans import Span, SpanSet

__all__ = ["KEEPS", "Flawed", "Judged", "SegmentBuilder", "text_digest"]


class Flawed(msgspec.Struct, frozen=True):
    """An element in which something is wrong.

    Attributes:
        index: which element of its segment it is, from 0.
        media_id: as in `model.Element`.
        flaws: errors first.
    """

    index: int
    media_id: str | None
    flaws: tuple[Flaw, ...]


class Judged(msgspec.Struct, frozen=True):
    """What judging a segment gave. Each element is in exactly one of `run`, `rejected` and `skipped`.

    All of it counts from the segment: its elements from 0, and its bytes from 0. `placing.placed` makes a `Segment` of
    it, once it is known where that stands.

    Attributes:
        run: the accepted entries; `run.positions` are indexes of elements.
        skipped: indexes of elements.
        counts: number of findings by code, all severities.
        digests: eight bytes for each element, in order, those of the rejected and skipped ones included; nothing in
            a report.
        warned: accepted entries with their warnings, if the rules ask for them.
        geometries: those of accepted entries by class.
    """

    run: EntryRun
    rejected: tuple[Flawed, ...]
    skipped: tuple[Span, ...]
    counts: dict[str, int]
    digests: bytes
    warned: tuple[Flawed, ...] = ()
    geometries: dict[str, int] = {}


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
        left_out: indexes of elements that are not accepted.
    """

    media_ids: list[str] = field(default_factory=list)
    keeps: bytearray = field(default_factory=bytearray)
    weights: array[int] = field(default_factory=lambda: array("q"))
    digests: bytearray = field(default_factory=bytearray)
    left_out: list[int] = field(default_factory=list)
    rejected: list[Flawed] = field(default_factory=list)
    skipped: SpanSet = field(default_factory=SpanSet)
    counts: Counter[str] = field(default_factory=Counter)
    warned: list[Flawed] = field(default_factory=list)
    geometries: Counter[str] = field(default_factory=Counter)

    @property
    def index(self) -> int:
        """The index of the next element."""
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

    def warn(self, media_id: str, flaws: tuple[Flaw, ...]) -> None:
        """Keep the warnings about the entry that is accepted next."""
        if flaws:
            self.warned.append(Flawed(self.index, media_id, flaws))

    def reject(self, raw: bytes, media_id: str | None, flaws: tuple[Flaw, ...]) -> None:
        """Leave an element out, with the reasons. Its digest is that of its text: nobody asks if it was delivered."""
        self.rejected.append(Flawed(self.index, media_id, flaws))
        self._leave_out(raw)

    def skip(self, raw: bytes) -> None:
        """Leave out an element that is no entry and no mistake."""
        self.skipped.add(self.index, self.index + 1)
        self._leave_out(raw)

    def _leave_out(self, raw: bytes) -> None:
        self.left_out.append(self.index)
        self.digests += text_digest(raw)

    def judged(
        self, data: bytes, starts: Sequence[int], lengths: Sequence[int], *, is_report: bool
    ) -> Judged:
        """What all elements gave together; `starts` and `lengths` say where each of them is in `data`."""
        return Judged(
            self._run(data, starts, lengths),
            tuple(self.rejected),
            self.skipped.spans,
            dict(self.counts),
            b"" if is_report else bytes(self.digests),
            tuple(self.warned),
            dict(self.geometries),
        )

    def _run(self, data: bytes, starts: Sequence[int], lengths: Sequence[int]) -> EntryRun:
        indexes: Sequence[int] = range(len(starts))
        if self.left_out:
            left_out = set(self.left_out)
            indexes = array("q", [index for index in indexes if index not in left_out])
            starts = array("q", [starts[index] for index in indexes])
            lengths = array("q", [lengths[index] for index in indexes])
        lanes = lanes_of(self.media_ids)
        return EntryRun(
            offset=0,
            data=data,
            positions=indexes,
            starts=starts,
            lengths=lengths,
            media_ids=self.media_ids,
            lanes=lanes,
            keeps=bytes(self.keeps),
            weights=self.weights,
            keys=keys_of(lanes),
        )


def text_digest(raw: bytes) -> bytes:
    """The digest of an element that cannot be read as an entry: of its text."""
    return xxh64_digest(raw)
