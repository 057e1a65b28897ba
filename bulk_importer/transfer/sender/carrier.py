"""Sends one batch and comes back with its verdict: the record before it, the retries, the score after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

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
from bulk_importer.datagym.retry import Retrying
from bulk_importer.events import Observer, RetryScheduled
from bulk_importer.model import Batch
from bulk_importer.transfer.adaptive.gate import Flight, Gate, Landing
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.exclusive import SharedExclusiveLock
from bulk_importer.transfer.admission.schedule import SendSchedule
from bulk_importer.transfer.isolation.passage import Passage
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Carrier", "SendContext"]


@dataclass(frozen=True, slots=True)
class SendContext:
    """Under what circumstances a batch leaves.

    Attributes:
        leg: the gate's when it was sealed.
        starved: it could have been fuller, but there was nothing more.
        alone: nothing else may be in flight beside it.
        on_trial: it is the one that leaves during an outage, to see.
    """

    generation: int
    starved: bool = False
    alone: bool = False
    is_trial: bool = False


class SentRecorder(Protocol):
    """Records that a request may leave; durable when it returns."""

    async def record_sent(self, batch: Batch) -> None:
        """See `checkpoint.Checkpoint.record_sent`."""


class Carrier:
    """Carries batches, many at a time. Every attempt is on record before its first byte leaves."""

    def __init__(
        self,
        *,
        upload: Callable[[bytes], Awaitable[Verdict]],
        ledger: SentRecorder,
        gate: Gate,
        retrying: Retrying,
        breaker: BreakerProbe,
        passage: Passage,
        schedule: SendSchedule,
        stop: StopSwitch,
        emit: Observer,
        clock: Callable[[], float],
    ) -> None:
        self._upload = upload
        self._ledger = ledger
        self._gate = gate
        self._retrying = retrying
        self._breaker = breaker
        self._passage = passage
        self._schedule = schedule
        self._stop = stop
        self._emit = emit
        self._clock = clock
        self._traffic = SharedExclusiveLock()
        # Requests that left, those of them that were sent again, and those whose answer is awaited. Changed by
        # `_send` alone.
        self.requests = 0
        self.retries = 0
        self.on_road = 0

    async def carry(self, batch: Batch, departure: SendContext) -> Verdict:
        """Send the batch until its verdict is final or more tries are pointless; then its outcome is to be recorded.

        Returns:
            The last verdict. `Again` means that it was not executed and is not tried any more for now.
        """

        def on_retry(attempt: int, seconds: float, verdict: Again) -> None:
            self._emit(
                RetryScheduled(
                    batch=batch.number, attempt=attempt, after_seconds=seconds, reason=verdict.reason
                )
            )

        try:
            if batch.suspect:
                # What is taken apart is tried again by those who do it: they know what the tries before it showed.
                return await self._attempt(batch, departure, 1)
            return await self._retrying.until_final(
                lambda attempt: self._attempt(batch, departure, attempt), on_retry
            )
        finally:
            if departure.is_trial:
                self._breaker.release_trial()

    async def _attempt(self, batch: Batch, departure: SendContext, attempt: int) -> Verdict:
        waited = await self._schedule.permit(entries=batch.entries, body_bytes=len(batch.body))
        async with self._traffic.alone() if departure.alone else self._traffic.shared():
            if self._is_held_back(departure):
                return NotSent(is_on_record=attempt > 1)
            await self._ledger.record_sent(batch)
            if self._is_held_back(departure):
                return NotSent(is_on_record=True)
            return await self._send(batch, departure, attempt, paced=waited or attempt > 1)

    def _is_held_back(self, departure: SendContext) -> bool:
        return self._stop.is_requested or not self._breaker.allows(is_trial=departure.is_trial)

    async def _send(self, batch: Batch, departure: SendContext, attempt: int, *, paced: bool) -> Verdict:
        self.requests += 1
        self.retries += attempt > 1
        self.on_road += 1
        in_flight, started = self.on_road, self._clock()
        try:
            verdict = await self._upload(batch.body)
        finally:
            self.on_road -= 1
        self._passage.saw(verdict, batch.body, left_at=started)
        self._breaker.saw(verdict, left_at=started, in_flight=in_flight)
        moved = self._gate.landed(
            Flight(
                generation=departure.generation,
                weight=batch.weight,
                entries=batch.entries,
                started=started,
                ended=self._clock(),
                in_flight=in_flight,
                landing=_landing(verdict),
                suspect=batch.suspect,
                starved=departure.starved,
                paced=paced,
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
