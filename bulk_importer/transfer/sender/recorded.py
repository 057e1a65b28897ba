"""Puts on record that a batch may have left, before its first byte leaves."""

from __future__ import annotations

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import Ledger, SendContext, Sender

__all__ = ["Recorded"]


class Recorded:
    """Sends what is on record as sent. So after a crash nothing is sent twice that may have landed (promise 4)."""

    def __init__(self, inner: Sender, ledger: Ledger) -> None:
        self._inner = inner
        self._ledger = ledger

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Record `sent`, durably, then send. An outcome of the batch has to follow on record, whatever the verdict."""
        await self._ledger.record_sent(batch)
        return await self._inner.send(batch, replace(context, is_on_record=True))
