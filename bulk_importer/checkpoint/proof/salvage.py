"""Salvages from a damaged log what is provable.

Pure. Two means, in this order:

1. *A single flipped bit is turned back.* Up to 11 kB the CRC-32 of a frame tells one flipped bit from every other
   one and from any two, so a correction that makes both checksums right is what was written. Nothing is lost then.
2. *A record that is lost is survived by doubting.* The others are true, each by its own checksums. The lost one may
   have been the `sent` of a batch, and what it held can only be what was owed at that place; so what was owed
   there and still is comes into doubt, each entry for itself, to be asked about one by one. So do the entries of
   batches that were under way there and still are: their outcome may be lost, and a part of them sent again.

What cannot be repaired is a log that lost its header, its snapshot or a segment: then it is not known what was read,
let alone sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from zlib import crc32

import msgspec

from bulk_importer.checkpoint.log.frames import Damage, frame, split
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
from bulk_importer.checkpoint.log.snapshot import restore
from bulk_importer.checkpoint.log.state import CheckpointState, Contradiction
from bulk_importer.checkpoint.log.transitions import apply
from bulk_importer.spans import Span, SpanSet

__all__ = ["Salvaged", "salvage"]

_LENGTH_BYTES = 16
_HEAD = re.compile(rb"(?=[0-9a-f]{16} )")
_LONGEST_CORRECTED = 11_000
_REASON = "the log was damaged, and this may have been sent"


class Salvaged(msgspec.Struct, frozen=True):
    """What a damaged log still says.

    Attributes:
        state: with what may have been sent in doubt.
        corrected: bits that were turned back.
        lost: places where records are lost.
        doubted: entries that are in doubt because of that.
    """

    header: Header
    state: CheckpointState
    corrected: int
    lost: int
    doubted: int


def salvage(content: bytes, digested: int, now: float) -> Salvaged:
    """Read a damaged log as far as that is provable.

    Args:
        digested: how many entries the file `digests` has; more than the log knows of are a lost segment.
        now: seconds since the epoch, from when on what is in doubt may still be running.

    Raises:
        Damage: it cannot be repaired; the reason says what is lost.
    """
    reading = _Reading(content)
    frames = reading.frames()
    header, state = _beginning(frames, reading)
    suspects, under_way, lost, since = SpanSet(), set[int](), 0, now
    for offset, record in chain(frames, [(len(content), None)]):
        if reading.lost > lost:
            lost = reading.lost
            suspects.update(state.owed_within(0, state.position))
            under_way.update(state.undecided)
            left = [batch.sent_since for batch in state.undecided.values()]
            since = min([since, state.last_sent_at or header.began_at, *left])
        if record is not None:
            suspects.update(_take(state, record, offset, is_whole=not lost))
    if lost and digested > state.position:
        raise Damage(reading.first_lost, "the record of a segment is lost")
    for batch in under_way & state.undecided.keys():
        suspects.update(state.undecided[batch].spans)
        apply(state, Owed(batch=batch, reason="each of its entries is doubted for itself"))
    return Salvaged(header, state, reading.corrected, lost, _doubt(state, suspects, since, now))


class _Reading:
    """Reads frames over damaged places."""

    def __init__(self, content: bytes) -> None:
        # Changed by `frames` and what it calls.
        self._content = content
        self.corrected = 0
        self.lost = 0
        self.first_lost = 0

    def frames(self) -> Iterator[tuple[int, Record]]:
        """Every sound record with its offset; `lost` grows before the first one behind a lost place."""
        at: int | None = 0
        while at is not None:
            try:
                for offset, end, payload in split(self._content[at:], at):
                    yield offset, _decoded(payload, offset, end)
                at = None
            except Damage as damage:
                at = self._correct(damage)
                if at is None:
                    at = self._leave_out(damage)

    def _correct(self, damage: Damage) -> int | None:
        """Turn one bit back, so that reading can begin there once more; None where that is not the remedy."""
        start = damage.offset
        sound = damage.resume_at is not None
        first, last = (start + _LENGTH_BYTES, damage.resume_at) if sound else (start, start + _LENGTH_BYTES)
        if last is None or last - first > _LONGEST_CORRECTED:
            return None
        altered = bytearray(self._content[start:last])
        for bit in range(8 * (first - start), 8 * len(altered)):
            altered[bit // 8] ^= 1 << bit % 8
            if (_is_frame if sound else _is_length)(bytes(altered), start):
                self._content = self._content[:start] + bytes(altered) + self._content[last:]
                self.corrected += 1
                return start
            altered[bit // 8] ^= 1 << bit % 8
        return None

    def _leave_out(self, damage: Damage) -> int | None:
        """Where the next frame may begin; None at the end."""
        if not self.lost:
            self.first_lost = damage.offset
        self.lost += 1
        if damage.resume_at is not None:
            return damage.resume_at
        # Not behind the next line feed, which may be lost as well: frames are known by their place.
        heads = (found.start() for found in _HEAD.finditer(self._content, damage.offset + 1))
        return next((at for at in heads if _is_length(self._content[at : at + _LENGTH_BYTES], at)), None)


def _is_length(head: bytes, offset: int) -> bool:
    """Whether `head` is the sound length at the beginning of the frame at `offset`."""
    return len(head) == _LENGTH_BYTES and head[8:] == b"%08x" % crc32(head[:8], offset & 0xFFFFFFFF)


def _is_frame(whole: bytes, offset: int) -> bool:
    """Whether `whole` is the sound frame at `offset`."""
    payload = whole[_LENGTH_BYTES + 10 : -1]
    return len(whole) > _LENGTH_BYTES + 10 and frame(payload, offset) == whole


def _decoded(payload: bytes, offset: int, end: int) -> Record:
    try:
        record: Record = decode(payload)
    except msgspec.MsgspecError as error:
        raise Damage(offset, f"a record is unknown or malformed: {error}", resume_at=end) from error
    return record


def _beginning(frames: Iterator[tuple[int, Record]], reading: _Reading) -> tuple[Header, CheckpointState]:
    """Header and snapshot, without which there is nothing to go on with."""
    _, header = next(frames, (0, None))
    if not isinstance(header, Header) or reading.lost:
        raise Damage(0, "its header is lost")
    state = CheckpointState(header.identity, header.server)
    if header.compacted:
        offset, record = next(frames, (0, None))
        if not isinstance(record, Snapshot) or reading.lost:
            raise Damage(offset, "its snapshot is lost")
        restore(state, record)
    return header, state


def _take(state: CheckpointState, record: Record, offset: int, *, is_whole: bool) -> tuple[Span, ...]:
    """Apply a record as far as it can follow what is left of those before it; what may have been sent if it cannot."""
    try:
        apply(state, record)
    except Contradiction as contradiction:
        if is_whole:
            raise Damage(offset, f"it contradicts itself: {contradiction}") from contradiction
        spans = _may_be_sent(record)
        if spans is None or any(stop > state.position for _, stop in spans):
            raise Damage(offset, "the record of a segment is lost") from contradiction
        _take_part(state, record)
        return spans
    return ()


def _may_be_sent(record: Record) -> tuple[Span, ...] | None:
    """What may have left by a record that cannot follow; None for one that cannot because a segment is lost."""
    match record:
        case Sent() | Rejected() | Skipped() | Corrected():
            return record.spans
        case SegmentRead() | End() | Broken() | Header() | Snapshot():
            return None
        case Circumstance() | Delivered() | Owed() | InDoubt() | Resolved() | Suspected():
            return ()


def _take_part(state: CheckpointState, record: Record) -> None:
    """Apply what of a record is true whatever was lost before it."""
    match record:
        case Resolved(batch=batch) if batch in state.undecided:  # only that it came into doubt is lost
            apply(state, InDoubt(batch=batch, reason=_REASON))
            apply(state, record)
        case Rejected() if part := _part(record.spans, state.owed_within):
            apply(state, msgspec.structs.replace(record, spans=part, batch=None))
        case Skipped() if part := _part(record.spans, state.owed_within):
            apply(state, msgspec.structs.replace(record, spans=part))
        case Corrected() if part := _part(record.spans, state.rejected.within):
            apply(state, msgspec.structs.replace(record, spans=part))
        case _:
            pass  # what it says is about what is lost


def _part(spans: tuple[Span, ...], within: Callable[[int, int], Iterator[Span]]) -> tuple[Span, ...]:
    return tuple(part for start, stop in spans for part in within(start, stop))


def _doubt(state: CheckpointState, suspects: SpanSet, since: float, now: float) -> int:
    """Put what of `suspects` is owed into doubt, each entry as a batch of its own that left since then."""
    owed = SpanSet(span for start, stop in suspects for span in state.owed_within(start, stop))
    for start, stop in owed:
        for position in range(start, stop):
            number = state.next_batch
            apply(state, Sent(batch=number, spans=(Span(position, position + 1),), at=now, since=since))
            apply(state, InDoubt(batch=number, reason=_REASON))
    return len(owed)
