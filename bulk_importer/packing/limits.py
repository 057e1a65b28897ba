"""How much a batch that is being packed holds, against what it may hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass

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

    def take(self, length: int, weight: int) -> None:
        """Count an entry in."""
        self.entries += 1
        self.bytes += length + 1
        self.weight += weight
