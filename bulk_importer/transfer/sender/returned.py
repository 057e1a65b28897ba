"""Tells those who hold requests back that a batch is back from the server."""

from __future__ import annotations

from collections.abc import Callable

from bulk_importer.datagym.answers.verdicts import Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Returned"]


class Returned:
    """Ends the trial of a batch, counts how long the batch took, and wakes the batches that wait.

    Args:
        wake: called when a batch is back, because an outage may be over.
        clock: monotonic, in seconds.
    """

    def __init__(
        self, inner: Sender, admission: Admission, *, wake: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        self._inner = inner
        self._admission = admission
        self._wake = wake
        self._clock = clock

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch; its trial is over when this returns or raises."""
        started = self._clock()
        try:
            verdict = await self._inner.send(batch, context)
        finally:
            # Also where the batch was cancelled: a trial that nobody ends would keep every other batch back.
            if context.is_trial:
                self._admission.breaker.release_trial()
        self._admission.latency.ended(self._clock() - started)
        self._wake()
        return verdict
