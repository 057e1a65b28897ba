"""Events as a run emits them, with what does not matter filled in."""

from __future__ import annotations

from bulk_importer.events import (
    BatchDelivered,
    EntriesRejected,
    OutageBegan,
    OutageEnded,
    RequestEnded,
    RunEnded,
    RunPaused,
    RunStarted,
    SegmentRead,
    StopRequested,
    WindowClosed,
)
from bulk_importer.spans import Span

__all__ = [
    "AWAY",
    "BACK",
    "CLOSED",
    "ENDED",
    "PAUSED",
    "STOP",
    "delivered",
    "rejected",
    "request",
    "segment",
    "started",
]

ENDED = RunEnded(exit_code=0, state="complete")
AWAY = OutageBegan(reason="refused")
BACK = OutageEnded(seconds=1.0)
CLOSED = WindowClosed(hours="22:00-06:00", until="Monday 22:00", after_seconds=60)
STOP = StopRequested(reason="a signal", grace_seconds=30)
PAUSED = RunPaused(by="ana")


def started(*, settled: int = 0, read: int = 0, in_doubt: int = 0) -> RunStarted:
    """A run begins."""
    return RunStarted(
        source="/a/labels.json",
        size=1000,
        server="http://gym.test",
        project="p",
        checkpoint="/a/labels.json.checkpoint",
        settled=settled,
        read=read,
        in_doubt=in_doubt,
    )


def segment(first: int, count: int, *, skipped: int = 0) -> SegmentRead:
    """Entries of ten bytes, with a byte before each."""
    return SegmentRead(
        first=first,
        count=count,
        offset=1 + 11 * first,
        length=11 * count - 1,
        accepted=count,
        rejected=0,
        skipped=skipped,
    )


def delivered(entries: int) -> BatchDelivered:
    """A batch landed."""
    return BatchDelivered(batch=1, entries=entries, bytes=10, weight=30, seconds=0.1, in_flight=1)


def request(outcome: str, cause: str = "", attempt: int = 1, in_flight: int = 0) -> RequestEnded:
    """An upload ended."""
    return RequestEnded(
        batch=1, attempt=attempt, outcome=outcome, cause=cause, seconds=0.2, in_flight=in_flight
    )


def rejected(count: int, **codes: int) -> EntriesRejected:
    """Entries were rejected."""
    return EntriesRejected(spans=(Span(0, count),), codes=codes, batch=None)
