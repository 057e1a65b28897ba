"""How much a batch that is being packed holds, against what it may hold. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bulk_importer.model import Limits

__all__ = ["Load"]


@dataclass(slots=True)
class Load:
    """What a batch that is being packed holds so far."""

    # Changed by `take` alone, once for each entry that goes in.
    entries: int = 0
    bytes: int = 1  # the opening bracket; each entry then brings a comma or the closing bracket
    weight: int = 0

    def fits(self, length: int, weight: int, limits: Limits) -> bool:
        """Whether an entry of that length and weight may go in; always true for the first one."""
        return self.entries == 0 or (
            self.entries < limits.max_entries
            and self.bytes + length + 1 <= limits.max_bytes
            and self.weight + weight <= limits.max_weight
        )

    def most(self, lengths: Sequence[int], weights: Sequence[int], limits: Limits) -> int:
        """How many of these entries, from the first on, may go in: as `fits` says, one after the other."""
        count = min(len(lengths), max(limits.max_entries - self.entries, 0 if self.entries else 1))
        widths = list(accumulate(lengths[:count]))
        heights = list(accumulate(weights[:count]))
        by_bytes = bisect_right(range(count), limits.max_bytes - self.bytes, key=lambda i: widths[i] + i + 1)
        by_weight = bisect_right(heights, limits.max_weight - self.weight)
        # Whatever it is, the first one of a batch goes in.
        return max(min(by_bytes, by_weight), 0 if self.entries else min(count, 1))

    def take_all(self, lengths: Sequence[int], weights: Sequence[int]) -> None:
        """Add entries to the load."""
        self.entries += len(lengths)
        self.bytes += sum(lengths) + len(lengths)
        self.weight += sum(weights)

    def take(self, length: int, weight: int) -> None:
        """Add an entry to the load."""
        self.entries += 1
        self.bytes += length + 1
        self.weight += weight
