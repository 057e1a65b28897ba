"""Holds requests back until the rates and the hours that a person allowed let them leave.

The shell of `rates` and `window`.

A request waits here before it is on record as sent, so what waits for the evening is owed and not in doubt. What waits
while a person pauses the run, or changes its limits, is given back, to be packed again by what is allowed then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bulk_importer.datagym.timing import Timing
from bulk_importer.events import Observer, WindowClosed, WindowOpened
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.admission.window import Window

__all__ = ["SendSchedule"]

# A wait for the window is cut into naps: a clock that is set, or a machine that slept, is noticed this much later.
_NAP_SECONDS = 60.0
# And one for a rate into these: that the run is paused, or may send faster, is noticed this much later.
_SHORT_NAP_SECONDS = 0.5


class SendSchedule:
    """The rates and the window of one run.

    Args:
        now: the time of day, aware.
    """

    def __init__(
        self,
        pacing: Pacing,
        window: Window | None = None,
        *,
        steering: Steering,
        timing: Timing,
        emit: Observer,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pacing = pacing
        self._window = window
        self._steering = steering
        self._sleep = timing.sleep
        self._clock = timing.clock
        self._emit = emit
        self._now = now
        # Held by the one request whose turn it is, so that they leave in the order in which they came.
        self._turn = asyncio.Lock()

    async def permit(self, *, entries: int, body_bytes: int) -> bool | None:
        """Charge for a request of that size, and return when it may leave or the run is to end.

        Returns:
            Whether it had to wait; None where it may not leave as it is, because the run is paused, or its limits
            changed while this waited.
        """
        steering, changes = self._steering, self._steering.changes
        async with self._turn:
            waited = await self._wait_for_window()
            while not (given_back := steering.is_paused or steering.changes != changes):
                seconds = self._pacing.wait_seconds(self._clock())
                if seconds <= 0 or self._is_stopping():
                    break
                waited = True
                await self._sleep(min(seconds, _SHORT_NAP_SECONDS))
            if given_back:
                return None
            self._pacing.charge(self._clock(), entries=entries, body_bytes=body_bytes)
            return waited

    def _is_stopping(self) -> bool:
        return self._steering.stop.is_requested

    async def _wait_for_window(self) -> bool:
        window = self._window
        if window is None or self._is_stopping() or window.is_open(self._now()):
            return False
        now, began = self._now(), self._clock()
        after_seconds = window.opens_in(now)
        until = (now + timedelta(seconds=after_seconds)).astimezone(window.zone)
        self._emit(
            WindowClosed(hours=str(window), until=f"{until:%a %H:%M}", after_seconds=round(after_seconds, 3))
        )
        while not self._is_stopping() and (seconds := window.opens_in(self._now())) > 0:
            await self._sleep(min(seconds, _NAP_SECONDS))
        if not self._is_stopping():
            self._emit(WindowOpened(seconds=round(self._clock() - began, 3)))
        return True
