"""What was found wrong with one element: all of it counted, as much of it kept as a person will read.

Pure. An element of 64 MB can be wrong in a million places; each flaw would hold a pointer and three texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.labels.flaws import Flaw
from bulk_importer.model import Severity

__all__ = ["FlawCollector"]

_MOST_KEPT = 100


class FlawCollector:
    """The flaws of one element, in the order in which they were found."""

    def __init__(self, severities: Mapping[str, Severity]) -> None:
        # Changed by `add` alone. Notes are counted and never kept.
        self.counts: Counter[str] = Counter()
        self.is_firm = False
        self._severities = severities
        self._kept: dict[Severity, list[Flaw]] = {Severity.ERROR: [], Severity.WARNING: []}

    @property
    def has_error(self) -> bool:
        """Whether the element must not be sent."""
        return bool(self._kept[Severity.ERROR])

    def add(self, flaws: Iterable[Flaw]) -> None:
        """Take note of flaws; the first hundred errors and the first hundred warnings are kept."""
        for flaw in flaws:
            self.counts[flaw.code] += 1
            severity = self._severities[flaw.code]
            if severity is Severity.NOTE:
                continue
            self.is_firm = self.is_firm or CATALOGUE[flaw.code].firm
            if len(self._kept[severity]) < _MOST_KEPT:
                self._kept[severity].append(flaw)

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What was kept, errors first."""
        return tuple(chain.from_iterable(self._kept.values()))
