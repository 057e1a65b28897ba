"""The books of a conversion: what a source holds is what was carried and what was left behind.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bulk_importer.formats.model import Left
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import Severity
from bulk_importer.summary import Books

__all__ = ["Account"]


@dataclass(slots=True)
class Account:
    """The account while it grows.

    Attributes:
        format: name of the format of the source.
        found: called with everything that is left behind or decided.
    """

    format: str
    found: Callable[[Left], None] = lambda _: None
    pictures: int = 0
    entries: int = 0
    _carried: Counter[str] = field(default_factory=Counter)
    _left: Counter[str] = field(default_factory=Counter)
    _reasons: dict[str, Counter[str]] = field(default_factory=dict)

    def carry(self, label: str, objects: int = 1) -> None:
        """Objects are in an entry."""
        self._carried[label] += objects

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
