"""The innermost sender: it asks the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bulk_importer.datagym.answers.verdicts import Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import SendContext

__all__ = ["Http"]


class Http:
    """Uploads the body of a batch, and returns the verdict on the answer."""

    def __init__(self, upload: Callable[[bytes], Awaitable[Verdict]]) -> None:
        self._upload = upload

    async def send(self, batch: Batch, context: SendContext) -> Verdict:  # noqa: ARG002 - the same in any context
        """Upload the body. When it is cancelled, nobody knows whether it was executed."""
        return await self._upload(batch.body)
