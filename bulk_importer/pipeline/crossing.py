"""What entries of one input do to each other: a later one may wipe what an earlier one of its media brings.

Whether that is an error is for the rules to say; it is a warning unless they say otherwise. As an error it rejects the
later entry, as the earlier one may have been delivered by the time the later one is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from bulk_importer.intake.mentions import Mentions
from bulk_importer.intake.validation import Rules
from bulk_importer.model import Finding, Rejection, Segment, Severity

__all__ = ["Crossing"]

_WIPED = "earlier-entry-wiped"
_FOREIGN = ("media-unknown", "media-benchmark", "media-ambiguous")


class Crossing:
    """Follows the segments of one input, in order.

    Args:
        importable: how many media of the project can be imported, where that is known.
    """

    def __init__(self, rules: Rules, *, importable: int | None = None) -> None:
        severities = rules.severities()
        self._severity = severities[_WIPED]
        self._importable = importable
        # Where entries for other media may pass, what they name is no part of the project.
        self._is_exact = all(severities[code] is Severity.ERROR for code in _FOREIGN)
        self.mentions = Mentions(severity=self._severity)

    @property
    def media(self) -> int | None:
        """How many different media accepted entries name; None where not all could be followed."""
        return len(self.mentions) if self.mentions.is_complete else None

    @property
    def not_mentioned(self) -> int | None:
        """How many importable media of the project no accepted entry names; None where that is not known."""
        if self.media is None or self._importable is None or not self._is_exact:
            return None
        return max(0, self._importable - self.media)

    def follow(self, segment: Segment) -> Segment:
        """Follow a segment; the same with what was found counted, and rejected where that is an error."""
        return self.examined(segment)[0]

    def examined(self, segment: Segment) -> tuple[Segment, list[Finding]]:
        """Follow a segment, in place of `follow` where the findings are wanted.

        Returns:
            The same with what was found counted, and rejected where that is an error; and what was found, unless it
            is only to be counted.
        """
        findings = self.mentions.follow(segment.run)
        if not findings:
            return segment, []
        counts = Counter(segment.counts)
        counts[_WIPED] += len(findings)
        segment = replace(segment, counts=dict(counts))
        if self._severity is Severity.ERROR:
            segment = _without(segment, findings)
        return segment, [] if self._severity is Severity.NOTE else findings


def _without(segment: Segment, findings: Sequence[Finding]) -> Segment:
    """The segment with the entries that the findings are about rejected."""
    run = segment.run
    wrong = {finding.position: finding for finding in findings}
    kept = [index for index in range(len(run)) if run.positions[index] not in wrong]
    rejections = [
        Rejection(
            position=entry.position,
            offset=entry.offset,
            media_id=entry.media_id,
            findings=(wrong[entry.position],),
            raw=entry.raw,
        )
        for entry in map(run.entry, range(len(run)))
        if entry.position in wrong
    ]
    together = sorted((*segment.rejections, *rejections), key=lambda each: each.position)
    return replace(segment, run=run.take(kept), rejections=tuple(together))
