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

__all__ = ["Account", "Books"]


@dataclass(frozen=True, slots=True)
class Books:
    """The account at the end; `read` is `carried` plus `left_behind`, for each label.

    Attributes:
        pictures: that were read.
        entries: that were written for them.
        read: objects by label.
        carried: objects that are in the entries, by label.
        left_behind: objects that are not, by label.
        findings: how often what was found, by code.
        reasons: the same by code and by what it was about: a label, or the name of an attribute.
    """

    pictures: int
    entries: int
    read: dict[str, int]
    carried: dict[str, int]
    left_behind: dict[str, int]
    findings: dict[str, int]
    reasons: dict[str, dict[str, int]]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left behind that nobody chose to leave."""
        return all(CATALOGUE[code].severity is Severity.NOTE for code in self.findings)


@dataclass(slots=True)
class Account:
    """The account while it grows.

    Attributes:
        found: called with everything that is left behind or decided.
    """

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
        return Books(
            pictures=self.pictures,
            entries=self.entries,
            read=dict(self._carried + self._left),
            carried=dict(self._carried),
            left_behind=dict(self._left),
            findings={code: sum(each.values()) for code, each in self._reasons.items()},
            reasons={code: dict(each) for code, each in self._reasons.items()},
        )
