"""Counts what leaves, says beside how many others, and tells when it is over."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    InDoubt,
    NotSent,
    Refuse,
    Stop,
    TurnedAway,
    Verdict,
)
from bulk_importer.events import Observer, RequestEnded
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Counted"]


class Counted:
    """Counts requests, and notes in the context when each left and how many were in flight then.

    Args:
        steering: is told how many are in flight.
    """

    def __init__(self, inner: Sender, steering: Steering, emit: Observer, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._emit = emit
        self._clock = clock
        self._steering = steering
        # Requests that left, and those of them that had left before. Changed by `send`.
        self.requests = 0
        self.retries = 0

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch; it counts as in flight until this returns, which is emitted."""
        self.requests += 1
        self.retries += context.attempt > 1
        self._steering.in_flight += 1
        left_at, outcome, cause = self._clock(), "broken off", ""
        try:
            context = replace(context, left_at=left_at, in_flight=self._steering.in_flight)
            verdict = await self._inner.send(batch, context)
            outcome, cause = _told(verdict)
            return verdict
        finally:
            self._steering.in_flight -= 1
            self._emit(
                RequestEnded(
                    batch=batch.number,
                    attempt=context.attempt,
                    outcome=outcome,
                    cause=cause,
                    seconds=self._clock() - left_at,
                    in_flight=self._steering.in_flight,
                )
            )


def _told(verdict: Verdict) -> tuple[str, str]:
    """Outcome and cause, in the words of the event."""
    match verdict:
        case Accept():
            return "accepted", ""
        case AgainInPart() | Refuse():
            return "refused", ""
        case Again():
            return "not executed", verdict.cause.value
        case InDoubt():
            return "lost", verdict.cause.value
        case TurnedAway() | Stop():
            return "turned away", ""
        case NotSent():
            return "broken off", ""
