"""Pulls a batch from the pool whenever a request can leave, and sees it through to its outcome.

The shell around pure parts: the gate says how much may leave, `BreakerProbe` whether anything may, `Slots` whose turn
it is, `answers` what an answer means, `Isolator` takes apart what was refused. What is decided here is the order:

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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    Cause,
    InDoubt,
    NotSent,
    Stop,
    TurnedAway,
    Verdict,
    may_concern_request,
)
from bulk_importer.errors import BulkImporterError
from bulk_importer.events import BatchDelivered, BatchDoubted, BatchSealed, Observer
from bulk_importer.model import Batch, Limits, Outcome
from bulk_importer.transfer.adaptive.gate import Gate
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.latency_probe import LatencyLimit
from bulk_importer.transfer.interfaces import Supply
from bulk_importer.transfer.isolation.passage import Passage
from bulk_importer.transfer.isolator import IsolationTerms, Isolator, SuspectRecorder, blames_batch
from bulk_importer.transfer.sender.carrier import Carrier, SendContext
from bulk_importer.transfer.slots import Slots
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Dispatcher", "OutcomeRecorder", "Terms"]

_ANY_WEIGHT = 1 << 62


class OutcomeRecorder(SuspectRecorder, Protocol):
    """Records what became of a batch; durable when a call returns. See `checkpoint.Checkpoint`."""

    async def record_delivered(self, batch: Batch) -> None: ...
    async def record_in_doubt(self, batch: Batch, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What bounds a batch besides the gate, and how things that end a run are put.

    Attributes:
        error: makes the error that ends the run: of a `Stop`, of what turned all away, or of an outage that lasts too
            long (an `Again`).
    """

    max_entries: int
    max_bytes: int
    max_weight: int | None
    error: Callable[[Stop | TurnedAway | Again], BulkImporterError]


