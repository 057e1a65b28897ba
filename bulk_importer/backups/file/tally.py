"""Counts what is in a backup: of one chunk while that is made, and of all chunks together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bulk_importer.backups.file.records import Chunk
from bulk_importer.backups.making.entries import MadeEntry, values_by_class

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """Counts, as `Chunk` has them."""

    media: int = 0
    entries: int = 0
    labelled: int = 0
    gone: int = 0
    unread: int = 0
    values: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def count(self, entries: Sequence[MadeEntry]) -> None:
        """Add the entries of one media."""
        lost = entries[0].backup.lost
        self.media += 1
        self.entries += len(entries)
        self.labelled += bool(lost or any(entry.backup.values for entry in entries))
        self.values += values_by_class(entries)
        self.lost.update(each.kind.value for each in lost)

    def add(self, other: Tally | Chunk) -> None:
        """Add what was counted elsewhere."""
        self.media += other.media
        self.entries += other.entries
        self.labelled += other.labelled
        self.gone += other.gone
        self.unread += other.unread
        self.values.update(other.values)
        self.lost.update(other.lost)
