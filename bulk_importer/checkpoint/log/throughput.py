"""How fast entries were settled of late, and what was refused: from the records, as far back as the log tells it.

Pure. What is settled is delivered or rejected. Only `sent` has a time of its own; what stands between two of them is
counted at the time of the latter, and what stands at the end when `until` says what time it was then.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec

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
    RunBegan,
    RunEnded,
    SegmentRead,
    Sent,
    Skipped,
    Snapshot,
    Suspected,
)
from bulk_importer.spans import Span

__all__ = ["FailedAttempt", "Throughput"]

# Tenths of a second in which something was settled are remembered for two minutes: some hundred kB.
_LONGEST_TENTHS = 1200
_MOST_FAILED_ATTEMPTS = 20
_SHORTEST_SECONDS = 0.5
"""Before so much time has passed there is no rate to speak of."""


class FailedAttempt(msgspec.Struct, frozen=True):
    """A batch that was not delivered at its first attempt. `at` is when it left, in seconds since the epoch."""

    at: float
    batch: int
    reason: str


class Throughput:
    """Follows the records in order: tell `note` each of them, and `until` when the last of them was written."""

    def __init__(self) -> None:
        # Changed by `note`, `until` and what they call alone: batches under way with when they left and their size;
        # entries by tenths of a second; those of which that is not known yet; from when on everything is known.
        self._under_way: dict[int, tuple[float, int]] = {}
        self._settled: dict[int, int] = {}
        self._waiting = 0
        self._since: float | None = None
        self.failed_attempts: deque[FailedAttempt] = deque(maxlen=_MOST_FAILED_ATTEMPTS)

    def note(self, record: Record) -> None:
        """Take a record into account."""
        match record:
            case Sent(batch=batch, spans=spans, at=at):
                self.until(at)
                self._under_way[batch] = at, _size(spans)
            case Delivered(batch=batch) | Resolved(batch=batch, delivered=True):
                _, entries = self._under_way.pop(batch, (0.0, 0))
                self._waiting += entries
            case Rejected(spans=spans, batch=batch):
                if batch is not None:
                    self._under_way.pop(batch, None)
                self._waiting += _size(spans)
            case SegmentRead(rejected=spans):
                self._waiting += _size(spans)
            case Owed(batch=batch, reason=reason):
                at, _ = self._under_way.pop(batch, (0.0, 0))
                self.failed_attempts.append(FailedAttempt(at, batch, reason))
            case InDoubt(batch=batch, reason=reason):
                at, _ = self._under_way.get(batch, (0.0, 0))
                self.failed_attempts.append(FailedAttempt(at, batch, reason))
            case RunBegan(at=at) | RunEnded(at=at) if at:
                self.until(at)
            case Resolved() | Skipped() | Corrected() | Suspected():
                pass  # changes nothing that is counted here
            case Circumstance() | Header() | Snapshot() | End() | Broken():
                pass  # says nothing about requests

    def until(self, at: float) -> None:
        """All that was noted so far was on record at `at`, in seconds since the epoch."""
        self._since = at if self._since is None else min(self._since, at)
        if self._waiting:
            tenth = math.ceil(at * 10)
            self._settled[tenth] = self._settled.get(tenth, 0) + self._waiting
            self._waiting = 0
            if len(self._settled) > 2 * _LONGEST_TENTHS:
                since = tenth - _LONGEST_TENTHS
                self._settled = {at: entries for at, entries in self._settled.items() if at >= since}

    def rate(self, now: float, seconds: float, *, since: float = 0.0) -> float | None:
        """Entries per second that were settled in the `seconds` before `now`, two minutes at most.

        Args:
            since: when what is asked about began; a rate over a time in which nothing could happen would be too low.

        Returns:
            None where the time that is known of is too short to tell.
        """
        begin = max(now - seconds, since, now if self._since is None else self._since)
        if now - begin < _SHORTEST_SECONDS:
            return None
        first, last = begin * 10, math.ceil(now * 10)
        return sum(entries for at, entries in self._settled.items() if first < at <= last) / (now - begin)


def _size(spans: tuple[Span, ...]) -> int:
    return sum(stop - start for start, stop in spans)
