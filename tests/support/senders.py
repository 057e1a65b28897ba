"""A sender without a server, and what it is given: for tests of one layer of the sending side."""

from __future__ import annotations

import asyncio

from bulk_importer.datagym.answers.verdicts import Accept, Verdict
from bulk_importer.errors import ServerUnavailable
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.latency_probe import Unlimited
from bulk_importer.transfer.interfaces import SendContext
from bulk_importer.transfer.stop import StopSwitch
from bulk_importer.transfer.timing import Timing

__all__ = ["BATCH", "CONTEXT", "FakeSender", "admission_of"]

BATCH = Batch(number=7, runs=(), body=b"[1,2]", entries=2, weight=10)
CONTEXT = SendContext(generation=0, sealed_at=0.0)


class FakeSender:
    """Says these verdicts in turn, and `Accept` afterwards; keeps the context of each call."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.contexts: list[SendContext] = []
        self._left = list(verdicts)

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """As `Sender` has it."""
        self.contexts.append(context)
        return self._left.pop(0) if self._left else Accept()


def admission_of(stop: StopSwitch) -> Admission:
    """The wish to stop, and a breaker that opens at the first sign and waits for nothing."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    async def answered() -> Verdict:
        return Accept()

    breaker = BreakerProbe(
        BreakerPolicy(signs=1),
        probe=answered,
        look=answered,
        timing=Timing(lambda: 0.0, sleep),
        emit=lambda _: None,
    )
    return Admission(breaker, Unlimited(), stop, lambda verdict: ServerUnavailable("s", verdict.reason))
