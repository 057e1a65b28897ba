"""Decides when the run pauses because the server is away, when to ask whether it is back, and when to give up.

Pure: the clock is a parameter (seconds, monotonic). Events are return values; the caller emits them.

    CLOSED --signs of an outage in a row--> OPEN --a probe is answered--> HALF OPEN --a batch gets an answer--> CLOSED
                                             ^ | a probe fails: the interval grows  |
                                             +-+------------------------------------+  the batch fails

A probe is a light read, never a batch: what a batch does is in doubt when its answer is lost. A server that answers
reads but no batch (a gateway whose application is down, a proxy that gives up early) must not turn the probing into
a hammering: the outage is over only when a *batch* got an answer in the server's own words; until then the
intervals go on growing, and the patience of `max_outage_seconds` goes on running out.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from bulk_importer.events import OutageBegan, OutageEnded

__all__ = ["Breaker", "BreakerPolicy", "BreakerState"]


class BreakerState(Enum):
    """Whether batches may leave."""

    CLOSED = "closed"
    """All may."""
    OPEN = "open"
    """None may; probes do, at intervals."""
    HALF_OPEN = "half open"
    """One may, to see."""


class BreakerPolicy(msgspec.Struct, frozen=True):
    """How an outage is noticed and waited for.

    Attributes:
        signs: failures in a row, with no answer in between, that make an outage. One would do for a refused connection;
            three let a single lost packet or a gateway that is being reloaded pass without a pause.
        first_interval_seconds, longest_interval_seconds: between probes; doubled from one to the other.
        max_retry_after_seconds: a server that asks for longer between two probes is asked after this long all the same.
        max_outage_seconds: after this long without an answer to a batch the run gives up.
    """

    signs: int = 3
    first_interval_seconds: float = 1.0
    longest_interval_seconds: float = 60.0
    max_retry_after_seconds: float = 3600.0
    max_outage_seconds: float = 3600.0


class Breaker:
    """A circuit breaker for the connection to one server."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        # All changed by the four methods that report what happened, and by nothing else.
        self._state = BreakerState.CLOSED
        self._signs = 0
        self._began = 0.0
        self._interval = policy.first_interval_seconds
        self._probe_at = 0.0
        self._reason = ""

    @property
    def state(self) -> BreakerState:
        """Whether batches may leave."""
        return self._state

    @property
    def reason(self) -> str:
        """What the last failure said; the run gives up with it."""
        return self._reason

    def probe_after(self, now: float) -> float | None:
        """Seconds until the next probe is due (0 when it is); None where none is needed."""
        return max(0.0, self._probe_at - now) if self._state is BreakerState.OPEN else None

    def outage_seconds(self, now: float) -> float:
        """How many seconds the outage has lasted; 0 where there is none."""
        return 0.0 if self._state is BreakerState.CLOSED else now - self._began

    def has_expired(self, now: float) -> bool:
        """Whether the outage has lasted longer than the policy allows, so that the run gives up."""
        return self.outage_seconds(now) > self._policy.max_outage_seconds

    def batch_failed(
        self, now: float, reason: str, *, after_seconds: float | None = None
    ) -> OutageBegan | None:
        """Count a sign of an outage: a batch got no answer in the server's own words.

        Args:
            after_seconds: what the server asked for by `Retry-After`; no probe leaves sooner.
        """
        self._reason = reason
        if self._state is BreakerState.OPEN:
            return None  # left before the pause; the probes know better
        self._signs += 1
        if self._state is BreakerState.HALF_OPEN:
            self._pause(now, after_seconds, grow=True)
            return None
        if self._signs < self._policy.signs:
            return None
        self._began = now
        self._pause(now, after_seconds, grow=False)
        return OutageBegan(reason=reason)

    def batch_answered(self, now: float) -> OutageEnded | None:
        """Close the breaker: a batch got an answer in the server's own words, whatever they say."""
        seconds = self.outage_seconds(now)
        was = self._state
        self._state = BreakerState.CLOSED
        self._signs = 0
        self._interval = self._policy.first_interval_seconds
        return None if was is BreakerState.CLOSED else OutageEnded(seconds=seconds)

    def probe_answered(self) -> None:
        """Let one batch try: a probe got an answer in the server's own words."""
        if self._state is BreakerState.OPEN:
            self._state = BreakerState.HALF_OPEN

    def probe_failed(self, now: float, reason: str, *, after_seconds: float | None = None) -> None:
        """Wait longer before the next probe: this one got no answer in the server's own words."""
        if self._state is BreakerState.OPEN:
            self._reason = reason
            self._pause(now, after_seconds, grow=True)

    def _pause(self, now: float, after_seconds: float | None, *, grow: bool) -> None:
        if grow:
            self._interval = min(self._interval * 2, self._policy.longest_interval_seconds)
        self._state = BreakerState.OPEN
        # A server that asks for longer than we are allowed to wait is asked once more before we give up.
        policy = self._policy
        left = max(0.0, self._began + policy.max_outage_seconds - now)
        asked = min(after_seconds or 0.0, policy.max_retry_after_seconds, left)
        self._probe_at = now + max(self._interval, asked)
