"""Makes rejections of what the server refused: its own words, in the form of our findings."""

from __future__ import annotations

from bulk_importer.model import Batch, Entry, Finding, Rejection, Severity
from bulk_importer.transfer.isolation import Refused

__all__ = ["REFUSED_CODE", "rejection_of"]

REFUSED_CODE = "refused-by-server"
_LONGEST_FOUND = 500


def rejection_of(batch: Batch, refused: Refused) -> Rejection:
    """The rejection of the entry at `refused.index` of `batch`, with a finding for each place that the server named."""
    entry = next(entry for index, entry in enumerate(batch.each()) if index == refused.index)
    words = f"{refused.key} {list(refused.params)}" if refused.params else refused.key
    findings = [
        _finding(entry, pointer, "; ".join(messages))
        for pointer, messages in sorted(refused.pointers.items())
    ]
    return Rejection(
        position=entry.position,
        offset=entry.offset,
        media_id=entry.media_id,
        findings=tuple(findings or [_finding(entry, "", words)]),
        raw=entry.raw,
    )


def _finding(entry: Entry, pointer: str, words: str) -> Finding:
    return Finding(
        code=REFUSED_CODE,
        severity=Severity.ERROR,
        position=entry.position,
        offset=entry.offset,
        media_id=entry.media_id,
        pointer=pointer,
        expected="an entry that the server takes",
        found=words[:_LONGEST_FOUND],
        advice="The server's own words; compare the entry with the project's label configuration.",
    )
