"""Makes a batch wait for the rates and the hours that a person allowed."""

from __future__ import annotations

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import NotSent, Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.schedule import SendSchedule
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Paced"]


class Paced:
    """Sends when the schedule permits it. It stands outside `Recorded`: what waits for the evening is not in doubt."""

    def __init__(self, inner: Sender, schedule: SendSchedule) -> None:
        self._inner = inner
        self._schedule = schedule

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Wait, then send. What had to wait, or leaves once more, tells the gate nothing about its setting.

        Returns:
            `NotSent` where it is to be packed again before it may leave.
        """
        waited = await self._schedule.permit(entries=batch.entries, body_bytes=len(batch.body))
        if waited is None:
            return NotSent(is_on_record=context.is_on_record)
        return await self._inner.send(batch, replace(context, paced=waited or context.attempt > 1))
