"""Assembles the sending side of one run: the layers of the sender, and those who decide what they carry."""

from __future__ import annotations

from bulk_importer.datagym.answers.verdicts import Again, may_concern_request
from bulk_importer.datagym.timing import Backoff, Timing
from bulk_importer.model import Limits
from bulk_importer.transfer.adaptive.gate import Gate
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.held import Held
from bulk_importer.transfer.admission.latency_probe import LatencyProbe, Unlimited
from bulk_importer.transfer.admission.schedule import SendSchedule
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.dispatcher import Dispatcher
from bulk_importer.transfer.interfaces import Ports, Sender, UploadRoute
from bulk_importer.transfer.isolation.passage import Passage
from bulk_importer.transfer.isolator import Isolator
from bulk_importer.transfer.options import Remembered, SendOptions
from bulk_importer.transfer.sender.concluded import Concluded
from bulk_importer.transfer.sender.counted import Counted
from bulk_importer.transfer.sender.exclusive import Exclusive
from bulk_importer.transfer.sender.guarded import Guarded
from bulk_importer.transfer.sender.http import Http
from bulk_importer.transfer.sender.paced import Paced
from bulk_importer.transfer.sender.recorded import Preserved, Recorded
from bulk_importer.transfer.sender.retrying import Retrying
from bulk_importer.transfer.sender.returned import Returned
from bulk_importer.transfer.sender.scored import Scored
from bulk_importer.transfer.sender.watched import Watched
from bulk_importer.transfer.slots import Slots

__all__ = ["Sending"]

# The first and one more, as the docstring of the package draws it.
_ATTEMPTS_IN_PLACE = 2


class Sending:
    """Everything between the pool and the server."""

    def __init__(
        self, uploads: UploadRoute, ports: Ports, options: SendOptions, steering: Steering, timing: Timing
    ) -> None:
        self._emit, self._clock = emit, clock = ports.emit, timing.clock
        self._options = options
        self._steering = steering
        self._stop = steering.stop
        # How long the run had been paused when the gate was told; changed by `_follow`.
        self._paused_seconds = steering.paused_seconds
        uploads = Held(uploads, steering)
        self._backoff = Backoff(options.retry, timing)
        self._gate = gate = Gate(options.bounds, start=options.start)
        self._passage = Passage(
            uploads,
            seal=ports.pool.seal_again,
            backoff=self._backoff,
            is_stopping=self._is_stopping,
            max_bytes=options.limits.max_bytes,
        )
        self._breaker = BreakerProbe(
            options.breaker,
            probe=uploads.probe,
            look=self._passage.look,
            steering=steering,
            timing=timing,
            emit=emit,
        )
        latency = (
            LatencyProbe(uploads.light_read, standing=lambda: gate.setting, emit=emit, clock=clock)
            if options.is_polite
            else Unlimited()
        )
        admission = Admission(self._breaker, latency, steering, uploads.error)
        self._slots = slots = Slots(ports.pool, gate, admission, clock)
        sender = self._sender(uploads, ports, timing, admission)
        sender = Returned(sender, admission, wake=slots.wake, clock=clock)
        sender = Concluded(sender, ports, slots, clock)
        isolator = Isolator(ports, sender, slots, self._passage, admission, self._backoff)
        self._dispatcher = Dispatcher(ports, sender, slots, isolator, admission, self._limits)

    async def run(self) -> None:
        """Empty the pool; returns and raises as `Dispatcher.run`."""
        with self._steering.followed_by(self._follow):
            await self._dispatcher.run()

    def _follow(self) -> None:
        """Do what a person asks, now and whenever that changes."""
        limits, paused = self._steering.limits, self._steering.paused_seconds
        if paused > self._paused_seconds and not self._steering.is_paused:
            self._gate.resumed(paused - self._paused_seconds)
            self._paused_seconds = paused
        if limits is not None:
            if moved := self._gate.limit(limits.max_in_flight):
                self._emit(moved)
            self._options.pacing.change(
                self._clock(),
                requests_per_second=limits.requests_per_second,
                entries_per_second=limits.entries_per_second,
                bytes_per_second=limits.bytes_per_second,
            )
        self._slots.wake()

    def _sender(self, uploads: UploadRoute, ports: Ports, timing: Timing, admission: Admission) -> Sender:
        """The layers from the request outwards to the retries: the last one is what a batch meets first."""
        options, emit, clock = self._options, ports.emit, timing.clock
        schedule = SendSchedule(
            options.pacing, options.window, steering=self._steering, timing=timing, emit=emit
        )
        sender: Sender = Http(uploads.upload)
        sender = Watched(sender, self._passage, self._breaker)
        sender = Scored(sender, self._gate, emit, clock)
        sender = self._counted = Counted(sender, self._steering, emit, clock)
        sender = Guarded(sender, admission)
        sender = Recorded(sender, ports.ledger)
        sender = Guarded(sender, admission)
        sender = Exclusive(sender)
        sender = Preserved(sender, ports.keeper)
        sender = Guarded(sender, admission)
        sender = Paced(sender, schedule)
        return Retrying(
            sender,
            self._backoff,
            options.budget,
            max_attempts=options.max_attempts,
            may_retry=self._may_retry,
            emit=emit,
        )

    def _is_stopping(self) -> bool:
        return self._stop.is_requested

    def _may_retry(self, verdict: Again, attempt: int) -> bool:
        if self._stop.is_requested or not self._breaker.is_closed:
            return False
        # What may be about the batch is not tried a third time before others show whether they pass.
        return attempt < _ATTEMPTS_IN_PLACE or not may_concern_request(verdict)

    def _limits(self) -> Limits:
        """What bounds a batch at the moment: a person, the gate, and what was learnt about the size of bodies."""
        limits = self._options.limits_now()
        return Limits(
            limits.max_entries,
            min(limits.max_bytes, self._passage.body_limit.bytes),
            min(limits.max_weight, self._gate.setting.weight),
        )

    @property
    def requests(self) -> int:
        """How many uploads left."""
        return self._counted.requests

    @property
    def retries(self) -> int:
        """How many uploads left that had left before."""
        return self._counted.retries

    def remembered(self) -> Remembered:
        """What this run found out and the next one should begin with."""
        in_flight, weight = self._gate.base
        before = self._options.remembered.max_bytes if self._options.remembered else None
        return Remembered(in_flight, weight, self._passage.body_limit.learnt or before)
