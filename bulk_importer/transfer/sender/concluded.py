"""Puts the outcome of a batch on record as soon as it is final, and emits it."""

from __future__ import annotations

from collections.abc import Callable

from bulk_importer.datagym.answers.verdicts import Accept, InDoubt, Verdict
from bulk_importer.events import BatchDelivered, BatchDoubted, BatchSealed
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import Ports, SendContext, Sender
from bulk_importer.transfer.slots import Slots

__all__ = ["Concluded"]


class Concluded:
    """The outermost sender: records what was delivered or is in doubt, and emits what people want to know.

    What was neither is for the caller to decide and to record: it is owed, or taken apart.
    """

    def __init__(self, inner: Sender, ports: Ports, slots: Slots, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._ledger = ports.ledger
        self._emit = ports.emit
        self._slots = slots
        self._clock = clock

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch, which has a slot. Its outcome is durable when this returns, where the verdict is final."""
        self._emit(
            BatchSealed(
                batch=batch.number,
                entries=batch.entries,
                bytes=len(batch.body),
                weight=batch.weight,
                in_flight=self._slots.in_use,
            )
        )
        started = self._clock()
        verdict = await self._inner.send(batch, context)
        if isinstance(verdict, Accept):
            await self._ledger.record_delivered(batch)
            self._emit(
                BatchDelivered(
                    batch=batch.number,
                    entries=batch.entries,
                    bytes=len(batch.body),
                    weight=batch.weight,
                    seconds=self._clock() - started,
                    in_flight=self._slots.in_use,
                )
            )
        elif isinstance(verdict, InDoubt):
            await self._ledger.record_in_doubt(batch, verdict.reason)
            self._emit(BatchDoubted(batch=batch.number, entries=batch.entries, reason=verdict.reason))
        return verdict
