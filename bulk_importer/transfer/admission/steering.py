"""What a person asked of a run that is under way: to pause, or to keep to less than it was allowed.

One for all runs of a command, so that a pause lasts over the passes of a run and over the sources behind it. While it
lasts nothing is sealed; what was sealed before and has not left goes back to the pool as owed; what has left lands.
Requests that only look (`held`) wait as well, and `patience` stands still: while nothing may be asked, a server that
does not answer is nothing to give up for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bulk_importer.steering.values import Limits
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Steering"]


class Steering:
    """Whether a run is paused, and how much may leave.

    Args:
        stop: ends the run; a pause is over then.
        limits: what the run is started with; None: as the sending side has it, for those who never change that.
        clock: monotonic, in seconds.

    Attributes:
        stop: as given.
        in_flight: uploads whose answer is awaited; changed by `sender.counted`.
        changes: how often it was paused or resumed, or had its limits changed.
    """

    def __init__(
        self,
        stop: StopSwitch,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stop = stop
        self.in_flight = 0
        self._limits = limits
        self._clock = clock
        # Since when it is paused, and for how long it was before; changed by `pause` and `resume`.
        self._paused_at: float | None = None
        self._paused_before = 0.0
        # Set by each change, which puts a fresh one in its place; and what is called then.
        self._changed = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.changes = 0
        stop.subscribe(self._tell)

    @property
    def is_paused(self) -> bool:
        """Whether nothing new may leave. Never true once the run is to stop: that has its own way of leaving things."""
        return self._paused_at is not None and not self.stop.is_requested

    @property
    def limits(self) -> Limits | None:
        """What may leave at a time now."""
        return self._limits

    @property
    def paused_seconds(self) -> float:
        """For how long it has been paused so far, in all."""
        at = self._paused_at
        return self._paused_before + (0.0 if at is None else self._clock() - at)

    def patience(self) -> float:
        """A clock that stands still while the run is paused; monotonic, in seconds."""
        return self._clock() - self.paused_seconds

    def may_leave(self) -> bool:
        """Whether one more upload may leave now."""
        most = None if self._limits is None else self._limits.max_in_flight
        return not self.is_paused and (most is None or self.in_flight < most)

    async def passes(self) -> bool:
        """Return when the run is not paused, or is to stop; whether that had to be waited for."""
        waited = self.is_paused
        while self.is_paused:
            await self._changed.wait()
        return waited

    @contextmanager
    def followed_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` now, and at each change as long as the context lasts."""
        self._listeners.append(listener)
        try:
            listener()
            yield
        finally:
            self._listeners.remove(listener)

    def pause(self) -> bool:
        """Let nothing new leave; False where it is paused already."""
        if self._paused_at is not None:
            return False
        self._paused_at = self._clock()
        self._change()
        return True

    def resume(self) -> float | None:
        """Let it leave again. Returns for how many seconds it was paused; None where it was not."""
        if self._paused_at is None:
            return None
        seconds = self._clock() - self._paused_at
        self._paused_before += seconds
        self._paused_at = None
        self._change()
        return seconds

    def keep_to(self, limits: Limits) -> None:
        """Let only so much leave at a time from now on; never above what the run was started with."""
        self._limits = limits
        self._change()

    def _change(self) -> None:
        self.changes += 1
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        for listener in tuple(self._listeners):
            listener()
