"""Runs the simulated machine against the clock: a request waits here as long as the real server would take."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from bulk_importer.sandbox.faults.cost_model import CostModel
from bulk_importer.sandbox.faults.machine import Fate, Machine, MachineJob

__all__ = ["CostClock"]


class CostClock:
    """The sandbox's own time, `scale` times as fast as real time, and the machine that spends it.

    Args:
        model: how long requests take; None: they take only the time that the sandbox itself needs.
        scale: seconds of the sandbox's time in one real second.
    """

    def __init__(self, model: CostModel | None, scale: float, seed: int) -> None:
        self.model = model
        self._scale = scale
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._ends: dict[MachineJob, asyncio.Future[Fate]] = {}
        self._alarm: asyncio.TimerHandle | None = None
        chance: Callable[[], float] = random.Random(seed).random  # noqa: S311 - a rehearsal is to be repeatable
        self._machine = Machine(model, chance) if model else None

    def elapsed(self) -> float:
        """Seconds of the sandbox's own time since it began."""
        return (self._loop.time() - self._began) * self._scale

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the sandbox's own time; not at all for 0 or less."""
        if seconds > 0:
            await asyncio.sleep(seconds / self._scale)

    async def spend(self, job: MachineJob) -> Fate:
        """Wait until the machine has finished a request; returns its fate.

        The machine goes on with the request if the caller is cancelled.
        """
        if self._machine is None:
            return Fate.DONE
        end: asyncio.Future[Fate] = self._loop.create_future()
        self._ends[job] = end
        self._settle(self._machine.admit(job, self.elapsed()))
        return await end

    def _settle(self, over: list[MachineJob]) -> None:
        for job in over:
            end = self._ends.pop(job)
            if not end.done():
                end.set_result(job.fate)
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        if self._machine and (due := self._machine.next_event()) is not None:
            self._alarm = self._loop.call_later(max(0.0, due - self.elapsed()) / self._scale, self._ring)

    def _ring(self) -> None:
        if self._machine:
            self._settle(self._machine.advance(self.elapsed()))

    def stop(self) -> None:
        """Cancel all who wait in `spend`, as when a server is switched off."""
        if self._alarm:
            self._alarm.cancel()
        for end in self._ends.values():
            end.cancel()
        self._ends.clear()
