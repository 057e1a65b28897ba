"""Lets the gate learn from each request."""

from __future__ import annotations

from collections.abc import Callable

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    NotSent,
    Refuse,
    Stop,
    TurnedAway,
    Verdict,
)
from bulk_importer.events import Observer
from bulk_importer.model import Batch
from bulk_importer.transfer.adaptive.gate import Flight, Gate, Landing
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Scored"]


class Scored:
    """Scores each request for the setting of the gate that its batch was sealed under."""

    def __init__(self, inner: Sender, gate: Gate, emit: Observer, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._gate = gate
        self._emit = emit
        self._clock = clock

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch; where its score moves a knob of the gate, that is emitted."""
        verdict = await self._inner.send(batch, context)
        moved = self._gate.landed(
            Flight(
                generation=context.generation,
                weight=batch.weight,
                entries=batch.entries,
                started=context.left_at,
                ended=self._clock(),
                in_flight=context.in_flight,
                landing=_landing(verdict),
                suspect=batch.suspect,
                starved=context.starved,
                paced=context.paced,
            )
        )
        if moved:
            self._emit(moved)
        return verdict


def _landing(verdict: Verdict) -> Landing:
    """What a verdict tells the gate about the setting, rather than about the entries."""
    match verdict:
        case Accept():
            return Landing.DELIVERED
        case Again(cause=Cause.CONFLICT):
            return Landing.CONFLICT
        case Again(cause=Cause.THROTTLED):
            return Landing.THROTTLED
        case Again(cause=Cause.TIMED_OUT) | InDoubt(cause=Cause.TIMED_OUT):
            return Landing.TIMED_OUT
        case Again(cause=Cause.GARBLED | Cause.TOO_LARGE) | AgainInPart() | Refuse() | TurnedAway() | Stop():
            return Landing.REFUSED
        case Again() | InDoubt() | NotSent():
            return Landing.UNAVAILABLE
