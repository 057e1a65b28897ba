"""Finds entries that wipe what an earlier entry of their media brings.

The earlier entry may stand in the same source or in another one of the command. Of other sources count the entries that
are on record from an earlier run, and those of sources whose turn came before.

To wipe is a warning, unless the rules make it an error or a note. As an error it rejects the later entry, because the
earlier one may have been delivered by the time the later one is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from bulk_importer.intake.validation.rules import Rules
from bulk_importer.model import EntryRun, Finding, KeepData, Rejection, Segment, Severity
from bulk_importer.pipeline.wiped.mentions import Mentions, wiping
from bulk_importer.readable import agreeing, counted

__all__ = ["WipedEntries"]

_WIPED = "earlier-entry-wiped"
_FOREIGN = ("media-unknown", "media-benchmark", "media-ambiguous")


class WipedEntries:
    """Follows the segments of one input, in order.

    Args:
        importable: how many media of the project can be imported, where that is known.
        others: what other sources of the same command mention; None where there are none.
    """

    def __init__(
        self, rules: Rules, *, importable: int | None = None, others: Mentions | None = None
    ) -> None:
        severities = rules.severities()
        self._severity = severities[_WIPED]
        self._importable = importable
        # Where entries for other media may pass, what they name is no part of the project.
        self._is_exact = all(severities[code] is Severity.ERROR for code in _FOREIGN)
        self._others = Mentions() if others is None else others
        self.mentions = Mentions(severity=self._severity)
        # Entries with keepData false that were followed when not all media before them were known.
        self._unknown = 0

    @property
    def importable(self) -> int | None:
        """How many media of the project can be imported; None where that is not known, or entries for others pass."""
        return self._importable if self._is_exact else None

    @property
    def unknown(self) -> str:
        """What could not be found out, a phrase; empty where all could."""
        if not self._unknown:
            return ""
        return (
            f"whether {counted(self._unknown, 'entry')} with keepData false {agreeing(self._unknown, 'wipes')} what "
            "earlier ones of the same media bring: not all media that came before are known"
        )

    def note(self, keys: Sequence[int]) -> None:
        """Take note of entries of the input that an earlier import delivered, by the keys of their media."""
        self.mentions.recall(keys)

    def follow(self, segment: Segment) -> Segment:
        """Follow the next segment, a filter: what it wipes is counted in it, and rejected where that is an error."""
        return self.examined(segment)[0]

    def examined(self, segment: Segment) -> tuple[Segment, list[Finding]]:
        """Follow the next segment, in place of `follow` where the findings are wanted.

        Returns:
            The segment as `follow` returns it; and the findings, unless they are only to be counted.
        """
        findings = self._wiping(segment.run)
        if not findings:
            return segment, []
        counts = Counter(segment.counts)
        counts[_WIPED] += len(findings)
        segment = replace(segment, counts=dict(counts))
        if self._severity is Severity.ERROR:
            segment = _without(segment, findings)
        return segment, [] if self._severity is Severity.NOTE else findings

    def _wiping(self, run: EntryRun) -> list[Finding]:
        """A finding for each entry that wipes an earlier one, in order of position."""
        findings = self.mentions.follow(run)
        if not (self.mentions.is_complete and self._others.is_complete):
            self._unknown += run.keeps.count(KeepData.FALSE)
        if not len(self._others) or KeepData.FALSE not in run.keeps:
            return findings
        found = {finding.position for finding in findings}
        across = [
            wiping(run, index, self._severity, "behind an entry of another source for the same media")
            for index in self._others.among(run.keys)
            if run.keeps[index] == KeepData.FALSE and run.positions[index] not in found
        ]
        return sorted((*findings, *across), key=lambda each: each.position) if across else findings


def _without(segment: Segment, findings: Sequence[Finding]) -> Segment:
    """The segment with the entries that the findings are about rejected."""
    run = segment.run
    wrong = {finding.position: finding for finding in findings}
    kept = [index for index in range(len(run)) if run.positions[index] not in wrong]
    rejections = [
        Rejection.of(entry, [wrong[entry.position]])
        for entry in map(run.entry, range(len(run)))
        if entry.position in wrong
    ]
    together = sorted((*segment.rejections, *rejections), key=lambda each: each.position)
    return replace(segment, run=run.take(kept), rejections=tuple(together))
