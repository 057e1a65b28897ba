"""Holds requests back until the rates and the hours that a person allowed let them leave.

The shell of `rates` and `window`.

A request waits here before it is on record as sent, so what waits for the evening is owed and not in doubt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bulk_importer.datagym.timing import Timing
from bulk_importer.events import Observer, WindowClosed, WindowOpened
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.window import Window

__all__ = ["SendSchedule"]

# A wait for the window is cut into naps: a clock that is set, or a machine that slept, is noticed this much later.
_NAP_SECONDS = 60.0


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
        is_stopping: Callable[[], bool],
        timing: Timing,
        emit: Observer,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pacing = pacing
        self._window = window
        self._is_stopping = is_stopping
        self._sleep = timing.sleep
        self._clock = timing.clock
        self._emit = emit
        self._now = now
        # Held by the one request whose turn it is, so that they leave in the order in which they came.
        self._turn = asyncio.Lock()

    async def permit(self, *, entries: int, body_bytes: int) -> bool:
        """Charge for a request of that size, and return when it may leave or the run is to end.

        Returns:
            Whether it had to wait.
        """
        async with self._turn:
            waited = await self._wait_for_window()
            while (seconds := self._pacing.wait_seconds(self._clock())) > 0 and not self._is_stopping():
                waited = True
                await self._sleep(seconds)
            self._pacing.charge(self._clock(), entries=entries, body_bytes=body_bytes)
            return waited

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
