"""Counts what leaves, and says beside how many others."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Counted"]


class Counted:
    """Counts requests, and notes in the context when each left and how many were in flight then."""

    def __init__(self, inner: Sender, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock
        # Requests that left, those of them that had left before, and those whose answer is awaited. Changed by `send`.
        self.requests = 0
        self.retries = 0
        self._in_flight = 0

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch; it counts as in flight until this returns."""
        self.requests += 1
        self.retries += context.attempt > 1
        self._in_flight += 1
        try:
            context = replace(context, left_at=self._clock(), in_flight=self._in_flight)
            return await self._inner.send(batch, context)
        finally:
            self._in_flight -= 1
