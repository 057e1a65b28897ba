"""Finds which corrections of a shard must wait because of what other shards of the plan have for their media.

All entries of a media are in one shard, as the source names their media. A correction may name another media, whose
entries are in another shard: there it comes after some of them, as in a single import it would. So it waits where one
of the two says `keepData: false` and the other was delivered though it stands behind; and while that other shard may
still send for the media. What was moved in this way by earlier retries of other shards counts as well.

Shards that cannot have the media are left alone: those whose checkpoint says that no entry of theirs names it. The
others are read again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import read_state, rejected_lines
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.checkpoint.retries import delivered_corrections, retry_folders
from bulk_importer.distributed.corrected import in_doubt_in, named, not_mentioned, with_keys
from bulk_importer.distributed.keeping.interfaces import Kept
from bulk_importer.distributed.keeping.opening import keeping_of
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import pieces_of
from bulk_importer.distributed.translating import Translation
from bulk_importer.distributed.values import Plan, Shard, work_key
from bulk_importer.distributed.work.opening import opened_shard
from bulk_importer.distributed.work.summaries import standing
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.intake.validation.naming import NamedRules
from bulk_importer.media.names.making import NAMES, names_in
from bulk_importer.model import KeepData, ReadPlan
from bulk_importer.pipeline.wiped.media_counts import key_of_media
from bulk_importer.pipeline.wiped.mention_log import recall_checkpoint
from bulk_importer.pipeline.wiped.mentions import MENTIONS, Mentions
from bulk_importer.settings import MediaBy, Settings
from bulk_importer.summary import RunState

__all__ = ["Elsewhere"]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """The other shards of a plan, as a retry of one asks them.

    Attributes:
        index: of the shard whose corrections are to be fed.
        settings: of the import of it.
        source: where the source of the plan is now; None where it was.
        out_of_order: what was delivered later does not matter.
    """

    plan: Plan
    index: int
    place: Place
    settings: Settings
    source: str | None
    out_of_order: bool

    async def waiting(self, corrections: Sequence[Correction], folder: Path) -> set[int]:
        """The positions, in the shard, of the corrections that cannot be fed now.

        Args:
            corrections: all that name a media.
            folder: of the checkpoint of the shard.

        Raises:
            CheckpointError, InputError, UsageError: what is on record of another shard, or the source, cannot be read.
        """
        moved = await asyncio.to_thread(_moved, corrections, folder)
        own = await asyncio.to_thread(self._translation, self.plan.shards[self.index])
        waiting: set[int] = set()
        for shard in self.plan.shards:
            if shard.index == self.index:
                continue
            was_retried: bool = await asyncio.to_thread(self._was_retried, shard)
            if not (moved or was_retried):
                continue
            kept = await asyncio.to_thread(
                keeping_of(self.place, work_key(shard.index)).last, MENTIONS, NAMES
            )
            if not await asyncio.to_thread(_is_complete, kept):
                waiting.update(each.position for each in moved)
            if kept is not None:
                order = _Order(corrections, own, await asyncio.to_thread(self._translation, shard))
                await self._look(shard, kept, order, moved)
                waiting |= order.waiting
        return waiting

    async def _look(self, shard: Shard, kept: Kept, order: _Order, moved: Sequence[Correction]) -> None:
        """Show `order` all that another shard has for the media of the corrections."""
        retries = await asyncio.to_thread(retry_folders, kept.folder)
        if not await asyncio.to_thread(_knows_names, kept.folder):
            waiting = order.all_corrections() if retries else moved
            order.waiting.update(() if self.out_of_order else (each.position for each in waiting))
            return
        order.waiting |= await asyncio.to_thread(order.doubted, in_doubt_in(retries, kept.folder))
        if self.out_of_order:
            return
        corrected = await asyncio.to_thread(lambda: named(delivered_corrections(retries), kept.folder))
        for each in corrected:
            order.see(each.position, each.lane, each.keep)
        if await asyncio.to_thread(_names_one, kept.folder, moved):
            await self._read(shard, kept.folder, order, {each.position for each in corrected})

    async def _read(self, shard: Shard, folder: Path, order: _Order, replaced: set[int]) -> None:
        """Show `order` what was delivered of a shard, but for what was `replaced` by a correction."""
        _, state = await asyncio.to_thread(read_state, folder)
        plan = ReadPlan(tuple(state.segments), state.position, state.offset, ended=True)
        names = names_in(folder)
        rules = Rules() if names is None else NamedRules.of(Rules(), str(names))
        options = IntakeOptions.of(replace(self.settings, path=None))
        async with (
            opened_shard(self.plan, shard.index, self.place, self.source) as content,
            Intake(content, plan, rules, options) as segments,
        ):
            async for segment in segments:
                run = segment.run
                for at, lane in enumerate(run.lanes):
                    position = run.positions[at]
                    if lane in order.lanes and position in state.delivered and position not in replaced:
                        order.see(position, lane, KeepData(run.keeps[at]))

    def _translation(self, shard: Shard) -> Translation:
        return Translation(pieces_of(self.place, shard), lines=self.plan.lines)

    def _was_retried(self, shard: Shard) -> bool:
        return any("/retries/" in name for name in self.place.names(f"{work_key(shard.index)}/"))


class _Order:
    """Sees what another shard has delivered, and collects the corrections that would wipe it, or be wiped by it.

    Attributes:
        waiting: positions of these, in their own shard.
    """

    def __init__(self, corrections: Sequence[Correction], own: Translation, theirs: Translation) -> None:
        self._own = own
        self._theirs = theirs
        by_lane: dict[str | None, list[Correction]] = defaultdict(list)
        for each in corrections:
            by_lane[each.lane].append(each)
        self.lanes: Mapping[str | None, Sequence[Correction]] = by_lane
        self.waiting: set[int] = set()

    def see(self, position: int, lane: str | None, keep: KeepData) -> None:
        """Take into account what was delivered for a position of the other shard."""
        for each in self.lanes.get(lane, ()):
            came_later = self._theirs.position(position) > self._own.position(each.position)
            if came_later and KeepData.FALSE in (each.keep, keep):
                self.waiting.add(each.position)

    def all_corrections(self) -> Iterable[Correction]:
        """Those that may have to wait."""
        return chain.from_iterable(self.lanes.values())

    def doubted(self, lost: Iterable[Correction]) -> set[int]:
        """The positions of those for the media of what the other shard has in doubt."""
        lanes = {each.lane for each in lost} - {None}
        return {each.position for lane in lanes for each in self.lanes.get(lane, ())}


def _moved(corrections: Sequence[Correction], folder: Path) -> list[Correction]:
    """The corrections whose media no entry of their own shard names, as far as is known. Blocks."""
    _, state = read_state(folder)
    rejected = {
        key_of_media(media_id)
        for line in rejected_lines(folder, state.rejected_bytes)
        if (media_id := line.media_id or line.findings[0].media_id)
    }
    return [each for each, key in not_mentioned(corrections, folder) if key not in rejected]


def _names_one(folder: Path, moved: Sequence[Correction]) -> bool:
    """Whether an entry of a shard may name the media of one of these corrections. Blocks."""
    if not moved:
        return False
    mentions = Mentions()
    recall_checkpoint(folder, mentions)
    return not mentions.is_complete or bool(mentions.among([key for _, key in with_keys(moved)]))


def _knows_names(folder: Path) -> bool:
    """Whether it is known which media the entries of a shard are for. Blocks."""
    header, _ = read_state(folder)
    return header.settings.get("media_by") != MediaBy.NAME or names_in(folder) is not None


def _is_complete(kept: Kept | None) -> bool:
    """Whether nothing of a shard will be sent any more, but by a retry. Blocks."""
    summary = None if kept is None else standing(kept)
    return summary is not None and summary.state is RunState.COMPLETE
