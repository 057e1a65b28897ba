"""Proves from a checkpoint alone that every entry is accounted for, once.

The proof does not take the state's word. Replay decides step by step what each record changes; here the same
records are only counted, and the sums must come out as the sets of positions that replay arrived at. A label that
is counted twice, or that slipped from a set, makes the two disagree. What a compacted log stands for
was proven record by record while it was written; of its snapshot the sets remain to be held against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bulk_importer.checkpoint.digests import damaged_digests
from bulk_importer.checkpoint.log.file import read_content, replayed_from
from bulk_importer.checkpoint.log.frames import split
from bulk_importer.checkpoint.log.records import (
    Broken,
    Circumstance,
    Corrected,
    Delivered,
    End,
    Header,
    InDoubt,
    Owed,
    Record,
    Rejected,
    Resolved,
    SegmentRead,
    Sent,
    Skipped,
    Snapshot,
    Suspected,
    decode,
)
from bulk_importer.checkpoint.log.state import CheckpointState, Counts
from bulk_importer.checkpoint.proof.claims import Claim, run_of
from bulk_importer.checkpoint.rejects import rejected_lines
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.readable import agreeing, counted
from bulk_importer.spans import Span, SpanSet

__all__ = ["Proof", "verify"]

_MORE_LOOKS = 3


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint proves about itself."""

    header: Header
    state: CheckpointState
    counts: Counts
    claims: tuple[Claim, ...]

    @property
    def holds(self) -> bool:
        """Whether every claim of the proof holds."""
        return all(claim.holds for claim in self.claims)


def verify(folder: Path) -> Proof:
    """Prove the checkpoint in `folder`, without its lock, also while it is being written.

    Raises:
        CheckpointUnusable: there is none, or it cannot be read.
        CheckpointDamaged: its log is not what was written; then nothing can be proven.
    """
    content = read_content(folder)
    proof = _proven(folder, content)
    # A run that takes lines out of `rejected.jsonl` may have replaced it between the two looks.
    for _ in range(_MORE_LOOKS):
        if proof.holds or content == (now := read_content(folder)):
            break
        content, proof = now, _proven(folder, now)
    return proof


def _proven(folder: Path, content: bytes) -> Proof:
    replayed = replayed_from(content, folder)
    state, sums = replayed.state, _Sums()
    for _, _, payload in split(content):
        sums.count(decode(payload))
    return Proof(
        header=replayed.header,
        state=state,
        counts=state.counts,
        claims=(
            _tiling(state),
            _answered(state, sums),
            _accounted(state, sums),
            _rejects(folder, state),
            _digests(folder, state),
        ),
    )


class _Sums:
    """Counts records by plain arithmetic; knows sizes and batch numbers, and no positions."""

    def __init__(self) -> None:
        self.entries = self.delivered = self.rejected = self.skipped = 0
        self.sent = self.outcomes = 0
        self.under_way: dict[int, int] = {}
        self.is_compacted = False

    def count(self, record: Record) -> None:
        match record:
            case Snapshot():
                self._begin_with(record)
            case SegmentRead():
                self.entries += record.key.count
                self.rejected += _size(record.rejected)
                self.skipped += _size(record.skipped)
            case Sent():
                self.sent += record.batch not in self.under_way
                self.under_way[record.batch] = _size(record.spans)
            case Delivered():
                self.delivered += self._end(record.batch)
            case Resolved():
                self.delivered += self._end(record.batch) * record.delivered
            case Owed():
                self._end(record.batch)
            case Rejected():
                if record.batch is not None:
                    self._end(record.batch)
                self.rejected += _size(record.spans)
            case Skipped():
                self.skipped += _size(record.spans)
            case Corrected():
                self.rejected -= _size(record.spans)
                self.delivered += _size(record.spans)
            case Circumstance() | Header() | InDoubt() | Suspected() | End() | Broken():
                pass  # settles no entry

    def _begin_with(self, record: Snapshot) -> None:
        self.entries = sum(count for count, *_ in record.segments)
        self.delivered = sum(record.delivered[1::2])
        self.rejected = sum(record.rejected[1::2])
        self.skipped = sum(record.skipped[1::2])
        self.under_way = {batch.batch: _size(batch.spans) for batch in record.undecided}
        self.sent = len(record.undecided)
        self.is_compacted = True

    def _end(self, batch: int) -> int:
        self.outcomes += 1
        return self.under_way.pop(batch)


def _tiling(state: CheckpointState) -> Claim:
    """Each segment begins where the one before ends, in positions and in bytes."""
    first, offset = 0, state.segments[0].offset if state.segments else 0
    for key in state.segments:
        if (key.first, key.offset) != (first, offset) or key.count < 0 or key.length < 0:
            text = f"the segment at position {key.first} does not begin where the one before ends, at {first}"
            return Claim(name="tiling", holds=False, text=text)
        first, offset = first + key.count, offset + key.length
    if state.end is not None and state.end.entries != first:
        text = f"the segments hold {counted(first, 'position')} and the array has {state.end.entries:,}"
        return Claim(name="tiling", holds=False, text=text)
    rest = (
        "the whole array"
        if state.end is not None
        else "as far as it was read; the rest is not read yet, length unknown"
    )
    segments = counted(len(state.segments), "segment", "holds")
    held = f"positions {run_of(0, first)} without gap or overlap" if first else "no position"
    text = f"{segments} {held}: {rest}"
    return Claim(name="tiling", holds=True, text=text)


