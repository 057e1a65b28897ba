"""Tells those who watch the server what it answered."""

from __future__ import annotations

from bulk_importer.datagym.answers.verdicts import Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.interfaces import SendContext, Sender
from bulk_importer.transfer.isolation.passage import Passage

__all__ = ["Watched"]


class Watched:
    """Reports each verdict to the passage and to the breaker, before any other layer acts on the verdict."""

    def __init__(self, inner: Sender, passage: Passage, breaker: BreakerProbe) -> None:
        self._inner = inner
        self._passage = passage
        self._breaker = breaker

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch; the verdict is reported when this returns."""
        verdict = await self._inner.send(batch, context)
        self._passage.saw(verdict, batch, left_at=context.left_at)
        self._breaker.saw(
            verdict, left_at=context.left_at, in_flight=context.in_flight, failed_before=batch.tries > 0
        )
        return verdict
