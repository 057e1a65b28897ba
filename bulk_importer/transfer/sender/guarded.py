"""Holds a batch back that must not leave any more."""

from __future__ import annotations

from bulk_importer.datagym.answers.verdicts import NotSent, Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Guarded"]


class Guarded:
    """Sends nothing once the run is to stop, while it is paused or enough is in flight, or while the breaker is open.

    It stands on both sides of `Recorded`: outside, so that what is held back need not be recorded; inside, because the
    record takes a disk's time to write, in which the server may go away, or a person pause the run. And outside of
    `Preserved`, so that nothing is read for what does not leave.
    """

    def __init__(self, inner: Sender, admission: Admission) -> None:
        self._inner = inner
        self._admission = admission

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch, or return `NotSent` where nothing may leave."""
        if not self._admission.allows(is_trial=context.is_trial):
            return NotSent(is_on_record=context.is_on_record)
        return await self._inner.send(batch, context)