def _answered(state: CheckpointState, sums: _Sums) -> Claim:
    """Each `sent` has its outcome, or is among those that are under way or in doubt."""
    recorded = {number: _size(batch.spans) for number, batch in state.undecided.items()}
    doubts, all_sizes = len(state.doubts()), sum(recorded.values())
    holds = (
        recorded == sums.under_way
        and sums.sent == sums.outcomes + len(recorded)
        and all_sizes == len(state.taken) == len(SpanSet(_spans_under_way(state)))
    )
    since = " since the log was compacted" if sums.is_compacted else ""
    text = (
        f"{counted(sums.sent, 'batch', 'was')} sent{since}: {sums.outcomes:,} with an outcome, {doubts:,} unconfirmed, "
        f"{len(recorded) - doubts:,} waiting for an answer"
    )
    return Claim(name="outcomes", holds=holds, text=text)


def _accounted(state: CheckpointState, sums: _Sums) -> Claim:
    """The sets do not meet, fill the segments together with what is owed, and are as large as the records say."""
    total, counts = state.position, state.counts
    fates = (state.delivered, state.rejected, state.skipped, state.taken)
    together = SpanSet(span for fate in fates for span in fate)
    owed = sum(stop - start for start, stop in together.missing(0, total))
    by_records = (
        sums.entries,
        sums.delivered,
        sums.rejected,
        sums.skipped,
        sum(sums.under_way.values()),
    )
    by_sets = (total, *map(len, fates))
    holds = (
        sum(map(len, fates)) == len(together)  # none is in two places
        and len(SpanSet(together.within(0, total))) == len(together)  # none is outside
        and owed == counts.owed
        and by_records == by_sets
    )
    text = (
        f"{counts.delivered:,} delivered + {counts.rejected:,} rejected + {counts.skipped:,} skipped + "
        f"{counts.in_doubt:,} unconfirmed + {counts.owed:,} not sent yet = {counted(total, 'entry')}"
    )
    if not holds:
        text = f"the records add up to {by_records}, the sets to {by_sets}, {owed:,} not sent yet; {text}"
    return Claim(name="accounts", holds=holds, text=text)


def _rejects(folder: Path, state: CheckpointState) -> Claim:
    """`rejected.jsonl` holds a line for each rejected position, and for no other.

    Before lines were taken out of it (see `rejects`) those of entries that a retry had delivered remained: that is no
    mistake, and is said.
    """
    found, doubled = SpanSet(), 0
    try:
        for line in rejected_lines(folder, state.rejected_bytes):
            doubled += line.position in found
            found.add(line.position, line.position + 1)
    except CheckpointUnusable as error:
        return Claim(name="rejects", holds=False, text=f"{error.path} cannot be used: {error.reason}")
    missing = len(state.rejected) - sum(
        stop - start for span in state.rejected for start, stop in found.within(*span)
    )
    lines = len(found)
    for span in state.delivered:
        found.discard(*span)
    settled = lines - len(found)
    surplus = len(found) - (len(state.rejected) - missing)
    if missing or surplus or doubled:
        text = (
            f"rejected.jsonl lacks {counted(missing, 'rejected entry')}, holds {surplus:,} that "
            f"{agreeing(surplus, 'is')} not rejected, and {doubled:,} twice"
        )
        return Claim(name="rejects", holds=False, text=text)
    beside = f", and {settled:,} besides that a retry has delivered since" if settled else ""
    text = f"rejected.jsonl holds {counted(len(state.rejected), 'rejected entry')}, each once{beside}"
    return Claim(name="rejects", holds=True, text=text)


def _digests(folder: Path, state: CheckpointState) -> Claim:
    """The file `digests` is what was written, for each segment."""
    try:
        damaged = damaged_digests(folder, state) if state.segments else SpanSet()
    except CheckpointUnusable as error:
        return Claim(name="digests", holds=False, text=f"{error.path} cannot be used: {error.reason}")
    if damaged:
        first = next(iter(damaged))
        text = (
            f"the digests of {counted(len(damaged), 'entry')} are not what was written, from position "
            f"{first.start} on"
        )
        return Claim(name="digests", holds=False, text=text)
    return Claim(
        name="digests",
        holds=True,
        text=f"the digests of {counted(state.position, 'entry')} are what was written",
    )


def _spans_under_way(state: CheckpointState) -> Iterator[Span]:
    for batch in state.undecided.values():
        yield from batch.spans


def _size(spans: tuple[Span, ...]) -> int:
    return sum(stop - start for start, stop in spans)
