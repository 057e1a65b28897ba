"""Times light reads beside the uploads and holds these back when the reads become slow: the shell of `politeness`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from bulk_importer.events import GateMoved, Observer
from bulk_importer.transfer.adaptive.gate import Setting
from bulk_importer.transfer.admission.latency_guard import LatencyGuard

__all__ = ["Courtesy", "Polite", "Unrestrained"]

_READS_AT_REST = 5


class Courtesy(Protocol):
    """Whether others on the server can bear another request."""

    def may_send(self, in_flight: int) -> bool:
        """Whether another request may leave besides those in flight."""

    def ended(self, seconds: float) -> None:
        """A request is over that took so long."""

    async def run(self, notice: Callable[[], None]) -> None:
        """Look after the server beside what sends, until cancelled.

        Args:
            notice: called when more may be sent than before.
        """


class Unrestrained:
    """No courtesy but what the gate's bounds say."""

    def may_send(self, in_flight: int) -> bool:  # noqa: ARG002 - the same for any number
        """Always."""
        return True

    def ended(self, seconds: float) -> None:
        """Of no interest."""

    async def run(self, notice: Callable[[], None]) -> None:
        """Nothing to do."""


class Polite:
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
        self._politeness = LatencyGuard()
        # Set by `run` when it knows the server at rest; moved on by `ended`.
        self._knows_rest = False
        self._quiet_until = 0.0

    def may_send(self, in_flight: int) -> bool:
        """Whether another request may leave besides those in flight."""
        quiet = self._clock() < self._quiet_until
        return self._knows_rest and not quiet and self._politeness.may_send(in_flight)

    def ended(self, seconds: float) -> None:
        """Keep quiet for as long as a request of that length asks for."""
        self._quiet_until = self._clock() + self._politeness.pause_seconds(seconds)

    async def run(self, notice: Callable[[], None]) -> None:
        """Read a few times at rest, then now and then; to cancel it is safe at any time."""
        for _ in range(_READS_AT_REST):
            seconds = await self._timed()
            if seconds is not None:
                self._politeness.rested(seconds)
        self._knows_rest = True
        notice()
        while True:
            await self._nap(notice)
            seconds = await self._timed()
            if seconds is not None and self._politeness.read(seconds):
                self._tell(seconds)
            notice()

    async def _nap(self, notice: Callable[[], None]) -> None:
        """Wait for the next read; say when a pause ends before it."""
        until = self._clock() + self._seconds_between_reads
        while (now := self._clock()) < until:
            quiet = self._quiet_until - now
            await asyncio.sleep(min(until - now, quiet if quiet > 0 else 0.2))
            notice()

    async def _timed(self) -> float | None:
        began = self._clock()
        return self._clock() - began if await self._read() else None

    def _tell(self, seconds: float) -> None:
        in_flight, weight = self._standing()
        pause = "" if not self._politeness.pause_seconds(1.0) else ", with pauses"
        self._emit(
            GateMoved(
                max_in_flight=in_flight if self._politeness.may_send(1) else 1,
                max_weight=weight,
                reason=f"polite: a light read takes {1000 * seconds:.0f} ms{pause}",
            )
        )
