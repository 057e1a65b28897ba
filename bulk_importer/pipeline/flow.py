"""The stages of one run side by side, and how they end together."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Sequence

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.datagym.client import Client
from bulk_importer.datagym.policy import RetryPolicy
from bulk_importer.datagym.retry import Retrying
from bulk_importer.datagym.uploads import Uploads
from bulk_importer.errors import BulkImporterError, CheckpointMismatch, InputError
from bulk_importer.events import Observer, StopRequested
from bulk_importer.intake import Intake, IntakeOptions, Rules, Source
from bulk_importer.model import Batch, KeepData, Rejection
from bulk_importer.packing import Pool
from bulk_importer.pipeline.feed import Feeder, reading_plan
from bulk_importer.pipeline.refusals import rejection_of
from bulk_importer.settings import Settings
from bulk_importer.transfer.carrier import Carrier
from bulk_importer.transfer.dispatcher import Dispatcher, Terms
from bulk_importer.transfer.gate import Bounds, Gate
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Flow"]

_MOST_MEDIA_NAMED = 1000


class Flow:
    """Intake, pool and transfer of one run over one checkpoint. `run` it once.

    Args:
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
        emit: Observer,
        began: Callable[[dict[KeepData, int]], None],
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._settings = settings
        self._client = client
        self._checkpoint = checkpoint
        self._stop = stop
        self._emit = emit
        self._began = began
        self._pool = Pool(settings.pool_bytes, next_number=checkpoint.state.next_batch)
        # In the order in which it was found out; a dict because ids repeat. Changed by `_doubted`.
        self._media_in_doubt: dict[str, None] = {}
        self._errors: list[BulkImporterError] = []
        self.is_limited = False
        uploads = Uploads(client, project_id)
        gate = Gate(Bounds(most_in_flight=settings.max_in_flight, most_weight=settings.max_batch_weight))
        policy = RetryPolicy()
        self._carrier = Carrier(
            upload=uploads.upload,
            ledger=checkpoint,
            gate=gate,
            retrying=Retrying(
                policy,
                max_attempts=settings.max_attempts,
                may_retry=lambda _: not stop.is_requested,
                sleep=stop.sleep,
                chance=random.random,
            ),
            stop=stop,
            emit=emit,
            clock=clock,
        )
        self._dispatcher = Dispatcher(
            pool=self._pool,
            carrier=self._carrier,
            ledger=_Ledger(checkpoint, self._doubted),
            gate=gate,
            terms=Terms(
                max_entries=settings.max_batch_entries,
                max_bytes=settings.max_batch_bytes,
                max_weight=settings.max_batch_weight,
                policy=policy,
                rejection=rejection_of,
                error=uploads.error,
            ),
            stop=stop,
            emit=emit,
            chance=random.random,
            clock=clock,
        )

    @property
    def requests(self) -> int:
        """How many uploads left."""
        return self._carrier.requests

    @property
    def retries(self) -> int:
        """How many of them had left before."""
        return self._carrier.retries

    @property
    def media_in_doubt(self) -> Sequence[str]:
        """Ids of media that may or may not hold the labels of a lost answer; not all where there are very many."""
        return list(self._media_in_doubt)

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
                await self._dispatcher.run()
                feeding.cancel()
                minding.cancel()
        except* BulkImporterError as group:
            self._errors += _leaves(group)
        return self._errors

    async def _feed(self) -> None:
        settings = self._settings
        options = IntakeOptions(
            workers=settings.workers,
            segment_bytes=settings.segment_bytes,
            max_entry_bytes=settings.max_entry_bytes,
        )
        rules = Rules(max_depth=settings.max_depth)
        try:
            async with Intake(self._source, reading_plan(self._checkpoint.state), rules, options) as intake:
                feeder = Feeder(
                    intake,
                    self._checkpoint,
                    self._pool,
                    emit=self._emit,
                    began=self._began,
                    notice=self._dispatcher.notice,
                    doubted=self._doubted,
                    limit=settings.limit,
                )
                await feeder.run()
                self.is_limited = feeder.is_limited
        except InputError as error:
            self._errors.append(error)  # what was read before it is sent all the same
        except CheckpointMismatch as error:
            self._errors.append(error)
            self._stop.request(str(error), error.exit_code)
        finally:
            self._dispatcher.expect_no_more()

    async def _mind_grace(self) -> None:
        """After a stop let land what is in flight, but not for longer than the grace period."""
        await self._stop.requested()
        grace = self._settings.grace
        self._emit(StopRequested(reason=self._stop.reason, grace_seconds=grace))
        try:
            async with asyncio.timeout(grace):
                await self._stop.aborted()
        except TimeoutError:
            pass
        self._client.give_up()

    def _doubted(self, media_ids: Iterable[str]) -> None:
        for media_id in media_ids:
            if len(self._media_in_doubt) >= _MOST_MEDIA_NAMED:
                return
            self._media_in_doubt[media_id] = None


class _Ledger:
    """The checkpoint, with a note of which media are in doubt."""

    def __init__(self, checkpoint: Checkpoint, doubted: Callable[[Iterable[str]], None]) -> None:
        self._checkpoint = checkpoint
        self._doubted = doubted
        self.record_delivered = checkpoint.record_delivered
        self.record_owed = checkpoint.record_owed

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None:
        await self._checkpoint.record_rejected(rejections, batch)

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        await self._checkpoint.record_in_doubt(batch, reason)
        self._doubted(media_id for run in batch.runs for media_id in run.media_ids)


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def _leaves(group: BaseExceptionGroup[BulkImporterError]) -> Iterator[BulkImporterError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
