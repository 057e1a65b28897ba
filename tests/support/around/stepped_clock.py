"""A sandbox's clock that stands still until the test lets time pass, so that no test races against it."""

from __future__ import annotations

import asyncio

from bulk_importer.sandbox.faults.clock import CostClock
from bulk_importer.sandbox.faults.cost_model import CostModel
from bulk_importer.sandbox.faults.machine import Fate, MachineJob

__all__ = ["SteppedClock"]


class SteppedClock(CostClock):
    """Stands in for the `CostClock` of a sandbox, whose time passes when a test says so.

    Attributes:
        spending: how many requests the machine has to work on.
    """

    def __init__(self, model: CostModel | None, scale: float, seed: int) -> None:
        super().__init__(model, 1e-9, seed)  # no alarm of its own ever rings
        self.spending = 0
        self._now = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def elapsed(self) -> float:
        """As far as the test has moved it."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Until the test has moved it on for so long."""
        if seconds > 0:
            awake = asyncio.get_running_loop().create_future()
            self._sleepers.append((self._now + seconds, awake))
            await awake

    async def spend(self, job: MachineJob) -> Fate:
        """As `CostClock` does."""
        self.spending += 1
        try:
            return await super().spend(job)
        finally:
            self.spending -= 1

    def pass_on(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._now += seconds
        self._ring()
        for due, awake in self._sleepers:
            if due <= self._now and not awake.done():
                awake.set_result(None)
