"""Builds the sending side of one run from its settings, and remembers for the next run what it found out."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from bulk_importer.datagym.answers.policy import RetryBudget, RetryPolicy, backoff_seconds
from bulk_importer.datagym.answers.verdicts import may_concern_request
from bulk_importer.datagym.retry import Retrying
from bulk_importer.datagym.uploads import Uploads
from bulk_importer.errors import UsageError
from bulk_importer.events import Observer
from bulk_importer.model import Batch, Rejection
from bulk_importer.settings import Settings
from bulk_importer.spans import Span
from bulk_importer.transfer.adaptive.gate import Bounds, Gate, Setting
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.latency_probe import LatencyProbe, Unlimited
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.schedule import SendSchedule
from bulk_importer.transfer.admission.window import Window
from bulk_importer.transfer.dispatcher import Dispatcher, Terms
from bulk_importer.transfer.interfaces import Supply
from bulk_importer.transfer.isolation.parts import Refused
from bulk_importer.transfer.isolation.passage import Passage
from bulk_importer.transfer.isolator import IsolationTerms
from bulk_importer.transfer.sender.carrier import Carrier
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Ledger", "Remembered", "Sending", "require_sound"]

_POLITE_IN_FLIGHT = 2
# When everything fails, a retry leaves in the time of ten first waits: every five seconds at the default.
_RETRIES_PER_WAIT = 0.1
_ATTEMPTS_IN_PLACE = 2


class Remembered(msgspec.Struct, frozen=True):
    """What a resume begins with instead of finding it out again; a note in the checkpoint.

    Attributes:
        in_flight, weight: the best setting of the gate that is known.
        max_bytes: of a body, after one that was too large for something on the way; None where there was none.
    """

    in_flight: int
    weight: int
    max_bytes: int | None = None

    @classmethod
    def read(cls, note: object) -> Remembered | None:
        """The note of an earlier run; None where there is none that can be read."""
        try:
            return msgspec.convert(note, cls) if note is not None else None
        except msgspec.ValidationError:
            return None


class Ledger(Protocol):
    """Records what happens to batches; durable when a call returns. See `checkpoint.Checkpoint`."""

    async def record_sent(self, batch: Batch) -> None: ...
    async def record_delivered(self, batch: Batch) -> None: ...
    async def record_owed(self, batch: Batch, reason: str) -> None: ...
    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None: ...
    async def record_in_doubt(self, batch: Batch, reason: str) -> None: ...
    async def record_suspected(
        self, spans: Sequence[Span], said: str, *, condemned: bool = False
    ) -> None: ...


class Sending:
    """Everything between the pool and the server.

    Args:
        settings: of which `require_sound` has nothing to say.
        rejection: see `IsolationTerms`.
        remembered: what an earlier run found out.
    """

    def __init__(
        self,
        settings: Settings,
        uploads: Uploads,
        pool: Supply,
        ledger: Ledger,
        stop: StopSwitch,
        *,
        rejection: Callable[[Batch, Refused], Rejection],
        remembered: Remembered | None,
        emit: Observer,
        clock: Callable[[], float],
    ) -> None:
        policy = RetryPolicy(
            base_seconds=settings.retry_wait,
            cap_seconds=settings.max_retry_wait,
            max_retry_after_seconds=settings.max_retry_after,
        )
        chance = random.random
        passage = Passage(
            uploads,
            seal=pool.seal_again,
            clock=clock,
            is_stopping=lambda: stop.is_requested,
            pause=lambda tries, after: stop.sleep(backoff_seconds(policy, tries, chance(), after)),
        )
        self._remembered_bytes = remembered.max_bytes if remembered else None
        self._gate = gate = Gate(_bounds(settings), start=_start(remembered))
        breaker = BreakerProbe(
            BreakerPolicy(
                signs=settings.outage_signs,
                first_interval_seconds=settings.probe_wait,
                longest_interval_seconds=settings.max_probe_wait,
                max_retry_after_seconds=settings.max_retry_after,
                max_outage_seconds=settings.max_outage,
            ),
            probe=uploads.probe,
            look=passage.look,
            sleep=stop.sleep,
            emit=emit,
            clock=clock,
        )
        pacing = Pacing(
            requests_per_second=settings.max_requests_per_second,
            entries_per_second=settings.max_entries_per_second,
            bytes_per_second=settings.max_bytes_per_second,
        )
        self._carrier = Carrier(
            upload=uploads.upload,
            ledger=ledger,
            gate=gate,
            retrying=Retrying(
                policy,
                budget=RetryBudget(
                    share=settings.retry_share, per_second=_RETRIES_PER_WAIT / settings.retry_wait
                ),
                max_attempts=settings.max_attempts,
                may_retry=lambda verdict, attempt: (
                    not stop.is_requested
                    and breaker.is_closed
                    # What may be about the batch is not tried a third time before others show whether they pass.
                    and (attempt < _ATTEMPTS_IN_PLACE or not may_concern_request(verdict))
                ),
                sleep=stop.sleep,
                chance=random.random,
                clock=clock,
            ),
            breaker=breaker,
            passage=passage,
            schedule=SendSchedule(
                pacing,
                _window(settings),
                is_stopping=lambda: stop.is_requested,
                sleep=stop.sleep,
                emit=emit,
                clock=clock,
            ),
            stop=stop,
            emit=emit,
            clock=clock,
        )
        self.dispatcher = Dispatcher(
            pool=pool,
            carrier=self._carrier,
            ledger=ledger,
            gate=gate,
            breaker=breaker,
            passage=passage,
            latency=LatencyProbe(uploads.light_read, standing=lambda: gate.setting, emit=emit, clock=clock)
            if settings.polite
            else Unlimited(),
            terms=Terms(
                max_entries=min(settings.max_batch_entries, pacing.max_entries or settings.max_batch_entries),
                max_bytes=min(_max_bytes(settings, remembered), pacing.max_bytes or settings.max_batch_bytes),
                max_weight=settings.max_batch_weight,
                error=uploads.error,
            ),
            isolation_terms=IsolationTerms(policy, rejection, uploads.is_working),
            stop=stop,
            emit=emit,
            chance=random.random,
            clock=clock,
        )

    async def run(self) -> None:
        """Empty the pool; returns and raises as `Dispatcher.run`."""
        await self.dispatcher.run()

    @property
    def requests(self) -> int:
        """How many uploads left."""
        return self._carrier.requests

    @property
    def retries(self) -> int:
        """How many of them had left before."""
        return self._carrier.retries

    def remembered(self) -> Remembered:
        """What the next run should begin with."""
        in_flight, weight = self._gate.base
        return Remembered(in_flight, weight, self.dispatcher.learnt_max_bytes or self._remembered_bytes)


def require_sound(settings: Settings) -> None:
    """See that the settings of the sending side can be meant together, before anything is begun.

    Raises:
        UsageError: bounds or waits contradict each other, or the window cannot be read.
    """
    _bounds(settings)
    _window(settings)
    if settings.retry_wait > settings.max_retry_wait:
        raise UsageError("--retry-wait is above --max-retry-wait.")
    if settings.probe_wait > settings.max_probe_wait:
        raise UsageError("--probe-wait is above --max-probe-wait.")


def _window(settings: Settings) -> Window | None:
    if settings.window is None:
        return None
    try:
        return Window.parse(settings.window, _local_zone())
    except ValueError as error:
        raise UsageError(f"--window: {error}.") from error


def _local_zone() -> tzinfo:
    """The machine's zone with its rules: what `astimezone()` gives knows only today's distance from UTC."""
    name = os.environ.get("TZ", "")
    try:
        if name:
            return ZoneInfo(name.removeprefix(":"))
        with open("/etc/localtime", "rb") as rules:
            return ZoneInfo.from_file(rules, key="local time")
    except (OSError, ValueError, KeyError):  # a missing zone is a KeyError
        return UTC


def _bounds(settings: Settings) -> Bounds:
    most = min(settings.max_in_flight, _POLITE_IN_FLIGHT) if settings.polite else settings.max_in_flight
    if settings.min_in_flight > most:
        raise UsageError("--min-in-flight is above what is allowed in flight.")
    if settings.max_batch_weight is not None and settings.min_batch_weight > settings.max_batch_weight:
        raise UsageError("--min-batch-weight is above --max-batch-weight.")
    return Bounds(
        least_in_flight=settings.min_in_flight,
        most_in_flight=most,
        least_weight=settings.min_batch_weight,
        most_weight=settings.max_batch_weight,
    )


def _start(remembered: Remembered | None) -> Setting | None:
    return Setting(remembered.in_flight, remembered.weight) if remembered else None


def _max_bytes(settings: Settings, remembered: Remembered | None) -> int:
    known = remembered.max_bytes if remembered else None
    return settings.max_batch_bytes if known is None else min(known, settings.max_batch_bytes)
