"""Which media imports delivered labels for, and of which of these something was not delivered.

It is known from the checkpoint alone: the media of each entry that could be sent are in the file of `mention_log`, what
became of it in the ledger, and those of entries that were rejected before on the lines of `rejected.jsonl`. What a
retry delivered counts by its own folder; the entry that it stands for counts no longer.

Memory: three `Mentions`, whatever the size of the imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import islice
from pathlib import Path

from bulk_importer.checkpoint import CheckpointState
from bulk_importer.checkpoint.rejects import rejected_lines
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.pipeline.wiped.media_counts import key_of_media, recall_media
from bulk_importer.pipeline.wiped.mentions import Mentions
from bulk_importer.spans import SpanSet

__all__ = ["DeliveredMedia", "MediaFate"]

_LINES = 4096  # at a time


class MediaFate(Enum):
    """What became of the entries of a media that something was delivered for."""

    WHOLE = "all of them are delivered"
    REJECTED = "some are rejected, and none is left to send"
    UNSENT = "some are not sent yet"


class DeliveredMedia:
    """The media of some imports."""

    def __init__(self) -> None:
        # Changed by `add` alone.
        self._delivered = Mentions()
        self._rejected = Mentions()
        self._unsent = Mentions()

    def add(self, folder: Path, state: CheckpointState) -> None:
        """Add what the import did whose checkpoint is in `folder` and says `state`. Blocks.

        Raises:
            CheckpointError: a file of it cannot be read, or does not hold what it must.
        """
        as_they_came, rejected = state.delivered.copy(), state.rejected.copy()
        as_they_came.update(state.skipped)
        retried = SpanSet()
        for retry in retry_folders(folder):
            own = retry.state()
            if own is not None and own.delivered:
                recall_media(self._delivered, retry.checkpoint, own.delivered)
                retried.update(SpanSet.of(sorted(retry.standing().delivered)))
        for start, stop in retried:
            as_they_came.discard(start, stop)
            rejected.discard(start, stop)
        settled = as_they_came.copy()
        settled.update(retried)
        settled.update(rejected)
        recall_media(self._delivered, folder, as_they_came)
        recall_media(self._rejected, folder, rejected)
        recall_media(self._unsent, folder, SpanSet(settled.missing(0, state.position)))
        self._take_rejected(folder, state, rejected)
        if not all(each.is_complete for each in (self._delivered, self._rejected, self._unsent)):
            raise CheckpointUnusable(
                str(folder),
                "which media its entries name is not known: its file 'mentions' is gone or cut short, or they are more "
                "than can be followed (2.8 million)",
                advice="'bulk-importer complete' with --source SOURCE, what was imported, finds it out again, unless "
                "they are too many. No task was changed.",
            )

    def fates(self, media_ids: Sequence[str]) -> list[MediaFate | None]:
        """What became of the entries of each media; None where nothing was delivered for it."""
        keys = [key_of_media(each) for each in media_ids]
        found: list[MediaFate | None] = [None] * len(keys)
        for place in self._delivered.among(keys):
            found[place] = MediaFate.WHOLE
        for fate, mentions in ((MediaFate.REJECTED, self._rejected), (MediaFate.UNSENT, self._unsent)):
            for place in mentions.among(keys):
                found[place] = found[place] and fate
        return found

    def _take_rejected(self, folder: Path, state: CheckpointState, rejected: SpanSet) -> None:
        """Take note of media whose entries were rejected when they were read; the others are in the other file."""
        named: Iterable[str | None] = (
            line.media_id or line.findings[0].media_id
            for line in rejected_lines(folder, state.rejected_bytes)
            if line.position in rejected
        )
        named = iter(named)
        while ids := set(islice(named, _LINES)):
            self._rejected.recall([key_of_media(each) for each in ids if each])
