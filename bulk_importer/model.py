"""The values that travel between the stages.

Pure: no clock, no chance, no files. What exists per entry or per batch is a frozen `msgspec.Struct`.
Between stages travel runs and batches, never single entries: an `Entry` is made only where one is
looked at singly (a rejection, a refused batch that is taken apart).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, IntEnum, StrEnum
from itertools import chain
from typing import Protocol, Self

import msgspec

from bulk_importer.spans import Span, SpanSet, stretches

__all__ = [
    "Batch",
    "Element",
    "Entry",
    "EntryRun",
    "ErrorBudget",
    "Finding",
    "KeepData",
    "Limits",
    "MediaCounts",
    "Outcome",
    "ReadPlan",
    "Rejection",
    "Segment",
    "SegmentKey",
    "Severity",
]


class KeepData(IntEnum):
    """What an entry says about the labels that its media already holds; a byte in a column."""

    MISSING = 0
    TRUE = 1
    FALSE = 2


class Severity(StrEnum):
    """How bad a finding is: an error rejects the entry, a warning is sent all the same, a note is counted."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """One element of the array, singly, whether or not it is an entry that can be sent.

    Attributes:
        position: its index in the array.
        offset: of its first byte in the (decompressed) source.
        media_id: its `internal_media_ID`, where it has one that is a string.
        raw: its bytes, as they came.
    """

    position: int
    offset: int
    media_id: str | None
    raw: bytes


class Entry(Element, frozen=True, kw_only=True):
    """An element that can be sent, singly.

    Attributes:
        length: how many bytes it has.
        lane: the media id as the server compares it; entries of one lane keep their order.
        weight: what it costs the server: 1 + geometries + classification values + points (may be estimated).
    """

    media_id: str
    length: int
    lane: str
    keep: KeepData
    weight: int


class _Kind(Protocol):
    """What a finding takes over from its kind, a `labels.flaws.FindingKind`."""

    @property
    def code(self) -> str: ...

    @property
    def severity(self) -> Severity: ...

    @property
    def advice(self) -> str: ...


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with one element. The same for `check`, the rejects, the report and the library.

    Attributes:
        code: stable name of the kind of finding, as `bulk-importer explain` knows it.
        position, offset, media_id: of the element, as in `Element`.
        pointer: JSON pointer inside the element; empty for the element itself.
        expected, found, advice: for people; `found` is cut to a readable length.
    """

    code: str
    severity: Severity
    position: int
    offset: int
    media_id: str | None
    pointer: str
    expected: str
    found: str
    advice: str

    @classmethod
    def of(
        cls,
        kind: _Kind,
        element: Element,
        pointer: str,
        expected: str,
        found: str,
        *,
        severity: Severity | None = None,
    ) -> Self:
        """A finding of that kind about `element`; its severity is that of the kind, unless the rules say another."""
        return cls(
            code=kind.code,
            severity=severity or kind.severity,
            position=element.position,
            offset=element.offset,
            media_id=element.media_id,
            pointer=pointer,
            expected=expected,
            found=found,
            advice=kind.advice,
        )


class Rejection(Element, frozen=True, kw_only=True):
    """An element that is not sent, or was refused: with why, and the bytes it came as."""

    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, element: Element, findings: Iterable[Finding]) -> Self:
        """The rejection of `element`, with the reasons."""
        return cls(
            position=element.position,
            offset=element.offset,
            media_id=element.media_id,
            raw=element.raw,
            findings=tuple(findings),
        )


class EntryRun(msgspec.Struct, frozen=True):
    """Entries of one segment as columns, in order of position; all columns are equally long.

    Holes are possible (rejected and skipped elements are not in it). `starts` and `lengths` are in bytes
    and point into `data`, which holds the whole segment and is shared by every run taken from it. Between neighbours
    stands one comma, with white space or not: a stretch without holes can be copied into a body as it is.

    Attributes:
        offset: byte offset of `data[0]` in the (decompressed) source.
        positions: a `range` where there are no holes, else an array of `q`.
        media_ids, lanes: the same list object where no id differs from its lane, which is the ordinary case.
        keeps: one `KeepData` byte per entry.
        keys: a number for each lane, by which files and tables know it (`labels.entry.key_of`).
    """

    offset: int
    data: bytes
    positions: Sequence[int]
    starts: Sequence[int]
    lengths: Sequence[int]
    media_ids: list[str]
    lanes: list[str]
    keeps: bytes
    weights: Sequence[int]
    keys: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts)

    def raw(self, index: int) -> bytes:
        """The bytes of one entry, as they came."""
        start = self.starts[index]
        return self.data[start : start + self.lengths[index]]

    def entry(self, index: int) -> Entry:
        """The entry at `index` of the run, as a value of its own."""
        return Entry(
            position=self.positions[index],
            offset=self.offset + self.starts[index],
            length=self.lengths[index],
            media_id=self.media_ids[index],
            lane=self.lanes[index],
            keep=KeepData(self.keeps[index]),
            weight=self.weights[index],
            raw=self.raw(index),
        )

    def at(self, spans: Iterable[Span]) -> EntryRun:
        """The entries at the positions of `spans` (sorted, no two overlapping), as `take` gives them."""
        positions = self.positions
        parts = [range(bisect_left(positions, start), bisect_left(positions, stop)) for start, stop in spans]
        if sum(map(len, parts)) == len(self):
            return self
        return self.take(parts[0] if len(parts) == 1 else [*chain.from_iterable(parts)])

    def take(self, indexes: Sequence[int]) -> EntryRun:
        """The entries at `indexes` (ascending) as a run of their own that shares `data`."""
        if isinstance(indexes, range) and indexes.step == 1:
            part = slice(indexes.start, indexes.stop)
            media_ids = self.media_ids[part]
            return EntryRun(
                offset=self.offset,
                data=self.data,
                positions=self.positions[part],
                starts=self.starts[part],
                lengths=self.lengths[part],
                media_ids=media_ids,
                lanes=media_ids if self.lanes is self.media_ids else self.lanes[part],
                keeps=self.keeps[part],
                weights=self.weights[part],
                keys=self.keys[part],
            )
        media_ids = [self.media_ids[i] for i in indexes]
        return EntryRun(
            offset=self.offset,
            data=self.data,
            positions=array("q", [self.positions[i] for i in indexes]),
            starts=array("q", [self.starts[i] for i in indexes]),
            lengths=array("q", [self.lengths[i] for i in indexes]),
            media_ids=media_ids,
            lanes=media_ids if self.lanes is self.media_ids else [self.lanes[i] for i in indexes],
            keeps=bytes(self.keeps[i] for i in indexes),
            weights=array("q", [self.weights[i] for i in indexes]),
            keys=array("Q", [self.keys[i] for i in indexes]),
        )


