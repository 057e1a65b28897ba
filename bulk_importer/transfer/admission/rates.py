"""Keeps what is sent below the rates that a person allowed.

Pure: the clock is a parameter (seconds, monotonic).

GCRA (the generic cell rate algorithm of ATM) without burst tolerance: each limit keeps the time from which on the
next thing conforms, and each thing moves that time on by its size over the rate. A batch is charged when it leaves,
for what it holds: so a large one is followed by a long pause, and the rate holds over any stretch that begins with
one request and ends before another. Idle time is not saved up. A token bucket would be the same with bursts, and
bursts are what people who set a limit want to avoid.
"""

from __future__ import annotations

import math

__all__ = ["Pacing", "Rate"]


class Rate:
    """One limit: so many per second."""

    def __init__(self, per_second: float) -> None:
        """Begin with nothing charged. Raises `ValueError` for a rate that is not positive and finite."""
        if not 0 < per_second < math.inf:
            raise ValueError(f"a rate must be positive and finite, not {per_second}")
        self.per_second = per_second
        # Moved on by `charge` alone; the time from which on the next request conforms.
        self._conforms_at = -math.inf

    def wait_seconds(self, now: float) -> float:
        """How long the next request has to wait; 0 where it need not."""
        return max(0.0, self._conforms_at - now)

    def change(self, now: float, per_second: float) -> None:
        """Keep to another rate. What left under a slower one is waited for at this one, and never for longer."""
        left = self.wait_seconds(now) * self.per_second
        self._conforms_at = min(self._conforms_at, now + left / per_second)
        self.per_second = per_second

    def charge(self, now: float, amount: float) -> None:
        """Count something of this size that leaves now."""
        self._conforms_at = max(self._conforms_at, now) + amount / self.per_second


class Pacing:
    """The limits on requests, entries and bytes per second together; each may be None."""

    def __init__(
        self,
        *,
        requests_per_second: float | None = None,
        entries_per_second: float | None = None,
        bytes_per_second: float | None = None,
    ) -> None:
        # None where there is no limit; changed by `change` alone.
        self._requests = _changed(None, requests_per_second)
        self._entries = _changed(None, entries_per_second)
        self._bytes = _changed(None, bytes_per_second)

    def change(
        self,
        now: float,
        *,
        requests_per_second: float | None = None,
        entries_per_second: float | None = None,
        bytes_per_second: float | None = None,
    ) -> None:
        """Keep to these limits from now on."""
        self._requests = _changed(self._requests, requests_per_second, now)
        self._entries = _changed(self._entries, entries_per_second, now)
        self._bytes = _changed(self._bytes, bytes_per_second, now)

    @property
    def max_entries(self) -> int | None:
        """The most entries for one batch: what one second allows, and at least one. A larger batch would be a burst."""
        return max(1, math.floor(self._entries.per_second)) if self._entries else None

    @property
    def max_bytes(self) -> int | None:
        """The most bytes for one batch: what one second allows, and at least one."""
        return max(1, math.floor(self._bytes.per_second)) if self._bytes else None

    def wait_seconds(self, now: float) -> float:
        """How long the next request has to wait so that every limit holds; 0 where it need not."""
        paces = (self._requests, self._entries, self._bytes)
        return max((pace.wait_seconds(now) for pace in paces if pace), default=0.0)

    def charge(self, now: float, *, entries: int, body_bytes: int) -> None:
        """Count a request that leaves now; also one that is sent again, because the server has to read it again."""
        for pace, amount in ((self._requests, 1), (self._entries, entries), (self._bytes, body_bytes)):
            if pace:
                pace.charge(now, amount)


def _changed(rate: Rate | None, per_second: float | None, now: float = 0.0) -> Rate | None:
    """The rate with a new limit, which remembers what has left."""
    if per_second is None:
        return None
    if rate is None:
        return Rate(per_second)
    rate.change(now, per_second)
    return rate
