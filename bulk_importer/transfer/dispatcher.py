"""Pulls a batch from the pool whenever a request can leave, and sees it through to its outcome.

The shell around pure parts: the gate says how much may leave, `Outage` whether anything may, `answers` what an answer
means, `Isolation` how a refused batch is taken apart. What is decided here is the order of things:

- What is finished is handled before anything new is sealed.
- An outcome is on disk before the lanes of its entries are given free, so before anything that follows them is sent.
- A batch that was not executed goes back to the front of the pool as owed, to be packed with the limits of that
  moment. A refused one keeps its group: its parts hold its lanes until the last of them is settled.
- While the server is away all that comes back waits in the pool, owed; the run ends when that lasts too long. What is
  being taken apart waits as it is: what was learnt about it stays true, and innocents are kept from it.
- After a stop nothing new leaves; what is in flight lands, or is given up and in doubt.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard

from bulk_importer.datagym.policy import RetryPolicy, backoff_seconds
from bulk_importer.datagym.verdicts import Accept, Again, AgainInPart, Cause, InDoubt, Refuse, Stop, Verdict
from bulk_importer.errors import BulkImporterError
from bulk_importer.events import (
    BatchDelivered,
    BatchDoubted,
    BatchRefused,
    BatchSealed,
    EntriesRejected,
    Observer,
)
from bulk_importer.model import Batch, Limits, Outcome, Rejection
from bulk_importer.spans import SpanSet
from bulk_importer.transfer.carrier import HELD_BACK, Carrier, Departure
from bulk_importer.transfer.courtesy import Courtesy
from bulk_importer.transfer.gate import Gate
from bulk_importer.transfer.isolation import Isolation, Part, Refused, Settled
from bulk_importer.transfer.outage import Outage
from bulk_importer.transfer.stop import StopSwitch
from bulk_importer.transfer.supply import Supply

__all__ = ["Dispatcher", "OutcomeRecorder", "Terms"]

_IN_GROUP = frozenset({Cause.CONFLICT, Cause.GARBLED, Cause.TOO_LARGE})
"""Causes that may lie in the batch itself, so that it is taken apart when they persist."""
_ANY_WEIGHT = 1 << 62


class OutcomeRecorder(Protocol):
    """Records what became of a batch; durable when a call returns. See `checkpoint.Checkpoint`."""

    async def record_delivered(self, batch: Batch) -> None: ...
    async def record_owed(self, batch: Batch, reason: str) -> None: ...
    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None: ...
    async def record_in_doubt(self, batch: Batch, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What bounds a batch besides the gate, how persistent we are, and how things that end a run are put.

    Attributes:
        rejection: makes a rejection of an entry that the server refused, with the server's words.
        error: makes the error that a `Stop`, or an outage that lasts too long (an `Again`), ends the run with.
        is_working: looks whether the server answers a read of its database; asked before an entry that failed with
            `ex_system` is called refused.
    """

    max_entries: int
    max_bytes: int
    max_weight: int | None
    policy: RetryPolicy
    rejection: Callable[[Batch, Refused], Rejection]
    error: Callable[[Stop | Again], BulkImporterError]
    is_working: Callable[[], Awaitable[bool]]