class Batch(msgspec.Struct, frozen=True):
    """A sealed batch: what one request carries.

    Attributes:
        number: unique within a checkpoint, ascending in the order of sealing.
        runs: its entries; order in the body is the order here.
        body: a JSON array of the entries' bytes as they came.
        entries: how many there are.
        weight: the sum of their weights.
        suspect: sealed alone after a refusal; only ever split, never filled up with others.
        tries: how often what is in it failed before in nobody's words, while others passed.
    """

    number: int
    runs: tuple[EntryRun, ...]
    body: bytes
    entries: int
    weight: int
    suspect: bool = False
    tries: int = 0

    def spans(self) -> tuple[Span, ...]:
        """The positions in it."""
        found = SpanSet()
        for run in self.runs:
            positions = run.positions
            for start, stop in stretches(positions):
                found.add(positions[start], positions[stop - 1] + 1)
        return found.spans

    def lanes(self) -> Iterator[str]:
        """The lane of each entry, in order; a lane comes as often as it has entries."""
        for run in self.runs:
            yield from run.lanes

    def each(self) -> Iterator[Entry]:
        """Its entries, singly, in order."""
        for run in self.runs:
            for index in range(len(run)):
                yield run.entry(index)


class ErrorBudget(msgspec.Struct, frozen=True):
    """How many rejections end the run: a number, or a share of the entries with a minimum sample."""

    count: int | None = None
    share: float | None = None
    sample: int = 1000

    def is_exceeded(self, rejected: int, entries: int) -> bool:
        """Whether `rejected` of `entries` judged entries are too many."""
        if self.count is not None:
            return rejected > self.count
        return self.share is not None and entries >= self.sample and rejected > self.share * entries

    def __str__(self) -> str:
        if self.count is not None:
            return str(self.count)
        return "none" if self.share is None else f"{100 * self.share:g}%"


class Limits(msgspec.Struct, frozen=True):
    """The bounds of one batch. An entry that is above one by itself travels alone.

    Attributes:
        max_entries, max_weight: of the entries in it.
        max_bytes: of the body, brackets and commas included.
    """

    max_entries: int
    max_bytes: int
    max_weight: int


class Outcome(Enum):
    """What became of a batch."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    OWED = "owed"
    IN_DOUBT = "in_doubt"


class SegmentKey(msgspec.Struct, frozen=True):
    """A recorded segment: where it is, what it holds, and by what its bytes are known again.

    Attributes:
        first, count: the positions in it: `[first, first + count)`.
        offset, length: its bytes in the (decompressed) source; whole elements with the white space and commas
            around them. Segments tile the array: the next one begins where this one ends.
        digest: XXH3-128 of these bytes, as hexadecimal text.
    """

    first: int
    count: int
    offset: int
    length: int
    digest: str


class Segment(msgspec.Struct, frozen=True):
    """What reading and judging one segment gave: each position is in `run`, `rejections` or `skipped`.

    Attributes:
        counts: number of findings by code, all severities, those of the rejections included.
        digests: eight bytes for each of the `key.count` positions, by which a delivered entry is known again
            in a mended source; nothing in a report.
        warnings: about the entries of `run`, if the rules ask for them.
        geometries: those of the entries of `run` by class; nested ones as `class/nested class`.
    """

    key: SegmentKey
    run: EntryRun
    rejections: tuple[Rejection, ...]
    skipped: tuple[Span, ...]
    counts: Mapping[str, int]
    digests: bytes
    warnings: tuple[Finding, ...] = ()
    geometries: Mapping[str, int] = {}


class MediaCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The media of a project by what an import brought them, once its source was read to the end.

    Attributes:
        delivered: an entry for them is delivered.
        undelivered: the source has an entry for them, and none is delivered.
        without_entry: the source has no entry for them; None where that is not known.
    """

    delivered: int
    undelivered: int
    without_entry: int | None


class ReadPlan(msgspec.Struct, frozen=True):
    """What a run has to read: recorded segments that still owe something, then everything not yet read.

    Attributes:
        again: recorded segments to read again, ascending; each is compared with its digest first.
        position, offset: where the unread rest begins: the position of its first element, and the byte at
            which the last recorded segment ended. Both 0 for a fresh checkpoint.
        ended: the array's end is on record, nothing is unread.
    """

    again: tuple[SegmentKey, ...] = ()
    position: int = 0
    offset: int = 0
    ended: bool = False
