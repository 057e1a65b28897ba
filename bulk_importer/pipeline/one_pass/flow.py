"""One pass over the source: the stages side by side, and how they end together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

import msgspec
from msgspec import to_builtins

from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.uploads import Uploads
from bulk_importer.errors import (
    BudgetExceeded,
    BulkImporterError,
    CheckpointError,
    CheckpointMismatch,
    InputError,
    Interrupted,
    LabelConfigChanged,
)
from bulk_importer.packing import Pool, Suspects
from bulk_importer.pipeline.guards.error_budget import ErrorBudgetGuard
from bulk_importer.pipeline.guards.grace import mind_grace
from bulk_importer.pipeline.one_pass.feed import Feeder
from bulk_importer.pipeline.one_pass.refusals import rejection_of
from bulk_importer.pipeline.one_pass.run_ledger import RunLedger
from bulk_importer.pipeline.run import Run
from bulk_importer.settings import LabelConfigFrom
from bulk_importer.transfer.build import Sending
from bulk_importer.transfer.interfaces import Ports
from bulk_importer.transfer.options import Remembered, SendOptions
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Flow", "PassErrors", "PassResult", "go_once", "ledger_of"]

_GATE_NOTE = "gate"
"""Note in the log: what the sending side found out about the server."""


class PassResult(msgspec.Struct, frozen=True):
    """What came of one pass over the source, or of all passes of a run.

    Attributes:
        errors: what made the run less than whole, in the order in which it happened.
        requests: how many uploads left.
        retries: how many of these uploads had left before.
        seconds: of the whole run; 0 for a single pass.
        is_limited: the pass ended because of `--limit`, and not at the end of the source.
        held_back: how many entries are owed because another source has their media in doubt.
    """

    errors: tuple[BulkImporterError, ...] = ()
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0
    is_limited: bool = False
    held_back: int = 0


class SendingSide(Protocol):
    """Empties the pool; `transfer.build.Sending` is one."""

    @property
    def requests(self) -> int:
        """How many uploads left."""

    @property
    def retries(self) -> int:
        """How many of them had left before."""

    async def run(self) -> None:
        """Return when the pool is closed and empty, or a stop is requested, and nothing is in flight."""

    def remembered(self) -> Remembered:
        """What the next pass, or the next run, should begin with."""


class PassErrors:
    """What makes a pass less than whole, in the order in which it happens."""

    def __init__(self, stop: StopSwitch) -> None:
        self._stop = stop
        # Changed by `add` and `end_run` alone.
        self.all: list[BulkImporterError] = []

    def add(self, *errors: BulkImporterError) -> None:
        """Keep errors that do not end the run, or have ended it."""
        self.all += errors

    def end_run(self, error: BulkImporterError) -> None:
        """End the run for a reason of our own; what is in flight may land."""
        if not any(isinstance(each, type(error)) for each in self.all):
            self.add(error)
        self._stop.request(str(error), error.exit_code)


def ledger_of(run: Run, errors: PassErrors) -> RunLedger:
    """The checkpoint of a run as the sending side sees it in a pass; too many rejections end the run by `errors`."""
    checkpoint = run.checkpoint
    budget = ErrorBudgetGuard(run.settings.max_errors, checkpoint.state, errors.end_run)
    return RunLedger(checkpoint, run.doubts, run.watch, budget)


async def go_once(run: Run) -> PassResult:
    """Build the stages of a pass, and run them.

    They are new for each pass. A pool drops what waits behind a doubt, and once closed stays so; the sending side is
    built around its pool, and its breaker would count the wait between two passes as an outage. What the sending side
    found out about the server is on record, so the next one begins with it.
    """
    settings, state = run.settings, run.checkpoint.state
    pool = Pool(
        settings.pool_bytes,
        next_number=state.next_batch,
        suspects=Suspects((each.spans, each.tries) for each in state.suspects if not each.condemned),
    )
    errors = PassErrors(run.stop)
    may_read = settings.label_config == LabelConfigFrom.SERVER or settings.check_media
    sending = Sending(
        Uploads(run.client, run.project.id, may_read=may_read),
        Ports(pool, ledger_of(run, errors), run.emit, rejection_of, run.keeper),
        SendOptions.of(settings, Remembered.read(state.notes.get(_GATE_NOTE))),
        run.steering,
        Timing(run.clock, run.stop.sleep),
    )
    return await Flow(run, pool, sending, errors).run()


class Flow:
    """Intake, pool and transfer of one pass. `run` it once."""

    def __init__(self, run: Run, pool: Pool, sending: SendingSide, errors: PassErrors) -> None:
        self._run = run
        self._pool = pool
        self._sending = sending
        self._errors = errors
        self._feeder = Feeder(run, pool)

    async def run(self) -> PassResult:
        """Run until the source ends, or something ends the run; nothing is in flight when this returns."""
        run = self._run
        try:
            async with asyncio.TaskGroup() as tasks:
                feeding = tasks.create_task(self._feed())
                # A stop ends the reading at once; only what is in flight is waited for.
                run.stop.subscribe(lambda: _cancel(feeding))
                minding = tasks.create_task(
                    mind_grace(run.stop, run.settings, run.emit, give_up=run.client.give_up)
                )
                watching = tasks.create_task(self._watch_config())
                await self._sending.run()
                # Nothing is left to send. Two of these would go on for ever, waiting for a stop and for changes.
                feeding.cancel()
                minding.cancel()
                watching.cancel()
        except* BulkImporterError as group:
            self._errors.add(*_leaves(group))
        await self._conclude_watch()
        await self._remember()
        return PassResult(
            errors=tuple(self._errors.all),
            requests=self._sending.requests,
            retries=self._sending.retries,
            is_limited=self._feeder.is_limited,
            held_back=self._feeder.held_back,
        )

    async def _remember(self) -> None:
        """Leave a note for the next pass or run, unless this one learnt nothing, or cannot write any more."""
        if self._sending.requests:
            with suppress(CheckpointError):
                note = to_builtins(self._sending.remembered())
                await self._run.checkpoint.record_note(_GATE_NOTE, note)

    async def _feed(self) -> None:
        try:
            await self._feeder.run()
        except InputError as error:
            self._errors.add(error)  # what was read before it is sent all the same
        except (CheckpointMismatch, BudgetExceeded) as error:
            self._errors.end_run(error)
        finally:
            self._pool.close()

    async def _watch_config(self) -> None:
        if self._run.watch is not None:
            try:
                await self._run.watch.run()
            except LabelConfigChanged as error:
                self._errors.end_run(error)
            except Interrupted:
                return  # what is in flight may land

    async def _conclude_watch(self) -> None:
        """Look once more whether the configuration is that of the checks, unless the run was cut short."""
        if self._run.watch is None or self._run.stop.is_requested or not self._sending.requests:
            return
        try:
            await self._run.watch.conclude()
        except (LabelConfigChanged, CheckpointError) as error:
            self._errors.add(error)


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def _leaves(group: BaseExceptionGroup[BulkImporterError]) -> Iterator[BulkImporterError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
