"""Measures what one setting of the gate brings: weight delivered per second, and how sure that is.

Pure. By Little's law a closed loop of N requests that last t seconds on average and deliver w each brings N·w/t a
second. So each answer is a sample of (w, t), and no window of time has to be cut out of the stream, at whose edges
requests that leave and land together would be counted wrongly. N is taken from what was in flight when requests left,
because a sender that is slower than the server does not fill its slots.
"""

from __future__ import annotations

import math

__all__ = ["Goodput"]

# An error that every mean of n answers is believed to have besides what can be seen in it: three answers that happen
# to agree prove little. Measured on the models in the tests: below 0.05 the gate believes chance, above 0.2 it dawdles.
_UNSEEN_ERROR = 0.1


class Goodput:
    """Sums over the answers of one setting, from which its goodput is estimated; older answers may fade."""

    __slots__ = ("_level", "_reached", "answers", "failures", "flights", "t", "tt", "w", "wt", "ww")

    def __init__(self, level: int) -> None:
        """Begin to measure with `level` requests allowed in flight."""
        # All changed by `add` and `fade` alone.
        self._level = level
        self._reached = False
        self.answers = 0.0
        self.failures = 0.0
        self.flights = 0.0
        self.t = self.tt = self.w = self.ww = self.wt = 0.0

    def add(self, delivered: float, seconds: float, in_flight: int, *, failed: bool) -> None:
        """Count an answer: the weight that it delivered (0 where it failed), and how many were in flight with it."""
        seconds = max(seconds, 1e-6)
        self.answers += 1
        self.failures += failed
        # The first requests of a level leave while it is still filling up; once it was full, they count as full.
        self._reached = self._reached or in_flight >= self._level
        self.flights += in_flight
        if self._reached and self.answers <= self._level:
            self.flights = self.answers * self._level
        self.t += seconds
        self.tt += seconds * seconds
        self.w += delivered
        self.ww += delivered * delivered
        self.wt += delivered * seconds

    def fade(self, share: float) -> None:
        """Let what was counted so far weigh `share` of what it did."""
        for name in ("answers", "failures", "flights", "t", "tt", "w", "ww", "wt"):
            setattr(self, name, getattr(self, name) * share)

    @property
    def rate(self) -> float:
        """Weight delivered per second; 0 where nothing was measured."""
        return self.flights / self.answers * self.w / self.t if self.answers else 0.0

    @property
    def failed_share(self) -> float:
        """The share of the answers that delivered nothing."""
        return self.failures / self.answers if self.answers else 0.0

    @property
    def log_rate(self) -> float:
        """The logarithm of `rate`, with a floor for nothing at all."""
        return math.log(max(self.rate, 1e-9))

    @property
    def spread(self) -> float:
        """How far single answers are from the mean, as a share of it: a standard deviation."""
        if self.answers < 1 or self.w <= 0:
            return 1.0
        ratio = self.w / self.t
        residue = max(0.0, self.ww - 2 * ratio * self.wt + ratio * ratio * self.tt)
        return math.sqrt(residue * self.answers) / self.w

    @property
    def log_error(self) -> float:
        """The standard error of `log_rate`: that of a ratio of sums, with what cannot be seen in few answers."""
        if self.answers < 1 or self.w <= 0:
            return 1.0
        few = self.answers / max(self.answers - 1.0, 0.5)
        return math.sqrt((self.spread**2 * few + _UNSEEN_ERROR**2) / self.answers)
