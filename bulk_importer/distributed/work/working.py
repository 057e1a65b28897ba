"""Works on one shard of a plan: lease, seat and checkpoint around an import like any other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import msgspec

from bulk_importer.distributed.keeping.interfaces import WHOLE, Kept
from bulk_importer.distributed.keeping.opening import keeping_of
from bulk_importer.distributed.leases.seats import seat_of
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.results import result_of, write_result, written_result
from bulk_importer.distributed.values import UNDONE, Plan, Result, work_key
from bulk_importer.distributed.work.asked import asked_of, require_same_target
from bulk_importer.distributed.work.opening import opened_shard
from bulk_importer.distributed.work.shard_source import ShardSource
from bulk_importer.distributed.work.summaries import standing, summary_of, told_elsewhere
from bulk_importer.distributed.work.turns import Permits, Turn
from bulk_importer.errors import BulkImporterError, CheckpointError, CheckpointMismatch, PlanUnusable
from bulk_importer.events import Observer
from bulk_importer.pipeline import Caller, ImportSpec, import_source
from bulk_importer.settings import Settings
from bulk_importer.summary import RunState, Summary

__all__ = ["Attempt", "Worked", "Worker", "work_on"]


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """A worker: what its machine says, and who hears of what it does.

    Attributes:
        settings: of this machine; the plan's come before all but those of `asked.OF_THE_MACHINE`.
        said: names of those that it says, and does not leave at their default.
        tell: hears in a sentence what is waited for, and who has it.
        observing: opens what sees the events of the import, which has this checkpoint folder and these settings.
        source: where the source of the plan is for this machine; None where it was when the plan was made.
    """

    settings: Settings
    said: Collection[str]
    tell: Callable[[str], None]
    observing: Callable[[Path, Settings], AbstractContextManager[Sequence[Observer]]]
    source: str | None = None


class Worked(msgspec.Struct, frozen=True):
    """What came of work on a shard: in few words, and as an import has it.

    Attributes:
        is_new: False where the shard was finished before, and nothing was done.
    """

    result: Result
    summary: Summary
    is_new: bool = True

    @property
    def key(self) -> str:
        """Of the checkpoint, at the place of the plan; the summary has its folder on this machine."""
        return f"{work_key(self.result.index)}/{self.result.folder}"


async def work_on(plan: Plan, index: int, place: Place, worker: Worker, caller: Caller) -> Worked:
    """Work on a shard until it is finished, an error ends it, or a stop is requested.

    It waits for the lease of the shard, and for a seat, while others have them. Another call goes on where this one
    stops, on any machine; on a shard that is finished it does nothing.

    Args:
        index: of one of the shards of the plan.
        caller: asks for it; permit and observers are those of this call.

    Returns:
        What came of it, also where an error ended it once the lease was had; its exit code is in the summary.

    Raises:
        UsageError, CheckpointError, InputError: it could not begin, or its turn did not come; nothing was sent.
        Interrupted: a stop was requested before it had its turn.
    """
    require_same_target(plan, worker.settings)
    await asyncio.to_thread(_require_in_force, place)
    finished = await asyncio.to_thread(_finished, plan, index, place)
    if finished is not None:
        return finished
    async with opened_shard(plan, index, place, worker.source) as source, AsyncExitStack() as held:
        work = Attempt(plan, index, place, worker, caller)
        epoch = await work.take_shard(held)
        # The plan may have been taken back, or the shard finished, while its lease was waited for.
        await asyncio.to_thread(_require_in_force, place)
        finished = await asyncio.to_thread(_finished, plan, index, place)
        if finished is not None:
            return finished
        kept = await asyncio.to_thread(work.keeping.begun, *epoch)
        try:
            summary = await work.imported(source, kept)
        except _TakenBack:
            raise  # no result of the work: what the shard came to is what the undo says
        except BulkImporterError as error:
            ending = work.permits.lost or error
            summary = await asyncio.to_thread(summary_of, kept, plan, source.name, ending)
        if work.permits.lost is not None:
            summary = await asyncio.to_thread(summary_of, kept, plan, source.name, work.permits.lost)
        summary = told_elsewhere(summary, socket.gethostname(), has_token=bool(caller.token))
        result = result_of(plan, index, epoch[0], kept.name, summary)
        with suppress(CheckpointError):  # the log has it all
            await asyncio.to_thread(work.keeping.put_away, kept, "summary.json", *WHOLE)
        if work.permits():  # else it is the word of another worker that counts
            await asyncio.to_thread(write_result, place, result)
        return Worked(result, summary)


class Attempt:
    """One attempt to work on a shard: the leases that it takes for that.

    Attributes:
        permits: whether something may leave.
        keeping: where the checkpoints of the shard are.
    """

    def __init__(self, plan: Plan, index: int, place: Place, worker: Worker, caller: Caller) -> None:
        self._plan = plan
        self._index = index
        self._place = place
        self._worker = worker
        self._caller = caller
        self._turn = Turn(place, worker.settings, caller.stop, worker.tell)
        self.permits = Permits(caller.stop)
        self.keeping = keeping_of(place, work_key(index))

    async def take_shard(self, held: AsyncExitStack) -> tuple[int, int]:
        """Take the lease of the shard for as long as `held` lasts: its epoch, and since which none was lost."""
        lease = await self._turn.of_shard(self._index)
        held.push_async_callback(lease.give_back)
        await held.enter_async_context(
            lease.kept(self.permits.add(lease, f"shard {self._index} of {self._place.name}"))
        )
        return lease.epoch, lease.unbroken_since

    @asynccontextmanager
    async def seated(self, kept: Kept) -> AsyncIterator[tuple[Settings, Caller]]:
        """A seat, with what is asked of who sits there, and who hears of it. Raises as `Turn.of_seat`."""
        plan, seats = self._plan, self._plan.seats
        async with AsyncExitStack() as held:
            seat = await self._turn.of_seat(len(seats))
            held.push_async_callback(seat.give_back)
            held.callback(self.permits.drop, seat)
            lost = self.permits.add(seat, f"seat {seat_of(seat)} of {self._place.name}")
            await held.enter_async_context(seat.kept(lost))
            own = self._worker
            shard = plan.shards[self._index]
            settings = asked_of(plan, shard, seats[seat_of(seat)], own.settings, own.said)
            observers = held.enter_context(own.observing(kept.folder, settings))
            yield settings, msgspec.structs.replace(self._caller, observers=observers, permit=self.permits)

    async def imported(self, source: ShardSource, kept: Kept) -> Summary:
        """Import the shard, in a seat. Raises as `import_source` and `seated`, and where the plan was taken back."""
        plan, shard = self._plan, self._plan.shards[self._index]
        async with self.seated(kept) as (settings, caller):
            # A seat may have been waited for all the time that an undo took.
            await asyncio.to_thread(_require_in_force, self._place)
            spec = ImportSpec(
                source,
                settings,
                kept.folder,
                open_file=kept.open_file,
                planned_config=plan.label_config,
                part=f"shard {self._index} of {self._place.name}",
            )
            summary = await import_source(spec, caller)
        if summary.state is RunState.COMPLETE and summary.entries != shard.entries:
            raise PlanUnusable(
                self._place.name,
                f"shard {self._index} was read as {summary.entries:,} elements, and is to have {shard.entries:,}",
                advice="Its entries are delivered, but their positions in it are not those in the source: report this.",
            )
        return summary


class _TakenBack(CheckpointMismatch):
    """What the plan brought was taken back, and nothing more of it is imported."""


def _require_in_force(place: Place) -> None:
    """Raise `_TakenBack` where the plan was taken back; and `CheckpointUnusable`. Blocks."""
    if place.read(UNDONE) is not None:
        raise _TakenBack(
            f"What the plan at {place.name} brought was taken back by undo, so nothing more of it is imported. To "
            "import the source again, make a plan of it at another place."
        )


def _finished(plan: Plan, index: int, place: Place) -> Worked | None:
    """What came of a shard that is finished; None where there is something to do. Blocks."""
    result = written_result(place, plan, index)
    if result is None or result.state != RunState.COMPLETE:
        return None
    kept = keeping_of(place, work_key(index)).last()
    summary = None if kept is None else standing(kept)
    if summary is None or summary.state is not RunState.COMPLETE:
        return None
    # What was rejected may have been fed again since.
    return Worked(result_of(plan, index, result.epoch, result.folder, summary), summary, is_new=False)
