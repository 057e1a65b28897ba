"""Takes the import of a shard back, under its lease and in a seat, as its import was."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import Plan
from bulk_importer.distributed.work.asked import require_same_target
from bulk_importer.distributed.work.opening import opened_shard
from bulk_importer.distributed.work.working import Attempt, Worker
from bulk_importer.migration.undo.undoing import Undone, UndoSpec, undo_import
from bulk_importer.pipeline import Caller

__all__ = ["undo_shard"]


async def undo_shard(
    plan: Plan, index: int, place: Place, worker: Worker, caller: Caller, *, force: bool, dry_run: bool
) -> Undone:
    """Bring the media of a shard that was begun back to what they held before; `force`, `dry_run` are as of `UndoSpec`.

    It waits for the lease of the shard, and for a seat, while others have them. It never asks. The same call again goes
    on where this one stopped, and repeats the summary of a finished one. The place is a folder.

    Raises:
        As `undo_import`; and LeaseHeld, LeaseLost, Interrupted: its turn did not come, or was over before all was sent.
    """
    require_same_target(plan, worker.settings)
    async with AsyncExitStack() as held:
        work = Attempt(plan, index, place, worker, caller)
        epoch = await work.take_shard(held)
        kept = await asyncio.to_thread(work.keeping.begun, *epoch)
        async with work.seated(kept) as (settings, ours):
            spec = UndoSpec(
                kept.folder,
                settings,
                lambda: opened_shard(plan, index, place, worker.source),
                force=force,
                dry_run=dry_run,
            )
            undone = await undo_import(spec, ours, _yes)
        if work.permits.lost is not None:
            raise work.permits.lost
        return undone


async def _yes(_: object) -> bool:
    return True
