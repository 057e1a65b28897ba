"""Parts of the sending side without a server, a disk or a wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bulk_importer.datagym.answers.verdicts import Accept, Verdict
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import ServerUnavailable
from bulk_importer.model import Batch, Rejection
from bulk_importer.spans import Span
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.latency_probe import Unlimited
from bulk_importer.transfer.interfaces import SendContext
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["BATCH", "CONTEXT", "Diary", "FakeSender", "admission_of", "positions_in"]

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


class Diary:
    """A ledger that keeps what it is told, in order, as (what, positions).

    Attributes:
        under_way: the positions of each batch that may have left and has no outcome yet, by its number.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[str, tuple[int, ...]]] = []
        self.under_way: dict[int, tuple[int, ...]] = {}

    async def record_sent(self, batch: Batch) -> None:
        """As `Ledger` has it; another task runs meanwhile."""
        await asyncio.sleep(0)
        self.under_way[batch.number] = positions_in(batch)
        self.lines.append(("sent", positions_in(batch)))

    async def record_delivered(self, batch: Batch) -> None:
        """As `Ledger` has it."""
        self._end("delivered", batch)

    async def record_owed(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        self._end("owed", batch)

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None:
        """As `Ledger` has it."""
        del self.under_way[batch.number]
        self.lines.append(("rejected", tuple(each.position for each in rejections)))

    async def record_suspected(self, spans: Sequence[Span], said: str, *, condemned: bool = False) -> None:
        """As `Ledger` has it."""
        positions = tuple(position for start, stop in spans for position in range(start, stop))
        self.lines.append(("condemned" if condemned else "suspected", positions))

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        self._end("in doubt", batch)

    def _end(self, what: str, batch: Batch) -> None:
        del self.under_way[batch.number]  # an outcome of what is not under way is a defect
        self.lines.append((what, positions_in(batch)))

    def of(self, what: str) -> list[int]:
        """The positions of which something is said, in the order of saying."""
        return [position for said, positions in self.lines if said == what for position in positions]


def positions_in(batch: Batch) -> tuple[int, ...]:
    """The positions of its entries, in order."""
    return tuple(position for run in batch.runs for position in run.positions)
