"""What each record means: when it may follow, and what it changes.

Pure. The live checkpoint and the replay of a log both go through here, so that what a run believes and what a
resume reads cannot drift apart. `require` is asked before a record is written, `apply` is called after.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from bulk_importer.checkpoint.log.records import (
    Broken,
    Circumstance,
    Corrected,
    Delivered,
    End,
    Ended,
    Header,
    InDoubt,
    Note,
    Owed,
    Record,
    Rejected,
    Resolved,
    RunBegan,
    RunEnded,
    SegmentRead,
    Sent,
    ServerMoved,
    Skipped,
    Snapshot,
    SourceChanged,
    Suspected,
    Suspicion,
    Undecided,
)
from bulk_importer.checkpoint.log.state import CheckpointState, Contradiction
from bulk_importer.spans import Span, SpanSet

__all__ = ["apply", "require"]


def require(state: CheckpointState, record: Record) -> None:  # noqa: PLR0912  # one branch for each kind
    """Return when `record` may follow what `state` says.

    Raises:
        Contradiction: it may not.
    """
    match record:
        case Sent():
            _require_sendable(state, record)
        case Delivered() | Owed() | InDoubt():
            _require_under_way(state, record.batch)
        case SegmentRead():
            _require_next(state, record)
        case Rejected():
            _require_rejectable(state, record)
        case Resolved():
            if not _require_under_way(state, record.batch).reason:
                raise Contradiction(f"batch {record.batch} is resolved and was not unconfirmed")
        case Skipped():
            _require_owed(state, record.spans, "skipped")
        case Corrected():
            if not all(state.rejected.covers(start, stop) for start, stop in record.spans):
                raise Contradiction("a retry delivered what was not rejected")
        case Suspected():
            if not record.spans or state.unsettled(record.spans) != SpanSet(record.spans):
                raise Contradiction("entries are suspected that are settled, or were not read")
        case End():
            if record.entries != state.position or record.length < state.offset:
                raise Contradiction(f"the end at {record.entries} is not the end of the last segment")
        case Broken():
            if record.position < state.position or state.end is not None:
                raise Contradiction(f"the source breaks at {record.position}, which was read")
        case Header() | Snapshot():
            raise Contradiction("a header or snapshot stands in the middle")
        case Circumstance():
            pass


def apply(state: CheckpointState, record: Record) -> None:  # noqa: PLR0912  # one branch for each kind
    """Make `record` true in `state`.

    Raises:
        Contradiction: it may not follow; `state` is as it was.
    """
    require(state, record)
    match record:
        case Sent():
            _send(state, record)
        case Delivered():
            _settle(state, record.batch, delivered=True)
        case SegmentRead():
            _read(state, record)
        case Owed():
            _settle(state, record.batch, delivered=False)
        case Rejected():
            if record.batch is not None:
                _settle(state, record.batch, delivered=False)
            state.rejected.update(record.spans)
            _count(state, record)
        case InDoubt():
            doubt = msgspec.structs.replace(state.undecided[record.batch], reason=record.reason or "unknown")
            state.undecided[record.batch] = doubt
        case Resolved():
            _settle(state, record.batch, delivered=record.delivered)
        case Skipped():
            state.skipped.update(record.spans)
        case Corrected():
            _correct(state, record)
        case Suspected():
            _suspect(state, record)
        case Note():
            state.notes[record.name] = record.value
        case RunBegan() | RunEnded():
            _account(state, record)
        case SourceChanged():
            # A break still counts, until something behind it is read: people mend more than once.
            state.identity, state.end = record.identity, None
        case ServerMoved():
            state.server = record.server
        case End():
            state.end, state.broken = record, None
        case Broken():
            state.broken = record
        case Header() | Snapshot():
            pass  # refused by `require`


def _require_sendable(state: CheckpointState, record: Sent) -> None:
    under_way = state.undecided.get(record.batch)
    if under_way is None:
        _require_owed(state, record.spans, "sent")
    elif under_way.reason or under_way.spans != record.spans:
        raise Contradiction(f"batch {record.batch} is sent again as another one, or while it is unconfirmed")


def _require_under_way(state: CheckpointState, batch: int) -> Undecided:
    try:
        return state.undecided[batch]
    except KeyError:
        raise Contradiction(f"batch {batch} has an outcome and is not under way") from None


def _require_owed(state: CheckpointState, spans: tuple[Span, ...], verb: str) -> None:
    if not spans or not state.owes(spans):
        raise Contradiction(
            f"positions {[tuple(span) for span in spans[:3]]} are {verb} and were not left to send"
        )


def _require_next(state: CheckpointState, record: SegmentRead) -> None:
    key = record.key
    if key.first != state.position or (state.segments and key.offset != state.offset):
        raise Contradiction(f"the segment at {key.first} does not begin where the last one ends")
    if key.count < 0 or key.length < 0 or state.end is not None:
        raise Contradiction(f"the segment at {key.first} lies behind the end, or has less than no entries")
    apart = (*record.rejected, *record.skipped)
    inside = all(key.first <= start < stop <= key.first + key.count for start, stop in apart)
    if not inside or len(SpanSet(apart)) != sum(stop - start for start, stop in apart):
        raise Contradiction(f"the segment at {key.first} rejects or skips what it does not hold, or twice")


def _require_rejectable(state: CheckpointState, record: Rejected) -> None:
    if record.batch is None:
        _require_owed(state, record.spans, "rejected")
        return
    batch = SpanSet(_require_under_way(state, record.batch).spans)
    if not all(batch.covers(start, stop) for start, stop in record.spans):
        raise Contradiction(f"batch {record.batch} is refused for entries that it does not hold")


def _send(state: CheckpointState, record: Sent) -> None:
    state.taken.update(record.spans)
    state.undecided[record.batch] = Undecided(record.batch, record.spans, record.at, since=record.since)
    state.next_batch = max(state.next_batch, record.batch + 1)
    state.run_requests += 1
    state.last_sent_at = record.at


def _settle(state: CheckpointState, batch: int, *, delivered: bool) -> None:
    for start, stop in state.undecided.pop(batch).spans:
        state.taken.discard(start, stop)
        if delivered:
            state.delivered.add(start, stop)
            state.run_settled += stop - start


def _suspect(state: CheckpointState, record: Suspected) -> None:
    tries = 0
    others = []
    for known in state.suspects:
        left = state.unsettled(known.spans)
        if any(left.meets(*span) for span in record.spans):
            tries = max(tries, known.tries)
            for start, stop in record.spans:
                left.discard(start, stop)
        if left:
            others.append(msgspec.structs.replace(known, spans=left.spans))
    state.suspects = (*others, Suspicion(record.spans, tries + 1, record.said, record.condemned))


def _read(state: CheckpointState, record: SegmentRead) -> None:
    state.segments.append(record.key)
    state.digests_crcs.append(record.digests_crc)
    state.rejected.update(record.rejected)
    state.skipped.update(record.skipped)
    state.broken = None
    _count(state, record)


def _count(state: CheckpointState, record: SegmentRead | Rejected) -> None:
    spans = record.rejected if isinstance(record, SegmentRead) else record.spans
    state.run_settled += sum(stop - start for start, stop in spans)
    for code, number in record.counts.items():
        state.finding_counts[code] = state.finding_counts.get(code, 0) + number
    state.rejected_bytes = max(state.rejected_bytes, record.rejected_bytes)


def _correct(state: CheckpointState, record: Corrected) -> None:
    for start, stop in record.spans:
        state.rejected.discard(start, stop)
        state.delivered.add(start, stop)
    counts = Counter(state.finding_counts)
    counts.subtract(record.counts)
    state.finding_counts = {code: number for code, number in counts.items() if number > 0}
    if record.rejected_bytes is not None:
        state.rejected_bytes = record.rejected_bytes


def _account(state: CheckpointState, record: RunBegan | RunEnded) -> None:
    if isinstance(record, RunEnded):
        state.seconds += record.seconds
        state.requests += record.requests
        state.retries += record.retries
        if state.run is not None:
            state.ended = _over(state, state.run, record.at, record.exit_code, record.why)
        state.run = None
    else:
        if state.run is not None:  # the one before was killed: its requests are known, its time nearly
            state.seconds += max(0.0, state.last_sent_at - state.run.at)
            state.requests += state.run_requests
            state.ended = _over(state, state.run, state.last_sign_at, None, "")
        state.run = record
    state.run_requests = state.run_settled = 0


def _over(state: CheckpointState, run: RunBegan, at: float, exit_code: int | None, why: str) -> Ended:
    return Ended(
        run=run.run, began_at=run.at, ended_at=at, exit_code=exit_code, why=why, settled=state.run_settled
    )
