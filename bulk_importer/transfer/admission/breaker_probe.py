"""Pauses a run while its server is away, and asks from time to time whether it is back: the shell of `breaker`.

What counts is whether a *batch* gets an answer in the server's own words. Everything else that happens to one is a
sign: no connection, a gateway's page, a connection that broke, an answer that never came, and a 429 too. Each of these
may be about that one batch, but three of them in a row with no answer between are about the server, unless it is found
out meanwhile that they were about what is in those batches (`excuse`).

Where the signs leave batches in doubt, the pause bounds how many: before a batch may try again a look has to pass
(see `passage`), which cannot be in doubt, and where looks pass and batches are lost all the same, no more than `signs`
and the number in flight are lost in a row. Those that were lost in an earlier run, too, do not count: they come before
what could show that it is about them.

While a person pauses the run nothing is asked, and the patience with the server does not run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    NotSent,
    Refuse,
    Stop,
    StopKind,
    TurnedAway,
    Verdict,
    is_in_words,
)
from bulk_importer.datagym.timing import Timing
from bulk_importer.events import Observer, OutageBegan, OutageEnded
from bulk_importer.transfer.admission.breaker import Breaker, BreakerPolicy, BreakerState
from bulk_importer.transfer.admission.steering import Steering

__all__ = ["BreakerProbe"]

_SIGNS = frozenset(
    {Cause.UNAVAILABLE, Cause.UNREACHABLE, Cause.DISCONNECTED, Cause.TIMED_OUT, Cause.THROTTLED}
)


class BreakerProbe:
    """A circuit breaker that probes its server. `run` it beside what sends; it ends only when it gives up.

    Args:
        probe: a light read of the server, judged as if it were an upload; nothing is executed by it.
        look: sees whether uploads pass, with what cannot change anything; see `Passage.look`.
    """

    def __init__(
        self,
        policy: BreakerPolicy,
        *,
        probe: Callable[[], Awaitable[Verdict]],
        look: Callable[[], Awaitable[Verdict]],
        steering: Steering,
        timing: Timing,
        emit: Observer,
    ) -> None:
        self._breaker = Breaker(policy)
        self._steering = steering
        self._signs = policy.signs
        self._probe = probe
        self._look = look
        self._sleep = timing.sleep
        self._clock = timing.clock
        self._emit = emit
        # Whether the one batch that may leave to see is on its way; set by `acquire_trial`, cleared by `release_trial`.
        self._trial_is_taken = False
        # Whether the server answers and is of no use; set by `declare`, cleared by `saw`.
        self._is_declared = False
        # Since when batches fail with none that left later and was answered, whether any of them were lost, how many
        # of these for the first time, and how many were in flight at most meanwhile; changed by `saw` and `excuse`.
        self._failing_since: float | None = None
        self._has_lost = False
        self._lost_anew = 0
        self._in_flight = 1
        self._changed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether there is no outage: batches may leave, and be sent again."""
        return self._breaker.state is BreakerState.CLOSED

    @property
    def is_declared(self) -> bool:
        """Whether there is an outage in which the server answers, and is of no use."""
        return self._is_declared

    @property
    def may_acquire(self) -> bool:
        """Whether a batch may be sealed: there is no outage, or the server answers reads and no other batch tries."""
        return self.is_closed or (self._breaker.state is BreakerState.HALF_OPEN and not self._trial_is_taken)

    def acquire_trial(self) -> bool:
        """Admit a batch that is being sealed; whether it is the one that tries. Then `release_trial` has to follow."""
        is_trial = not self.is_closed
        self._trial_is_taken = self._trial_is_taken or is_trial
        return is_trial

    def release_trial(self) -> None:
        """Let another batch try: the one that was to has its verdict, or did not leave."""
        self._trial_is_taken = False

    def allows(self, *, is_trial: bool) -> bool:
        """Whether a request of a batch that was sealed before may leave now."""
        return self.is_closed or (is_trial and self._breaker.state is BreakerState.HALF_OPEN)

    def saw(
        self,
        verdict: Verdict,
        *,
        left_at: float = float("inf"),
        in_flight: int = 1,
        failed_before: bool = False,
    ) -> None:
        """Take the verdict on a request into account, before anything else is done about it.

        Args:
            left_at: when it left. What left before others began to fail does not show that they would pass now.
            in_flight: how many requests were on their way then, itself included.
            failed_before: what is in it failed in an earlier run, too, so that it says less about the server.
        """
        now = self._clock()
        self._in_flight = max(self._in_flight, in_flight)
        match verdict:
            case Again(cause=Cause.TOO_LARGE) | Stop() | NotSent():
                pass  # a proxy may say so while the server is away
            case InDoubt():
                self._has_lost = True
                self._lost_anew += not failed_before
                self._failed(now, verdict.reason)
            case TurnedAway():
                self._failed(now, verdict.reason)
            case Again(cause=cause) if cause in _SIGNS:
                self._failed(now, verdict.reason, verdict.after_seconds)
            case Again() if self._is_declared:
                self._failed(now, self._breaker.reason)  # more of what it was declared for
            case Accept() | Again() | AgainInPart() | Refuse():
                if self._failing_since is None or left_at >= self._failing_since:
                    self.excuse()
        self._changed.set()

    def _failed(self, now: float, reason: str, after_seconds: float | None = None) -> None:
        if self._failing_since is None:
            self._failing_since = now
        patience = self._steering.patience()
        self._tell(self._breaker.batch_failed(patience, reason, after_seconds=after_seconds))

    def excuse(self) -> None:
        """End the outage: a batch was answered, or the failures are known to be about what was in the batches."""
        self._is_declared = False
        self._failing_since = None
        self._has_lost = False
        self._lost_anew = 0
        self._in_flight = 1
        self._tell(self._breaker.batch_answered(self._steering.patience()))
        self._changed.set()

    def _tell(self, event: OutageBegan | OutageEnded | None) -> None:
        if event is not None:
            self._emit(event)

    def declare(self, reason: str) -> None:
        """Begin an outage at once: the server answers in its own words, and yet is of no use.

        It ends when something is accepted or refused; `ex_system` and the like do not count as answers until then.
        """
        now = self._clock()
        self._is_declared = True
        while self._breaker.state is not BreakerState.OPEN:
            self._failed(now, reason)
        self._changed.set()

    async def run(self, wake: Callable[[], None]) -> Again:
        """Probe while there is an outage, until it has lasted for too long. To cancel it is safe at any time.

        Args:
            wake: called when a probe was answered, so that a batch may try.

        Returns:
            What the last failure said.
        """
        while True:
            await self._steering.passes()
            now = self._steering.patience()
            after = self._breaker.probe_after(now)
            if self._breaker.has_expired(now) and after is not None:
                return Again(Cause.UNAVAILABLE, self._breaker.reason)
            # Once the run is to stop no sleep lasts and no probe leaves: this would never let anybody else run.
            if after is None or self._steering.stop.is_requested:
                self._changed.clear()
                await self._changed.wait()
                continue
            if after > 0:
                await self._sleep(after)
            await self._ask()
            wake()

    async def _ask(self) -> None:
        verdict = await self._probe()
        if _is_answered(verdict):
            if not self._has_lost:
                self._breaker.probe_answered()
                return
            # What tries next may be lost as well, so a look comes first.
            verdict = await self._look()
            if is_in_words(verdict):
                if self._lost_anew < self._signs + self._in_flight:
                    self._breaker.probe_answered()
                else:
                    self._breaker.probe_failed(self._steering.patience(), self._breaker.reason)
                return
        after = verdict.after_seconds if isinstance(verdict, Again) else None
        reason = "" if isinstance(verdict, Accept) else verdict.reason
        self._breaker.probe_failed(self._steering.patience(), reason, after_seconds=after)


def _is_answered(verdict: Verdict) -> bool:
    """Whether a read got through to the server. What it would refuse an upload with is an answer, too."""
    match verdict:
        case Again():
            return verdict.cause not in _SIGNS
        case InDoubt() | Stop(kind=StopKind.NOT_TRUSTED) | NotSent():
            return False
        case Accept() | AgainInPart() | Refuse() | TurnedAway() | Stop():
            return True
