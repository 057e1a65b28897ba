"""Counts the media of a project whose labels entries with keepData false delete."""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaRules
from bulk_importer.model import EntryRun, KeepData, Severity

__all__ = ["LabelledMedia"]

_REPLACING = frozenset({"media-replaced", "media-finished"})


class LabelledMedia:
    """The media of a project whose labels an accepted entry with keepData false deletes, and those that were met.

    Memory: a byte for each slot of the index.

    Attributes:
        importable: how many media of the project can be imported.
        holding: how many of them hold labels that may be deleted, as the index and the rules say.
    """

    def __init__(self, index: MediaIndex, rules: MediaRules, severities: Mapping[str, Severity]) -> None:
        self._index = index
        may_lose = bytes(_may_lose(flags, rules, severities) for flags in range(256))
        self._holds = bytes(index.every).translate(may_lose)
        self.importable = index.importable
        self.holding = self._holds.count(1)
        # A byte for each slot, 1 where an entry met it; changed by `meet` alone.
        self._met = bytearray(len(self._holds))

    @property
    def met(self) -> int:
        """How many different media `meet` has found."""
        return self._met.count(1)

    def meet(self, run: EntryRun) -> int:
        """Take note of accepted entries; how many of them delete labels."""
        if not self.holding or KeepData.FALSE not in run.keeps:
            return 0
        slot_of, holds, met = self._index.slot, self._holds, self._met
        count = 0
        for key, keep in zip(run.keys, run.keeps, strict=True):
            if keep == KeepData.FALSE:
                slot = slot_of(key)
                if slot is not None and holds[slot]:
                    met[slot] = 1
                    count += 1
        return count


def _may_lose(flags: int, rules: MediaRules, severities: Mapping[str, Severity]) -> bool:
    """Whether an entry with keepData false for a media of these flags is sent, and deletes labels there."""
    codes = {flaw.code for flaw in rules.flaws("", flags, KeepData.FALSE)}
    return not codes.isdisjoint(_REPLACING) and all(severities[code] is not Severity.ERROR for code in codes)
