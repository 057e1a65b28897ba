"""How often a number was at most so large, for a few bounds: what Prometheus calls a histogram.

Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

__all__ = ["Histogram"]


class Histogram:
    """Counts numbers by the lowest bound that they do not exceed."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        # One for each bound, and one for what is above them all. Changed by `add`, as `sum` is.
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, number: float) -> None:
        """Count a number."""
        self._counts[bisect_left(self._bounds, number)] += 1
        self.sum += number

    def buckets(self) -> Iterator[tuple[float, int]]:
        """Each bound, in order, infinity at the end, with how many numbers are at most that."""
        return zip((*self._bounds, float("inf")), accumulate(self._counts), strict=True)
