"""Has kept what a batch deletes or changes, before the batch may leave."""

from __future__ import annotations

from bulk_importer.datagym.answers.verdicts import NotSent, Verdict
from bulk_importer.errors import Interrupted
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import Keeper, SendContext, Sender

__all__ = ["Preserved"]


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