class Dispatcher:
    """Empties the pool. `run` it once, while the pool is being fed; it ends when the pool is closed and empty."""

    def __init__(
        self,
        *,
        pool: Supply,
        carrier: Carrier,
        ledger: OutcomeRecorder,
        gate: Gate,
        breaker: BreakerProbe,
        passage: Passage,
        latency: LatencyLimit,
        terms: Terms,
        isolation_terms: IsolationTerms,
        stop: StopSwitch,
        emit: Observer,
        chance: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._carrier = carrier
        self._ledger = ledger
        self._gate = gate
        self._breaker = breaker
        self._latency = latency
        self._terms = terms
        self._stop = stop
        self._emit = emit
        self._clock = clock
        self._slots = Slots(pool, gate, latency, breaker)
        self._isolator = Isolator(
            pool=pool,
            ledger=ledger,
            carry=self._carry,
            slots=self._slots,
            breaker=breaker,
            passage=passage,
            terms=isolation_terms,
            stop=stop,
            emit=emit,
            chance=chance,
            clock=clock,
            give_up=self._give_up,
            too_large=self._too_large,
        )
        # Set by the first body that was too large for something on the way, and lowered by each that follows; worth
        # remembering for a resume. None before. Bodies that were accepted guard it against mistakes.
        self.learnt_max_bytes: int | None = None
        self._largest_accepted = 0
        self._failure: BulkImporterError | None = None
        stop.tell(self._slots.notice)

    async def run(self) -> None:
        """Carry batches until the pool is closed and empty, or until a stop, when nothing is in flight.

        Raises:
            BulkImporterError: what ended the run: the server would not have it.
            ExceptionGroup: of `CheckpointError`s; what is in flight was cancelled and is on record as sent.
        """
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(self._follow_pool()),
                tasks.create_task(self._watch_outage()),
                tasks.create_task(self._latency.run(self._slots.notice)),
            ]
            while (sealed := await self._next()) is not None:
                tasks.create_task(self._see_through(*sealed))
            for task in beside:
                task.cancel()
        if self._failure:
            raise self._failure

    async def _follow_pool(self) -> None:
        """Make what changes the pool from outside news for all who wait for a slot."""
        while True:
            self._slots.notice()  # first, for what changed before this began to wait
            await self._pool.changed()

    async def _watch_outage(self) -> None:
        self._give_up(await self._breaker.run(self._slots.notice))

    async def _next(self) -> tuple[Batch, SendContext] | None:
        while not self._stop.is_requested:
            limits = self._limits()
            full = self._pool.can_fill(limits)
            # A partial batch leaves only when nothing would fill it: waiting for input is cheaper than a small request.
            if self._slots.may_seal() and (full or self._pool.is_closed or not self._slots.carried):
                was_empty = self._pool.is_empty
                batch = self._pool.seal(limits)
                if batch:
                    is_trial = self._slots.take()
                    return batch, SendContext(self._gate.generation, starved=not full, is_trial=is_trial)
                if not was_empty:
                    self._slots.notice()  # all of it waits behind held lanes, so those who hold them may go first
            if self._pool.is_closed and self._slots.are_empty and self._pool.is_empty:
                return None
            await self._slots.change()
        return None

    def _limits(self) -> Limits:
        weight = min(self._gate.setting.weight, self._terms.max_weight or _ANY_WEIGHT)
        max_bytes = min(self._terms.max_bytes, self.learnt_max_bytes or self._terms.max_bytes)
        return Limits(self._terms.max_entries, max_bytes, weight)

    async def _see_through(self, batch: Batch, departure: SendContext) -> None:
        left_at = self._clock()
        try:
            verdict = await self._carry(batch, departure)
            if blames_batch(verdict, batch) or may_concern_request(verdict):
                await self._isolator.take_apart(batch, verdict, departure)
            else:
                await self._conclude(batch, verdict)
                if isinstance(verdict, InDoubt):
                    await self._isolator.examine(batch, verdict, left_at=left_at)
        finally:
            self._slots.give_back()

    async def _carry(self, batch: Batch, departure: SendContext) -> Verdict:
        self._emit(
            BatchSealed(
                batch=batch.number,
                entries=batch.entries,
                bytes=len(batch.body),
                weight=batch.weight,
                in_flight=self._slots.carried,
            )
        )
        started = self._clock()
        verdict = await self._carrier.carry(batch, departure)
        self._latency.ended(self._clock() - started)
        self._slots.notice()  # an outage may be over
        if isinstance(verdict, Accept):
            self._largest_accepted = max(self._largest_accepted, len(batch.body))
            await self._ledger.record_delivered(batch)
            self._emit(
                BatchDelivered(
                    batch=batch.number,
                    entries=batch.entries,
                    bytes=len(batch.body),
                    weight=batch.weight,
                    seconds=self._clock() - started,
                    in_flight=self._slots.carried,
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
                return
            case InDoubt():
                self._pool.settle(batch, Outcome.IN_DOUBT)
                return
            case NotSent(is_on_record=False):
                pass
            case _:
                await self._ledger.record_owed(batch, verdict.reason)
        self._pool.settle(batch, Outcome.OWED)
        match verdict:
            case Again(cause=Cause.TOO_LARGE):
                known = self.learnt_max_bytes or self._terms.max_bytes
                self.learnt_max_bytes = max(2, min(known, len(batch.body) // 2))
            case Stop():
                self._give_up(verdict)
            case _:
                pass  # it waits in the pool for better times

    def _too_large(self, failed: int, passed: int) -> None:
        """A body of `failed` bytes did not pass although all that is in it did, in bodies of `passed` bytes at most.

        A chain of accidents looks the same. So what was learnt never goes below what was accepted before.
        """
        if failed > self._largest_accepted:
            known = self.learnt_max_bytes or self._terms.max_bytes
            self.learnt_max_bytes = min(known, max(2, failed // 2, passed, self._largest_accepted))

    def _give_up(self, verdict: Stop | TurnedAway | Again) -> None:
        error = self._terms.error(verdict)
        self._failure = self._failure or error
        self._stop.request(str(error), error.exit_code)
