"""What a run leaves in the log for the summaries of later ones: the project's name, severities, the media counted.

Nothing is settled by such a note. A log that has none was written before there were notes of its kind: then what it
would say is not known, or is what it is by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import msgspec

from bulk_importer.checkpoint import Checkpoint, CheckpointState
from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import MediaCounts, Severity

__all__ = ["PROJECT_NAME", "CountedMedia", "note_media", "note_severities", "severities_on_record"]

PROJECT_NAME = "project_name"
"""Note in the log: the name of the project, whose id is in the header."""
_SEVERITIES = "severities"


class CountedMedia(msgspec.Struct, frozen=True):
    """Note in the log: the media of the whole source by what an import brought them.

    Attributes:
        ledger: how many entries were read, delivered, rejected and skipped when they were counted; with other numbers
            the note no longer holds.
    """

    NOTE: ClassVar[str] = "media"

    media: MediaCounts
    ledger: tuple[int, int, int, int]

    @classmethod
    def of(cls, state: CheckpointState, media: MediaCounts) -> Self:
        """Make the note for the ledger as it stands."""
        counts = state.counts
        return cls(media, (counts.entries, counts.delivered, counts.rejected, counts.skipped))

    @classmethod
    def kept(cls, state: CheckpointState) -> MediaCounts | None:
        """What is on record, where it still holds."""
        last = cls.last(state)
        return None if last is None or state.end is None or cls.of(state, last.media) != last else last.media

    @classmethod
    def last(cls, state: CheckpointState) -> Self | None:
        """The note that is on record, whether or not it still holds; None where media were never counted."""
        note = state.notes.get(cls.NOTE)
        return None if note is None else msgspec.convert(note, cls)

    @property
    def importable(self) -> int | None:
        """How many media of the project can be imported, as far as that was known."""
        media = self.media
        return (
            None if media.without_entry is None else media.delivered + media.undelivered + media.without_entry
        )


async def note_media(checkpoint: Checkpoint, media: MediaCounts | None) -> None:
    """Put on record how many media have something by now; nothing where it is not known, or is on record.

    Raises:
        CheckpointError: it cannot be recorded.
    """
    if media is not None and media != CountedMedia.kept(checkpoint.state):
        note = CountedMedia.of(checkpoint.state, media)
        await checkpoint.record_note(CountedMedia.NOTE, msgspec.to_builtins(note))


async def note_severities(checkpoint: Checkpoint, severities: Mapping[str, Severity]) -> None:
    """Put on record which findings count as something else in this run than they do by default.

    Raises:
        CheckpointError: it cannot be recorded.
    """
    tuned = {
        code: severity.value
        for code, severity in severities.items()
        if severity is not CATALOGUE[code].severity
    }
    if tuned != checkpoint.state.notes.get(_SEVERITIES, {}):
        await checkpoint.record_note(_SEVERITIES, tuned)


def severities_on_record(state: CheckpointState) -> dict[str, Severity]:
    """What each finding counts as in the latest run."""
    tuned = msgspec.convert(state.notes.get(_SEVERITIES, {}), dict[str, Severity])
    return {code: tuned.get(code, kind.severity) for code, kind in CATALOGUE.items()}
