"""Counts what leaves, and says beside how many others."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Counted"]


class Counted:
    """Counts requests, and notes in the context when each left and how many were in flight then.

    Args:
        steering: is told how many are in flight.
    """

    def __init__(self, inner: Sender, steering: Steering, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock
        self._steering = steering
        # Requests that left, and those of them that had left before. Changed by `send`.
        self.requests = 0
        self.retries = 0

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch; it counts as in flight until this returns."""
        self.requests += 1
        self.retries += context.attempt > 1
        self._steering.in_flight += 1
        try:
            context = replace(context, left_at=self._clock(), in_flight=self._steering.in_flight)
            return await self._inner.send(batch, context)
        finally:
            self._steering.in_flight -= 1
