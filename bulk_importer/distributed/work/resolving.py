"""Puts on record what a person decided about lost answers of a shard, under its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack

from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.results import result_of, write_result
from bulk_importer.distributed.values import Plan
from bulk_importer.distributed.work.summaries import standing
from bulk_importer.distributed.work.working import Attempt, Worker
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.retry.deciding import Decided, decide

__all__ = ["resolve_shard"]


async def resolve_shard(
    plan: Plan,
    index: int,
    place: Place,
    worker: Worker,
    caller: Caller,
    *,
    delivered: bool,
    numbers: Collection[int] | None = None,
) -> list[Decided]:
    """Decide what became of all that is in doubt of a shard, and of its retries; or of these batches of its import.

    It waits for the lease of the shard while others have it. Nothing is sent, so no seat is asked for.

    Returns:
        What is decided of the import, and then of each retry.

    Raises:
        UsageError, CheckpointError: as `decide`.
        LeaseHeld, LeaseLost, Interrupted: its turn did not come, or was over.
    """
    async with AsyncExitStack() as held:
        work = Attempt(plan, index, place, worker, caller)
        epoch = await work.take_shard(held)
        kept = await asyncio.to_thread(work.keeping.begun, *epoch)
        decided = [await decide(kept.folder, delivered=delivered, numbers=numbers, open_file=kept.open_file)]
        if numbers is None:
            decided += [
                await decide(each, delivered=delivered, open_file=kept.open_file)
                for each in decided[0].retries
            ]
        if work.permits.lost is not None:
            raise work.permits.lost
        summary = await asyncio.to_thread(standing, kept)
        assert summary is not None  # it was written a moment ago
        result = result_of(plan, index, epoch[0], kept.name, summary)
        await asyncio.to_thread(write_result, place, result)
        return decided
