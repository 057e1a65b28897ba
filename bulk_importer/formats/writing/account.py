"""The books of a conversion: what a source holds is what was carried and what was left behind.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bulk_importer.formats.model import Left
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import Severity
from bulk_importer.summary import Books

__all__ = ["Account", "Tally"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What was carried of a part of a source."""

    pictures: int
    entries: int
    carried: Counter[str]


@dataclass(slots=True)
class Account:
    """The account while it grows.

    Attributes:
        format: name of the format of the source.
        found: called with everything that is left behind or decided.
        named: called with the name of each picture by which its media is to be found.
    """

    format: str
    found: Callable[[Left], None] = lambda _: None
    named: Callable[[str], None] = lambda _: None
    pictures: int = 0
    entries: int = 0
    _carried: Counter[str] = field(default_factory=Counter)
    _left: Counter[str] = field(default_factory=Counter)
    _reasons: dict[str, Counter[str]] = field(default_factory=dict)

    def carry(self, label: str, objects: int = 1) -> None:
        """Objects are in an entry."""
        self._carried[label] += objects

    def carry_all(self, labels: Sequence[str]) -> None:
        """An object of each of these is in an entry."""
        self._carried.update(labels)

    def take(self) -> Tally:
        """What was carried since this was asked last; the account begins anew with that."""
        tally = Tally(self.pictures, self.entries, self._carried)
        self.pictures = self.entries = 0
        self._carried = Counter()
        return tally

    def add(self, tally: Tally) -> None:
        """Count what was carried elsewhere."""
        self.pictures += tally.pictures
        self.entries += tally.entries
        self._carried.update(tally.carried)

    def leave(self, left: Left) -> None:
        """Something is not in an entry, or was decided."""
        if left.objects:
            self._left[left.label] += left.objects
        self._reasons.setdefault(left.code, Counter())[left.label] += 1
        self.found(left)

    def books(self) -> Books:
        """The account as it stands."""
        findings = {code: sum(each.values()) for code, each in self._reasons.items()}
        return Books(
            format=self.format,
            pictures=self.pictures,
            entries=self.entries,
            read=dict(self._carried + self._left),
            carried=dict(self._carried),
            left_behind=dict(self._left),
            findings=findings,
            reasons={code: dict(each) for code, each in self._reasons.items()},
            is_complete=all(CATALOGUE[code].severity is Severity.NOTE for code in findings),
        )
