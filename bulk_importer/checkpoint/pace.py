"""How fast entries were delivered of late, and what was refused: from the records, as far back as the log tells it.

Pure. A request counts for the second in which it left; `delivered` has no time of its own, and needs none.
"""

from __future__ import annotations

from collections import deque

import msgspec

from bulk_importer.checkpoint.records import Delivered, InDoubt, Owed, Record, Resolved, Sent
from bulk_importer.spans import SpanSet

__all__ = ["Pace", "Trouble"]

# A second is remembered for an hour, so this is a day of seconds with deliveries at most a few hundred kB.
_LONGEST_SECONDS = 3600
_MOST_TROUBLES = 20


class Trouble(msgspec.Struct, frozen=True):
    """A batch that was not delivered at its first attempt. `at` is when it left, in seconds since the epoch."""

    at: float
    batch: int
    reason: str


class Pace:
    """Follows the records in order: tell `note` each of them."""

    def __init__(self) -> None:
        # Changed by `note` alone: batches under way with when they left and their size; entries by second.
        self._under_way: dict[int, tuple[float, int]] = {}
        self._delivered: dict[int, int] = {}
        self._latest = 0.0
        self.troubles: deque[Trouble] = deque(maxlen=_MOST_TROUBLES)

    def note(self, record: Record) -> None:
        """Take a record into account."""
        match record:
            case Sent(batch=batch, spans=spans, at=at):
                self._latest = max(self._latest, at)
                self._under_way[batch] = at, len(SpanSet(spans))
            case Delivered(batch=batch) | Resolved(batch=batch, delivered=True):
                at, entries = self._under_way.pop(batch, (0.0, 0))
                self._delivered[int(at)] = self._delivered.get(int(at), 0) + entries
                self._forget()
            case Owed(batch=batch, reason=reason):
                at, _ = self._under_way.pop(batch, (0.0, 0))
                self.troubles.append(Trouble(at, batch, reason))
            case InDoubt(batch=batch, reason=reason):
                at, _ = self._under_way.get(batch, (0.0, 0))
                self.troubles.append(Trouble(at, batch, reason))
            case _:
                pass  # says nothing about requests

    def rate(self, now: float, seconds: float) -> float:
        """Entries per second that were delivered of what left in the `seconds` before `now`; at most an hour."""
        since = now - seconds
        return sum(entries for at, entries in self._delivered.items() if since < at <= now) / seconds

    def _forget(self) -> None:
        if len(self._delivered) > 2 * _LONGEST_SECONDS:
            since = self._latest - _LONGEST_SECONDS
            self._delivered = {at: entries for at, entries in self._delivered.items() if at >= since}
