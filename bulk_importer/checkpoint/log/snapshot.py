"""A state as one record, and back.

Pure. A restored state equals the one that was taken down, in everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bulk_importer.checkpoint.log.records import Snapshot
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.model import SegmentKey
from bulk_importer.spans import SpanSet

__all__ = ["restore", "snapshot"]


def snapshot(state: CheckpointState) -> Snapshot:
    """All that `state` says, except the identity of the source, which stands in the header."""
    return Snapshot(
        first_offset=state.segments[0].offset if state.segments else 0,
        segments=tuple(
            (key.count, key.length, key.digest, crc)
            for key, crc in zip(state.segments, state.digests_crcs, strict=True)
        ),
        delivered=tuple(_distances(state.delivered)),
        rejected=tuple(_distances(state.rejected)),
        skipped=tuple(_distances(state.skipped)),
        undecided=tuple(state.undecided.values()),
        next_batch=state.next_batch,
        counts=state.finding_counts,
        rejected_bytes=state.rejected_bytes,
        notes=state.notes,
        end=state.end,
        broken=state.broken,
        seconds=state.seconds,
        requests=state.requests,
        retries=state.retries,
        run=state.run,
        run_requests=state.run_requests,
        last_sent_at=state.last_sent_at,
        suspects=state.suspects,
        run_settled=state.run_settled,
        ended=state.ended,
    )


def restore(state: CheckpointState, record: Snapshot) -> None:
    """Make a fresh `state` say all that `record` says."""
    first, offset = 0, record.first_offset
    for count, length, digest, crc in record.segments:
        state.segments.append(SegmentKey(first, count, offset, length, digest))
        state.digests_crcs.append(crc)
        first, offset = first + count, offset + length
    state.delivered = _positions(record.delivered)
    state.rejected = _positions(record.rejected)
    state.skipped = _positions(record.skipped)
    for batch in record.undecided:
        state.undecided[batch.batch] = batch
        state.taken.update(batch.spans)
    state.next_batch = record.next_batch
    state.finding_counts = dict(record.counts)
    state.rejected_bytes = record.rejected_bytes
    state.notes = dict(record.notes)
    state.end, state.broken = record.end, record.broken
    state.seconds, state.requests, state.retries = record.seconds, record.requests, record.retries
    state.suspects = record.suspects
    state.run, state.run_requests, state.last_sent_at = record.run, record.run_requests, record.last_sent_at
    state.run_settled, state.ended = record.run_settled, record.ended


def _distances(positions: SpanSet) -> Iterator[int]:
    """Gap, length, gap, length: a third of the digits that absolute positions take."""
    behind = 0
    for start, stop in positions:
        yield start - behind
        yield stop - start
        behind = stop


def _positions(distances: Sequence[int]) -> SpanSet:
    found = SpanSet()
    at = 0
    for gap, length in zip(distances[::2], distances[1::2], strict=True):
        found.add(at + gap, at + gap + length)
        at += gap + length
    return found
