"""Times light reads beside the uploads, and holds uploads back when the reads become slow.

The shell of `latency_guard`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from bulk_importer.events import GateMoved, Observer
from bulk_importer.transfer.adaptive.gate import Setting
from bulk_importer.transfer.admission.latency_guard import LatencyGuard

__all__ = ["LatencyLimit", "LatencyProbe", "Unlimited"]

# Enough for a median that the first read, which opens the connection, does not move.
_READS_AT_REST = 5


class LatencyLimit(Protocol):
    """Bounds what is in flight, so that the server stays quick for the people who work on it."""

    def allows(self, in_flight: int) -> bool:
        """Whether another request may leave besides so many in flight."""

    def ended(self, seconds: float) -> None:
        """Take into account that a request is over, after so many seconds."""

    async def run(self, wake: Callable[[], None]) -> None:
        """Watch the server beside what sends, until cancelled.

        Args:
            wake: called when more may be sent than before.
        """


class Unlimited:
    """The limit of a run that is not polite: none."""

    def allows(self, in_flight: int) -> bool:  # noqa: ARG002 - the same for any number
        """Always true."""
        return True

    def ended(self, seconds: float) -> None:
        """Do nothing: no pause follows a request."""

    async def run(self, wake: Callable[[], None]) -> None:
        """Return at once: there is nothing to watch."""


class LatencyProbe:
    """Sends nothing before it knows how quick the server is at rest, and less while it is slower than that.

    Args:
        read: a light read; whether it was answered.
        standing: where the knobs of the gate stand, for saying how much is sent.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[bool]],
        *,
        standing: Callable[[], Setting],
        emit: Observer,
        clock: Callable[[], float],
        seconds_between_reads: float = 5.0,
    ) -> None:
        self._read = read
        self._seconds_between_reads = seconds_between_reads
        self._standing = standing
        self._emit = emit
        self._clock = clock
        self._guard = LatencyGuard()
        # Set by `run` when it knows the server at rest; moved on by `ended`.
        self._knows_rest = False
        self._quiet_until = 0.0

    def allows(self, in_flight: int) -> bool:
        """Whether another request may leave besides so many in flight."""
        quiet = self._clock() < self._quiet_until
        return self._knows_rest and not quiet and self._guard.allows(in_flight)

    def ended(self, seconds: float) -> None:
        """Send nothing for as long as the guard asks for after a request of that length."""
        self._quiet_until = self._clock() + self._guard.pause_seconds(seconds)

    async def run(self, wake: Callable[[], None]) -> None:
        """Time a few reads at rest, then one now and then. To cancel this is safe at any time."""
        for _ in range(_READS_AT_REST):
            seconds = await self._timed()
            if seconds is not None:
                self._guard.rested(seconds)
        self._knows_rest = True
        wake()
        while True:
            await self._nap(wake)
            seconds = await self._timed()
            if seconds is not None and self._guard.read(seconds):
                self._tell(seconds)
            wake()

    async def _nap(self, wake: Callable[[], None]) -> None:
        """Wait for the next read; say when a pause ends before it."""
        until = self._clock() + self._seconds_between_reads
        while (now := self._clock()) < until:
            quiet = self._quiet_until - now
            await asyncio.sleep(min(until - now, quiet if quiet > 0 else 0.2))
            wake()

    async def _timed(self) -> float | None:
        began = self._clock()
        return self._clock() - began if await self._read() else None

    def _tell(self, seconds: float) -> None:
        in_flight, weight = self._standing()
        pause = "" if not self._guard.pause_seconds(1.0) else ", with pauses"
        self._emit(
            GateMoved(
                max_in_flight=in_flight if self._guard.allows(1) else 1,
                max_weight=weight,
                reason=f"polite: a light read takes {1000 * seconds:.0f} ms{pause}",
            )
        )
