"""The record of a run, wrapped so that an outcome that is recorded has the consequences that it has for the run."""

from __future__ import annotations

from collections.abc import Sequence

from bulk_importer.model import Batch, Rejection
from bulk_importer.pipeline.guards.config_watch import ConfigWatch
from bulk_importer.pipeline.guards.error_budget import ErrorBudgetGuard
from bulk_importer.readback.doubts import Doubts
from bulk_importer.transfer.interfaces import Ledger

__all__ = ["RunLedger"]


class RunLedger:
    """A ledger around another one: each outcome is recorded there first, and then acted upon.

    A delivered batch that was sent more than once is read back from the server. A rejected entry makes the label
    configuration suspect and counts towards the budget of errors. A batch in doubt is noted, so that the server is
    asked about it later. All other records only go through.

    Args:
        inner: where outcomes are recorded; an error that it raises leaves the outcome without consequences.
        watch: of the label configuration; None where nobody watches it.
    """

    def __init__(
        self, inner: Ledger, doubts: Doubts, watch: ConfigWatch | None, budget: ErrorBudgetGuard
    ) -> None:
        self._inner = inner
        self._doubts = doubts
        self._watch = watch
        self._budget = budget
        self.record_sent = inner.record_sent
        self.record_owed = inner.record_owed
        self.record_suspected = inner.record_suspected

    async def record_delivered(self, batch: Batch) -> None:
        """Record that a batch is delivered, then read back what was sent more than once."""
        await self._inner.record_delivered(batch)
        await self._doubts.verify(batch)

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None:
        """Record what the server refused of a batch, then have the configuration and the budget of errors checked."""
        await self._inner.record_rejected(rejections, batch)
        if self._watch is not None:
            self._watch.suspect()
        self._budget.check()

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        """Record that the answer to a batch was lost, then note its entries, so that the server is asked about them."""
        await self._inner.record_in_doubt(batch, reason)
        for run in batch.runs:
            self._doubts.note(run)
