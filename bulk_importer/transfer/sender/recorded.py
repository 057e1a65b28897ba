"""Puts on disk what must be there before a batch leaves: that it may have left, and what it replaces."""

from __future__ import annotations

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import NotSent, Verdict
from bulk_importer.errors import Interrupted
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import Keeper, Ledger, SendContext, Sender

__all__ = ["Preserved", "Recorded"]


class Recorded:
    """Sends what is on record as sent. So after a crash nothing is sent twice that may have landed (promise 4)."""

    def __init__(self, inner: Sender, ledger: Ledger) -> None:
        self._inner = inner
        self._ledger = ledger

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Record `sent`, durably, then send. An outcome of the batch has to follow on record, whatever the verdict."""
        await self._ledger.record_sent(batch)
        return await self._inner.send(batch, replace(context, is_on_record=True))


class Preserved:
    """Sends what can be taken back: the labels that it replaces are on disk before it is on record as sent.

    It stands here because nothing else of the media of a batch is in flight: what they hold now is what they held
    before the batch.
    """

    def __init__(self, inner: Sender, keeper: Keeper) -> None:
        self._inner = inner
        self._keeper = keeper

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Have the labels kept, then send. Raises `BulkImporterError` where they cannot be read or kept."""
        try:
            await self._keeper.keep(batch)
        except Interrupted:
            return NotSent(is_on_record=context.is_on_record)
        return await self._inner.send(batch, context)
