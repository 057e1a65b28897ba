"""Runs the cost model against the clock: a request waits here for as long as the real server would take."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from bulk_importer.sandbox.faults.cost import CostModel, Fate, Job, Machine

__all__ = ["CostClock"]


class CostClock:
    """The clock of a sandbox, `scale` times as fast as that on the wall, and its machine.

    Args:
        model: None: requests cost nothing but what they cost the sandbox itself.
        scale: seconds that pass here in one real second.
    """

    def __init__(self, model: CostModel | None, scale: float, seed: int) -> None:
        self.model = model
        self._scale = scale
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._ends: dict[Job, asyncio.Future[Fate]] = {}
        self._alarm: asyncio.TimerHandle | None = None
        chance: Callable[[], float] = random.Random(seed).random  # noqa: S311 - a rehearsal is to be repeatable
        self._machine = Machine(model, chance) if model else None

    def elapsed(self) -> float:
        """Seconds of the sandbox's own time since it began."""
        return (self._loop.time() - self._began) * self._scale

    async def sleep(self, seconds: float) -> None:
        """Wait for that long in the sandbox's own time."""
        if seconds > 0:
            await asyncio.sleep(seconds / self._scale)

    async def spend(self, job: Job) -> Fate:
        """Wait until the machine is through with a request. The work goes on if the caller is cancelled."""
        if self._machine is None:
            return Fate.DONE
        end: asyncio.Future[Fate] = self._loop.create_future()
        self._ends[job] = end
        self._settle(self._machine.admit(job, self.elapsed()))
        return await end

    def _settle(self, over: list[Job]) -> None:
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
        """Let nobody wait any more: what is still at the machine is over, and did not happen."""
        if self._alarm:
            self._alarm.cancel()
        for end in self._ends.values():
            end.cancel()
        self._ends.clear()
