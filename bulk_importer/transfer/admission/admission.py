"""Whether requests may leave at all: the breaker, the limit on latency, and what a person asks, as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bulk_importer.datagym.answers.verdicts import Again, Stop, TurnedAway
from bulk_importer.errors import BulkImporterError
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.latency_probe import LatencyLimit
from bulk_importer.transfer.admission.steering import Steering

__all__ = ["Admission"]


class Admission:
    """What holds requests back for reasons that concern all of them.

    Args:
        error: makes the error that ends the run: of a `Stop`, of what turned all away, or of an outage that lasts too
            long (an `Again`).
    """

    def __init__(
        self,
        breaker: BreakerProbe,
        latency: LatencyLimit,
        steering: Steering,
        error: Callable[[Stop | TurnedAway | Again], BulkImporterError],
    ) -> None:
        self.breaker = breaker
        self.latency = latency
        self.steering = steering
        self.stop = steering.stop
        self._error = error
        self.failure: BulkImporterError | None = None
        """What ended the run first; set by `give_up` alone."""

    def allows(self, *, is_trial: bool) -> bool:
        """Whether a request of a batch that was sealed before may leave now."""
        is_wanted = not self.stop.is_requested and self.steering.may_leave()
        return is_wanted and self.breaker.allows(is_trial=is_trial)

    def give_up(self, verdict: Stop | TurnedAway | Again) -> None:
        """End the run for what nobody but a person can change."""
        error = self._error(verdict)
        self.failure = self.failure or error
        self.stop.request(str(error), error.exit_code)

    async def run(self, wake: Callable[[], None]) -> None:
        """Watch the server beside what sends, and give up when it is away for too long. Safe to cancel at any time.

        Args:
            wake: called when more may be sent than before.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.latency.run(wake))
            self.give_up(await self.breaker.run(wake))
