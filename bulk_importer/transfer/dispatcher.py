"""Pulls a batch from the pool whenever a request can leave, and sees it through to its outcome.

The shell around pure parts: the gate says how much may leave, `Admission` whether anything may, `Slots` whose turn it
is, a verdict what an answer means, `Isolator` takes apart what was refused. What is decided here is the order:

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

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    InDoubt,
    NotSent,
    Stop,
    Verdict,
    may_concern_request,
)
from bulk_importer.model import Batch, Limits, Outcome
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.interfaces import Ports, SendContext, Sender
from bulk_importer.transfer.isolator import Isolator, blames_batch
from bulk_importer.transfer.slots import Slots

__all__ = ["Dispatcher"]


class Dispatcher:
    """Empties the pool. `run` it once, while the pool is being fed; it ends when the pool is closed and empty.

    Args:
        sender: records what was delivered and what is in doubt.
        limits: the bounds of a batch that is sealed at the moment.
    """

    def __init__(
        self,
        ports: Ports,
        sender: Sender,
        slots: Slots,
        isolator: Isolator,
        admission: Admission,
        limits: Callable[[], Limits],
    ) -> None:
        self._pool = ports.pool
        self._ledger = ports.ledger
        self._sender = sender
        self._slots = slots
        self._isolator = isolator
        self._admission = admission
        self._limits = limits
        admission.stop.subscribe(slots.wake)

    async def run(self) -> None:
        """Send batches until the pool is closed and empty, or until a stop, when nothing is in flight.

        Raises:
            BulkImporterError: what ended the run: the server would not have it.
            ExceptionGroup: of `CheckpointError`s; what is in flight was cancelled and is on record as sent.
        """
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._follow_pool())
            watching = tasks.create_task(self._admission.run(self._slots.wake))
            while (sealed := await self._next()) is not None:
                tasks.create_task(self._see_through(*sealed))
            # Both wait for ever; without this the group would not end when the last batch has its outcome.
            following.cancel()
            watching.cancel()
        if self._admission.failure:
            raise self._admission.failure

    async def _follow_pool(self) -> None:
        """Make what changes the pool from outside news for all who wait for a slot."""
        while True:
            self._slots.wake()  # first, for what changed before this began to wait
            await self._pool.changed()

    async def _next(self) -> tuple[Batch, SendContext] | None:
        while not self._admission.stop.is_requested:
            limits = self._limits()
            full = self._pool.can_fill(limits)
            # A partial batch leaves only when nothing would fill it: waiting for input is cheaper than a small request.
            if self._slots.may_seal() and (full or self._pool.is_closed or not self._slots.in_use):
                was_empty = self._pool.is_empty
                batch = self._pool.seal(limits)
                if batch:
                    return batch, self._slots.take(starved=not full)
                if not was_empty:
                    self._slots.wake()  # all of it waits behind held lanes, so those who hold them may go first
            if self._pool.is_closed and self._slots.are_empty and self._pool.is_empty:
                return None
            await self._slots.change()
        return None

    async def _see_through(self, batch: Batch, context: SendContext) -> None:
        try:
            verdict = await self._sender.send(batch, context)
            if blames_batch(verdict, batch) or may_concern_request(verdict):
                await self._isolator.take_apart(batch, verdict, context)
            else:
                await self._release(batch, verdict)
                if isinstance(verdict, InDoubt):
                    await self._isolator.examine(batch, verdict, left_at=context.sealed_at)
        finally:
            self._slots.give_back()

    async def _release(self, batch: Batch, verdict: Verdict) -> None:
        """Give the lanes of a batch free whose verdict does not blame what is in it; they stay shut where in doubt."""
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
                # Before its lanes are free: an entry has to be owed on record before another batch may be sent with it.
                await self._ledger.record_owed(batch, verdict.reason)
        self._pool.settle(batch, Outcome.OWED)
        if isinstance(verdict, Stop):
            self._admission.give_up(verdict)
        # Anything else waits in the pool for better times.
