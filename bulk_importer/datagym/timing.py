"""How a run waits: by which clock, how it sleeps, and how jitter spreads its retries."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import msgspec

from bulk_importer.datagym.answers.policy import RetryPolicy, backoff_seconds

__all__ = ["Backoff", "Timing"]


class Timing(msgspec.Struct, frozen=True):
    """The clock, the sleep and the jitter of one run; a test brings its own.

    Attributes:
        clock: monotonic, in seconds.
        sleep: waits so many seconds, or less when the run is to end; it may raise, which ends what waits.
        jitter: draws evenly from `[0, 1)`.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float] = random.random


class Backoff(msgspec.Struct, frozen=True):
    """How long a run waits before it tries something again."""

    policy: RetryPolicy
    timing: Timing

    def seconds(self, attempt: int, after_seconds: float | None = None) -> float:
        """The wait in seconds before retry number `attempt` (from 1); see `policy.backoff_seconds`."""
        return backoff_seconds(self.policy, attempt, self.timing.jitter(), after_seconds)

    async def wait(self, attempt: int, after_seconds: float | None = None) -> None:
        """Wait before retry number `attempt` (from 1), or until the run is to end."""
        await self.timing.sleep(self.seconds(attempt, after_seconds))
