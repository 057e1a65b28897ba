"""What one run follows about media: which its entries mention, what they wipe, which other sources have in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from bulk_importer.intake.validation.rules import Rules
from bulk_importer.model import Segment
from bulk_importer.pipeline.wiped.mention_log import MentionLog
from bulk_importer.pipeline.wiped.neighbours import Neighbours
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries

__all__ = ["FollowedMedia", "follow_media"]


class FollowedMedia(msgspec.Struct, frozen=True):
    """The media of one run: what its entries mention and wipe, and what must wait for other sources.

    Attributes:
        wiped: finds entries that wipe what earlier entries bring.
        log: keeps which media the source mentions, for a resume and for other sources of the command.
        held: keys of media that are in doubt in another source of the command: nothing of theirs is sent.
    """

    wiped: WipedEntries
    log: MentionLog
    held: frozenset[int] = frozenset()

    def note(self, positions: Sequence[int], keys: Sequence[int]) -> None:
        """Take note of entries of the next segment that an earlier import delivered: they mention media, too.

        Args:
            keys: of the media of the entries at `positions`.
        """
        self.wiped.note(keys)
        self.log.note(positions, keys)

    def follow(self, segment: Segment) -> Segment:
        """Find in the next segment what is wiped, then write down what it mentions; a filter.

        Raises:
            CheckpointUnusable: the file of mentioned media cannot be written.
        """
        # In this order: an entry that is rejected because it wipes brings nothing that a later one could wipe.
        return self.log.keep(self.wiped.follow(segment))


@asynccontextmanager
async def follow_media(
    folder: Path, position: int, rules: Rules, *, importable: int | None, neighbours: Neighbours | None
) -> AsyncIterator[FollowedMedia]:
    """Follow the media of the run over the checkpoint in `folder`; at the end the neighbours learn what it mentions.

    Args:
        position: the first position that is not on record as read.
        importable: how many media of the project can be imported; None where that is not known.
        neighbours: the other sources of the command; None where there are none.

    Raises:
        CheckpointUnusable: the file of mentioned media cannot be read or written.
    """
    wiped = WipedEntries(rules, importable=importable, others=neighbours.mentions if neighbours else None)
    try:
        with await asyncio.to_thread(MentionLog, folder, position, wiped.mentions) as log:
            held = neighbours.in_doubt_beside(folder) if neighbours else frozenset()
            yield FollowedMedia(wiped, log, held)
    finally:
        # Also after an error: what is on record by now can be wiped by the next source, or is in doubt for it.
        if neighbours:
            await asyncio.to_thread(neighbours.end, folder, wiped.mentions)
