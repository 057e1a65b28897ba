"""The stages of one run side by side, and how they end together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from msgspec import to_builtins

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.datagym.uploads import Uploads
from bulk_importer.datagym.wire.client import Client
from bulk_importer.errors import (
    BudgetExceeded,
    BulkImporterError,
    CheckpointError,
    CheckpointMismatch,
    ExitCode,
    InputError,
    Interrupted,
    LabelConfigChanged,
)
from bulk_importer.events import Observer, StopRequested
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.model import Batch, EntryRun, KeepData, Rejection, SegmentKey
from bulk_importer.packing import Apart, Pool
from bulk_importer.pipeline.config_watch import ConfigWatch
from bulk_importer.pipeline.feed import Feeder, reading_plan, require_budget
from bulk_importer.pipeline.refusals import rejection_of
from bulk_importer.pipeline.resume.already_delivered import AlreadyDelivered
from bulk_importer.pipeline.ruleset import FROM_SERVER
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries
from bulk_importer.readback.doubts import Doubts
from bulk_importer.settings import Settings
from bulk_importer.sources import Source
from bulk_importer.transfer.build import Sending
from bulk_importer.transfer.interfaces import Ports
from bulk_importer.transfer.options import Remembered, SendOptions
from bulk_importer.transfer.stop import StopSwitch
from bulk_importer.transfer.timing import Timing

__all__ = ["Flow"]

_SIGNALS = frozenset({ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED})
_GATE_NOTE = "gate"
"""Note in the log: what the sending side found out about the server."""


class Flow:
    """Intake, pool and transfer of one run over one checkpoint. `run` it once.

    Args:
        rules: what entries are held against.
        doubts: keeps what is in doubt, to be asked about.
        watch: notices when the label configuration changes; None where it is not the server's.
        settled: what of the source an earlier import delivered, where it is a mended one.
        crossing, keep_mentioned, held: as `Feeder` takes them.
        began: called before the first upload with the mix of keepData in the first segment.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings,
        client: Client,
        project_id: str,
        checkpoint: Checkpoint,
        stop: StopSwitch,
        *,
        doubts: Doubts,
        rules: Rules,
        watch: ConfigWatch | None,
        settled: AlreadyDelivered | None,
        crossing: WipedEntries,
        keep_mentioned: Callable[[SegmentKey, Sequence[EntryRun]], None],
        held: frozenset[int],
        emit: Observer,
        began: Callable[[dict[KeepData, int]], None],
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._settings = settings
        self._client = client
        self._checkpoint = checkpoint
        self._stop = stop
        self._doubts = doubts
        self._rules = rules
        self._watch = watch
        self._settled = settled
        self._crossing = crossing
        self._keep_mentioned = keep_mentioned
        self._held = held
        self._emit = emit
        self._began = began
        suspects = checkpoint.state.suspects
        self._pool = Pool(
            settings.pool_bytes,
            next_number=checkpoint.state.next_batch,
            apart=Apart((each.spans, each.tries) for each in suspects if not each.condemned),
        )
        self._errors: list[BulkImporterError] = []
        self.is_limited = False
        self.held_back = 0
        """How many entries are owed because of `held`."""
        self._sending = Sending(
            Uploads(
                client, project_id, may_read=settings.label_config == FROM_SERVER or settings.check_media
            ),
            Ports(self._pool, _Ledger(checkpoint, doubts, self._refused), emit, rejection_of),
            SendOptions.of(settings, Remembered.read(checkpoint.state.notes.get(_GATE_NOTE))),
            stop,
            Timing(clock, stop.sleep),
        )

    @property
    def requests(self) -> int:
        """How many uploads left."""
        return self._sending.requests

    @property
    def retries(self) -> int:
        """How many of them had left before."""
        return self._sending.retries

    async def run(self) -> list[BulkImporterError]:
        """Run until the source ends, or something ends the run; nothing is in flight when this returns.

        Returns:
            What made the run less than whole, in the order in which it happened.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                feeding = tasks.create_task(self._feed())
                self._stop.tell(lambda: _cancel(feeding))
                minding = tasks.create_task(self._mind_grace())
                watching = tasks.create_task(self._watch_config())
                await self._sending.dispatcher.run()
                feeding.cancel()
                minding.cancel()
                watching.cancel()
        except* BulkImporterError as group:
            self._errors += _leaves(group)
        await self._conclude_watch()
        await self._remember()
        return self._errors

    async def _remember(self) -> None:
        """Leave a note for the next run, unless this one learnt nothing, or cannot write any more."""
        if self._sending.requests:
            with suppress(CheckpointError):
                await self._checkpoint.record_note(_GATE_NOTE, to_builtins(self._sending.remembered()))

    async def _feed(self) -> None:
        settings = self._settings
        plan = reading_plan(self._checkpoint.state)
        try:
            async with Intake(self._source, plan, self._rules, IntakeOptions.of(settings)) as intake:
                feeder = Feeder(
                    intake,
                    self._checkpoint,
                    self._pool,
                    emit=self._emit,
                    began=self._began,
                    doubted=self._doubts.note,
                    limit=settings.limit,
                    crossing=self._crossing,
                    keep_mentioned=self._keep_mentioned,
                    held=self._held,
                    taken=lambda: self._source.taken,
                    budget=settings.max_errors,
                    settled=self._settled,
                )
                await feeder.run()
                self.is_limited, self.held_back = feeder.is_limited, feeder.held_back
        except InputError as error:
            self._errors.append(error)  # what was read before it is sent all the same
        except (CheckpointMismatch, BudgetExceeded) as error:
            self._end_with(error)
        finally:
            self._pool.close()

    async def _watch_config(self) -> None:
        if self._watch is not None:
            try:
                await self._watch.run()
            except LabelConfigChanged as error:
                self._end_with(error)
            except Interrupted:
                return  # what is in flight may land

    async def _conclude_watch(self) -> None:
        """Look once more whether the configuration is what entries were held against, unless the run was cut short."""
        if self._watch is None or self._stop.is_requested or not self.requests:
            return
        try:
            await self._watch.conclude()
        except (LabelConfigChanged, CheckpointError) as error:
            self._errors.append(error)

    def _refused(self) -> None:
        """The server refused entries that were judged right here."""
        if self._watch is not None:
            self._watch.suspect()
        try:
            require_budget(self._settings.max_errors, self._checkpoint.state)
        except BudgetExceeded as error:
            self._end_with(error)

    def _end_with(self, error: BulkImporterError) -> None:
        """End the run for a reason of our own; what is in flight may land."""
        if not any(isinstance(each, type(error)) for each in self._errors):
            self._errors.append(error)
        self._stop.request(str(error), error.exit_code)

    async def _mind_grace(self) -> None:
        """After a stop let land what is in flight, but after a signal not for longer than the grace period.

        An error of our own leaves all the time that a request may take: nobody is about to kill us.
        """
        await self._stop.requested()
        by_signal = self._stop.exit_code in _SIGNALS
        grace = self._settings.grace if by_signal else self._settings.request_timeout
        self._emit(StopRequested(reason=self._stop.reason, grace_seconds=grace))
        try:
            async with asyncio.timeout(grace):
                await self._stop.aborted()
        except TimeoutError:
            pass
        self._client.give_up()


class _Ledger:
    """The checkpoint, with a note of what is in doubt, and a word when the server refused something."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        doubts: Doubts,
        refused: Callable[[], None],
    ) -> None:
        self._checkpoint = checkpoint
        self._doubts = doubts
        self._refused = refused
        self.record_sent = checkpoint.record_sent
        self.record_owed = checkpoint.record_owed
        self.record_suspected = checkpoint.record_suspected

    async def record_delivered(self, batch: Batch) -> None:
        await self._checkpoint.record_delivered(batch)
        await self._doubts.verify(batch)

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None:
        await self._checkpoint.record_rejected(rejections, batch)
        self._refused()

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        await self._checkpoint.record_in_doubt(batch, reason)
        for run in batch.runs:
            self._doubts.note(run)


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def _leaves(group: BaseExceptionGroup[BulkImporterError]) -> Iterator[BulkImporterError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
