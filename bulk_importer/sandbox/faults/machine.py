"""Simulates the cores and connections of the real server: when each request ends, and which ones lose a deadlock.

Pure: clock and chance are parameters, so that the sandbox runs it against the real clock and a simulator of
the importer's gate against its own.

A request is admitted, waits for a connection, then shares the cores with all others that are worked on. Its
fate is drawn when the work on it begins; a request that loses a deadlock has cost its time all the same. Two
requests for one media that are worked on at once: the first wins (protocol 5.1, "overlapping").
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum

from bulk_importer.sandbox.faults.cost_model import CostModel

__all__ = ["Fate", "Machine", "MachineJob"]

_TINY = 1e-9


class Fate(Enum):
    """How a request ends at the machine."""

    DONE = "done"
    DEADLOCK = "deadlock"
    NO_CONNECTION = "no connection"


@dataclass(slots=True, eq=False)
class MachineJob:
    """One request, as work for the machine.

    Attributes:
        rows: effective rows, see `CostModel.effective_rows`.
        seconds: the work, on a core of its own.
        replaces: whether the request deletes labels of its media.
        media: the media that the request writes; of two jobs that share one and are worked on at once, one fails.
        fate: decided when the work begins, valid when `advance` returns the job.
    """

    rows: float
    seconds: float
    replaces: bool = False
    media: frozenset[Hashable] = frozenset()
    fate: Fate = Fate.DONE
    remaining: float = field(init=False)
    deadline: float = field(init=False, default=math.inf)

    def __post_init__(self) -> None:
        self.remaining = self.seconds


class Machine:
    """The server's cores and connections. Times are seconds on any clock that does not go back.

    Args:
        chance: uniformly distributed over [0, 1).
    """

    def __init__(self, model: CostModel, chance: Callable[[], float]) -> None:
        self._model = model
        self._chance = chance
        # Changed by `admit` and `advance` alone.
        self._now = 0.0
        self._working: list[MachineJob] = []
        self._waiting: deque[MachineJob] = deque()

    def admit(self, job: MachineJob, now: float) -> list[MachineJob]:
        """Let a request arrive at `now`; returns the jobs that ended before, as `advance` does."""
        over = self.advance(now)
        job.deadline = now + self._model.connection_wait_seconds
        self._waiting.append(job)
        self._start_waiting()
        return over

    def next_event(self) -> float | None:
        """When a job ends next, if none is admitted before then; None if there are no jobs."""
        times = [job.deadline for job in self._waiting]
        if self._working:
            times.append(self._now + min(job.remaining for job in self._working) / self._speed())
        return min(times, default=None)

    def advance(self, now: float) -> list[MachineJob]:
        """Let time pass until `now`; returns the jobs that ended, in the order in which they ended."""
        over: list[MachineJob] = []
        while (due := self.next_event()) is not None and due <= now + _TINY:
            self._work_until(max(due, self._now))
            over += [job for job in self._working if job.remaining <= _TINY]
            self._working = [job for job in self._working if job.remaining > _TINY]
            over += self._give_up()
            self._start_waiting()
        self._work_until(max(now, self._now))
        return over

    def _speed(self) -> float:
        return min(1.0, self._model.cores / len(self._working))

    def _work_until(self, now: float) -> None:
        if self._working:
            done = (now - self._now) * self._speed()
            for job in self._working:
                job.remaining -= done
        self._now = now

    def _give_up(self) -> list[MachineJob]:
        late = [job for job in self._waiting if job.deadline <= self._now + _TINY]
        for job in late:
            job.fate = Fate.NO_CONNECTION
            self._waiting.remove(job)
        return late

    def _start_waiting(self) -> None:
        while self._waiting and len(self._working) < self._model.connections:
            job = self._waiting.popleft()
            job.deadline = math.inf
            self._working.append(job)
            if self._loses(job):
                job.fate = Fate.DEADLOCK

    def _loses(self, job: MachineJob) -> bool:
        replacing = sum(1 for other in self._working if other.replaces)
        for other in self._working:
            if other is job or other.fate is not Fate.DONE:
                continue
            if not job.media.isdisjoint(other.media):
                return True
            conflict = self._model.deadlock_probability(job.rows, other.rows, replacing)
            if job.replaces and other.replaces and self._chance() < conflict:
                return True
        return False
