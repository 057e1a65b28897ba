"""Backs off when the server becomes slow for the people who work on it (`--polite`).

Pure: it is told how long light reads took and answers how much may be sent.

The gate looks for what this run gets out of the server; nothing that it sees tells what others get. So a light read is
timed before anything is sent, and again now and then while the run goes on. When it takes three times as long as at
rest, one notch less is sent: one request in flight instead of two, then pauses between the requests, as long as a
request, three times as long, up to fifteen times. Several quick reads in a row give a notch back, so that it hunts less
than it rests.
"""

from __future__ import annotations

from statistics import median

__all__ = ["LatencyGuard"]

# Requests in flight, and the pause after each in durations of that request, notch by notch.
_NOTCHES: tuple[tuple[int, int], ...] = ((2, 0), (1, 0), (1, 1), (1, 3), (1, 7), (1, 15))
_SLOWER = 3.0
# Below this, a difference is the network's jitter and nobody notices it.
_NOTICEABLE_SECONDS = 0.01
# Slower to give back than to take: one quick read in between proves little while the server is busy.
_QUICK_READS = 3


class LatencyGuard:
    """How much may be sent without people on the server feeling it."""

    def __init__(self) -> None:
        # `_rest` grows before anything is sent; the others change with each read after that.
        self._rest: list[float] = []
        self._notch = 0
        self._quick = 0

    def rested(self, seconds: float) -> None:
        """Note how long a light read took while nothing of ours was, or had just been, in flight."""
        self._rest = [*self._rest[-8:], seconds]

    def read(self, seconds: float) -> bool:
        """Note how long a light read took in the middle of the run; whether the notch changed."""
        before = self._notch
        if not self._rest:
            return False
        rest = median(self._rest)
        if seconds > max(_SLOWER * rest, rest + _NOTICEABLE_SECONDS):
            self._quick = 0
            self._notch = min(self._notch + 1, len(_NOTCHES) - 1)
        else:
            self._quick += 1
            if self._quick >= _QUICK_READS:
                self._quick = 0
                self._notch = max(0, self._notch - 1)
        return self._notch != before

    def allows(self, in_flight: int) -> bool:
        """Whether another request may leave besides so many in flight."""
        return in_flight < _NOTCHES[self._notch][0]

    def pause_seconds(self, seconds: float) -> float:
        """How long to send nothing after a request that took so long."""
        return _NOTCHES[self._notch][1] * seconds