class Dispatcher:
    """Empties the pool. `run` it once; feed the pool and call `notice` meanwhile, and `expect_no_more` at the end."""

    def __init__(
        self,
        *,
        pool: Supply,
        carrier: Carrier,
        ledger: OutcomeRecorder,
        gate: Gate,
        outage: Outage,
        courtesy: Courtesy,
        terms: Terms,
        stop: StopSwitch,
        emit: Observer,
        chance: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._carrier = carrier
        self._ledger = ledger
        self._gate = gate
        self._outage = outage
        self._courtesy = courtesy
        self._terms = terms
        self._stop = stop
        self._emit = emit
        self._chance = chance
        self._clock = clock
        # Batches between sealing and their outcome; changed by `run` and `_see_through`.
        self._carried = 0
        # How many batches and parts were accepted; changed by `_carry`.
        self._accepted = 0
        self._input_ended = False
        # Set by the first 413 and halved by each that follows; worth remembering for a resume. None before.
        self.max_bytes_after_413: int | None = None
        self._failure: BulkImporterError | None = None
        # Set by `notice`, which puts a fresh one in its place: each waits for the next change after it looked.
        self._changed = asyncio.Event()
        stop.tell(self.notice)

    def notice(self) -> None:
        """Something was put into the pool, or the run is to stop: look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def expect_no_more(self) -> None:
        """The last run is in the pool: `run` returns when everything in it is settled."""
        self._input_ended = True
        self.notice()

    async def run(self) -> None:
        """Carry batches until the pool is empty and no more is expected, or until a stop, when nothing is in flight.

        Raises:
            BulkImporterError: what ended the run: the server would not have it.
            ExceptionGroup: of `CheckpointError`s; what is in flight was cancelled and is on record as sent.
        """
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch_outage())
            minding = tasks.create_task(self._courtesy.run(self.notice))
            while (sealed := await self._next()) is not None:
                tasks.create_task(self._see_through(*sealed))
            watching.cancel()
            minding.cancel()
        if self._failure:
            raise self._failure

    async def _watch_outage(self) -> None:
        self._fail(self._terms.error(await self._outage.run(self.notice)))

    async def _next(self) -> tuple[Batch, Departure] | None:
        while not self._stop.is_requested:
            limits = self._limits()
            full = self._pool.can_fill(limits)
            # A partial batch leaves only when nothing would fill it: waiting for input is cheaper than a small request.
            if self._may_seal() and (full or self._input_ended or not self._carried):
                batch = self._pool.seal(limits)
                if batch:
                    self._carried += 1
                    return batch, Departure(self._gate.leg, starved=not full, on_trial=self._outage.board())
            if self._input_ended and not self._carried and self._pool.is_empty:
                return None
            await self._changed.wait()
        return None

    def _may_seal(self) -> bool:
        return (
            self._gate.may_send(self._carried)
            and self._courtesy.may_send(self._carried)
            and self._outage.may_board
        )

    def _limits(self) -> Limits:
        weight = min(self._gate.setting.weight, self._terms.max_weight or _ANY_WEIGHT)
        max_bytes = min(self._terms.max_bytes, self.max_bytes_after_413 or self._terms.max_bytes)
        return Limits(self._terms.max_entries, max_bytes, weight)

    async def _see_through(self, batch: Batch, departure: Departure) -> None:
        try:
            verdict = await self._carry(batch, departure)
            if _blames_batch(verdict, batch):
                await self._take_apart(batch, verdict, departure)
            else:
                await self._conclude(batch, verdict)
        finally:
            self._carried -= 1
            self.notice()

    async def _carry(self, batch: Batch, departure: Departure) -> Verdict:
        self._emit(
            BatchSealed(
                batch=batch.number,
                entries=batch.entries,
                bytes=len(batch.body),
                weight=batch.weight,
                in_flight=self._carried,
            )
        )
        started = self._clock()
        verdict = await self._carrier.carry(batch, departure)
        self._courtesy.ended(self._clock() - started)
        self.notice()  # an outage may be over
        if isinstance(verdict, Accept):
            self._accepted += 1
            await self._ledger.record_delivered(batch)
            self._emit(
                BatchDelivered(
                    batch=batch.number,
                    entries=batch.entries,
                    bytes=len(batch.body),
                    weight=batch.weight,
                    seconds=self._clock() - started,
                    in_flight=self._carried,
                )
            )
        elif isinstance(verdict, InDoubt):
            await self._ledger.record_in_doubt(batch, verdict.reason)
            self._emit(BatchDoubted(batch=batch.number, entries=batch.entries, reason=verdict.reason))
        return verdict

    async def _conclude(self, batch: Batch, verdict: Verdict) -> None:
        """Give the lanes of a batch free whose verdict does not blame what is in it."""
        match verdict:
            case Accept():
                self._pool.settle(batch, Outcome.DELIVERED)
            case InDoubt():
                self._pool.settle(batch, Outcome.IN_DOUBT)
            case _:
                await self._record_owed(batch, verdict)
                self._give_back(batch, verdict)

    async def _record_owed(self, sent: Batch, verdict: Verdict) -> None:
        if verdict is not HELD_BACK:
            await self._ledger.record_owed(sent, _reason(verdict))

    def _give_back(self, batch: Batch, verdict: Verdict, indexes: Sequence[int] | None = None) -> None:
        """Put what the server did not take back into the pool.

        Args:
            indexes: the entries of `batch` that are not settled yet; None for all.
        """
        self._pool.settle(batch, Outcome.OWED, indexes)
        match verdict:
            case Again(cause=Cause.TOO_LARGE):
                known = self.max_bytes_after_413 or self._terms.max_bytes
                self.max_bytes_after_413 = max(2, min(known, len(batch.body) // 2))
            case Stop():
                self._fail(self._terms.error(verdict))
            case _:
                pass  # it waits in the pool for better times

    def _fail(self, error: BulkImporterError) -> None:
        self._failure = self._failure or error
        self._stop.request(str(error), error.exit_code)

    async def _take_apart(self, batch: Batch, verdict: Verdict, departure: Departure) -> None:
        """Send a refused batch in ever smaller parts until each of its entries is delivered or rejected."""
        policy = self._terms.policy
        isolation = Isolation(
            batch.entries, split_after=policy.split_after, alone_attempts=policy.alone_attempts
        )
        sent = batch
        accepted_before = self._accepted
        while True:
            if isinstance(verdict, Accept) or _blames_batch(verdict, sent):
                server_works = self._accepted > accepted_before or await self._works_beside(
                    verdict, isolation
                )
                settled = isolation.judged(verdict, server_works=server_works)
                await self._settle_part(batch, sent, verdict, settled)
                if not server_works:
                    self._outage.declare(f"it answers nothing but {_reason(verdict)}")
                if not server_works or (isolation.part and not isolation.part.failures):
                    accepted_before = self._accepted
            elif isinstance(verdict, Again):
                await self._record_owed(sent, verdict)  # it passes; the part stays as it is
            else:
                await self._break_off(batch, sent, verdict, isolation)
                return
            part = isolation.part
            if part is None:
                return
            boarding = await self._boarding(part, verdict, departure.leg)
            if boarding is None:
                self._pool.settle(batch, Outcome.OWED, isolation.remaining())
                return
            sent = self._pool.seal_again(batch, part.indexes)
            verdict = await self._carry(sent, boarding)

    async def _boarding(self, part: Part, verdict: Verdict, leg: int) -> Departure | None:
        """When the next part may leave; None where the run is to end before."""
        if part.failures and self._outage.is_over:
            after = verdict.after_seconds if isinstance(verdict, Again) else None
            await self._stop.sleep(backoff_seconds(self._terms.policy, part.failures, self._chance(), after))
        while not self._outage.may_board and not self._stop.is_requested:
            await self._changed.wait()
        if self._stop.is_requested:
            return None
        return Departure(leg, alone=part.alone, on_trial=self._outage.board())

    async def _works_beside(self, verdict: Verdict, isolation: Isolation) -> bool:
        """Whether the server works but for the current part; asked only where that part would be condemned."""
        policy, part = self._terms.policy, isolation.part
        is_last = part and part.failures + 1 >= policy.split_after + policy.alone_attempts
        if not (is_last and isinstance(verdict, Again) and verdict.cause in (Cause.CONFLICT, Cause.GARBLED)):
            return True
        return await self._terms.is_working()

    async def _settle_part(self, batch: Batch, sent: Batch, verdict: Verdict, settled: Settled) -> None:
        """Record what a verdict on the part `sent` of `batch` settled, and give those lanes free."""
        if settled.refused:
            rejections = [self._terms.rejection(batch, refused) for refused in settled.refused]
            await self._ledger.record_rejected(rejections, sent)
            self._pool.settle(batch, Outcome.REJECTED, [refused.index for refused in settled.refused])
            self._emit(
                EntriesRejected(
                    spans=SpanSet.of(rejection.position for rejection in rejections).spans,
                    codes=Counter(finding.code for each in rejections for finding in each.findings),
                    batch=sent.number,
                )
            )
        elif settled.delivered:
            self._pool.settle(batch, Outcome.DELIVERED, settled.delivered)
            return
        else:
            await self._record_owed(sent, verdict)
        self._emit(
            BatchRefused(
                batch=sent.number,
                entries=sent.entries,
                reason=_reason(verdict),
                suspects=len(settled.refused),
            )
        )

    async def _break_off(self, batch: Batch, sent: Batch, verdict: Verdict, isolation: Isolation) -> None:
        """The part `sent` is in doubt, or nothing more may be sent: what else is not settled is owed."""
        part = isolation.part
        inside = set(part.indexes) if part else set()
        others = [index for index in isolation.remaining() if index not in inside]
        if isinstance(verdict, InDoubt):
            self._pool.settle(batch, Outcome.IN_DOUBT, sorted(inside))
            self._pool.settle(batch, Outcome.OWED, others)
            return
        await self._record_owed(sent, verdict)
        self._give_back(batch, verdict, isolation.remaining())


def _blames_batch(verdict: Verdict, batch: Batch) -> TypeGuard[Again | AgainInPart | Refuse]:
    """Whether the batch itself may be to blame, so that it has to be taken apart."""
    match verdict:
        case AgainInPart() | Refuse():
            return True
        case Again(cause=Cause.TOO_LARGE):
            return batch.entries == 1 or batch.suspect
        case Again():
            return verdict.cause in _IN_GROUP
        case _:
            return False


def _reason(verdict: Verdict) -> str:
    return "" if isinstance(verdict, Accept) else verdict.reason
