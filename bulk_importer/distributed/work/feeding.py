"""Feeds rejected entries of a shard again, under its lease and in a seat, as its import was."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from bulk_importer.distributed.keeping.interfaces import WHOLE
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.results import result_of, write_result
from bulk_importer.distributed.values import Plan
from bulk_importer.distributed.work.asked import require_same_target
from bulk_importer.distributed.work.elsewhere import Elsewhere
from bulk_importer.distributed.work.opening import opened_shard
from bulk_importer.distributed.work.working import Attempt, Worker
from bulk_importer.errors import CheckpointError
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.retry.plan import RetrySpec
from bulk_importer.pipeline.retry.retrying import Retried, retry_rejected
from bulk_importer.settings import Settings, definitions

__all__ = ["Feed", "feed_again"]

_OWN = frozenset({each.name for each in definitions() if each.section == "checking"}) - {"max_errors"}
"""What a retry may check in another way than the import did, where that is asked for."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """What is fed again of a shard, and how.

    Attributes:
        corrected: as of `RetrySpec`, by the positions of the shard.
        out_of_order: as of `RetrySpec`.
    """

    corrected: Path | None = None
    out_of_order: bool = False


async def feed_again(
    plan: Plan, index: int, place: Place, worker: Worker, caller: Caller, feed: Feed
) -> Retried:
    """Feed corrections, or all that is rejected, and put on record what was delivered.

    It waits for the lease of the shard, and for a seat, while others have them. Positions are those of the shard.

    Raises:
        BulkImporterError: it could not begin; nothing was sent.
    """
    require_same_target(plan, worker.settings)
    async with opened_shard(plan, index, place, worker.source) as shard, AsyncExitStack() as held:
        work = Attempt(plan, index, place, worker, caller)
        epoch = await work.take_shard(held)
        kept = await asyncio.to_thread(work.keeping.begun, *epoch)
        async with work.seated(kept) as (settings, ours):
            spec = RetrySpec(
                kept.folder,
                _checked_as_asked(settings, worker.settings, worker.said),
                corrected=feed.corrected,
                made_again=shard,
                out_of_order=feed.out_of_order,
                open_file=kept.open_file,
                elsewhere=Elsewhere(
                    plan=plan,
                    index=index,
                    place=place,
                    settings=settings,
                    source=worker.source,
                    out_of_order=feed.out_of_order,
                ).waiting,
            )
            retried = await retry_rejected(spec, ours)
        if work.permits.lost is not None:
            raise work.permits.lost
        with suppress(CheckpointError):  # the log has it all
            await asyncio.to_thread(work.keeping.put_away, kept, "summary.json", *WHOLE)
        result = result_of(plan, index, epoch[0], kept.name, retried.summary)
        await asyncio.to_thread(write_result, place, result)
        return retried


def _checked_as_asked(settings: Settings, own: Settings, said: Collection[str]) -> Settings:
    return replace(settings, **{name: getattr(own, name) for name in _OWN.intersection(said)})
