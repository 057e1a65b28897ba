"""Takes the import of a shard back, under its lease and in a seat, as its import was."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

import msgspec

from bulk_importer.checkpoint.digests import DIGESTS
from bulk_importer.checkpoint.log.file import log_path
from bulk_importer.distributed.keeping.interfaces import WHOLE, Kept
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import Plan, work_key
from bulk_importer.distributed.work.asked import require_same_target
from bulk_importer.distributed.work.opening import opened_shard
from bulk_importer.distributed.work.working import Attempt, Worker
from bulk_importer.errors import CheckpointError
from bulk_importer.migration.undo.planning import LEFT_ALONE
from bulk_importer.migration.undo.planning import Plan as UndoPlan
from bulk_importer.migration.undo.undoing import Undone, UndoSpec, undo_import
from bulk_importer.pipeline import Caller

__all__ = ["UndoneShard", "undo_shard"]


class UndoneShard(msgspec.Struct, frozen=True):
    """What came of the undo of a shard.

    Attributes:
        folder: where its plan and its checkpoint lie, for people: on this machine, or at the place of the plan; empty
            for a plan that was forgotten.
    """

    undone: Undone
    folder: str


async def undo_shard(
    plan: Plan, index: int, place: Place, worker: Worker, caller: Caller, *, force: bool, dry_run: bool
) -> UndoneShard:
    """Bring the media of a shard back to what they held before; `force`, `dry_run` are as of `UndoSpec`.

    It waits for the lease of the shard, and for a seat, while others have them. It never asks. The same call again goes
    on where this one stopped, on any machine, and repeats the summary of a finished one. Where the import of the shard
    was not begun, nothing is taken back.

    Raises:
        As `undo_import`; and LeaseHeld, LeaseLost, Interrupted: its turn did not come, or was over before all was sent.
    """
    require_same_target(plan, worker.settings)
    async with AsyncExitStack() as held:
        work = Attempt(plan, index, place, worker, caller)
        epoch = await work.take_shard(held)
        kept = await asyncio.to_thread(work.keeping.begun, *epoch)
        if not await asyncio.to_thread(_is_on_record, kept):
            return UndoneShard(Undone(UndoPlan()), "")
        async with work.seated(kept) as (settings, ours):
            spec = UndoSpec(
                kept.folder,
                settings,
                lambda: opened_shard(plan, index, place, worker.source),
                force=force,
                dry_run=dry_run,
                open_file=kept.open_file,
                resolved_as=place.name,
            )
            undone = await undo_import(spec, ours, _yes)
        if work.permits.lost is not None:
            raise work.permits.lost
        found = _placed(undone, kept, place, index)
        left_alone = [] if undone.folder is None else [f"{_below(undone, kept)}/{LEFT_ALONE}"]
        with suppress(CheckpointError):  # the log has it all
            await asyncio.to_thread(work.keeping.put_away, kept, *WHOLE, *left_alone)
        return found


def _is_on_record(kept: Kept) -> bool:
    """Whether an import of the shard was begun; who has its lease may have ended before that. Blocks."""
    return any(path.exists() for path in (log_path(kept.folder), kept.folder / DIGESTS))


def _below(undone: Undone, kept: Kept) -> str:
    """Where an undo lies in the checkpoint that it takes back."""
    return "" if undone.folder is None else undone.folder.relative_to(kept.folder).as_posix()


def _placed(undone: Undone, kept: Kept, place: Place, index: int) -> UndoneShard:
    """With where all of it is for others: what lies on this machine may go with the process."""
    if undone.folder is None or place.folder is not None:
        return UndoneShard(undone, "" if undone.folder is None else str(undone.folder))
    folder = f"{place.name}/{work_key(index)}/{kept.name}/{_below(undone, kept)}"
    if undone.summary is not None:
        checkpoint = f"{folder}/{undone.summary.checkpoint.rpartition('/')[2]}"
        summary = msgspec.structs.replace(undone.summary, checkpoint=checkpoint)
        undone = replace(undone, summary=summary)
    return UndoneShard(undone, folder)


async def _yes(_: object) -> bool:
    return True
