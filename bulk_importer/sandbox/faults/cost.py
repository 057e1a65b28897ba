"""How long the real server takes, and when its requests deadlock: a model that was fitted to measurements.

Pure: clock and chance are parameters, so that the sandbox runs it against the real clock and a simulator of
the gate against its own. The formula stands in `cost-measured.toml`, beside its parameters.

A request is admitted, waits for a connection, then shares the cores with all others that are worked on. Its
fate is drawn when the work on it begins; a request that loses a deadlock has cost its time all the same. Two
requests for one media that are worked on at once: the first wins (protocol 5.1, "overlapping").
"""

from __future__ import annotations

import math
import tomllib
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from enum import Enum

from bulk_importer.errors import UsageError

__all__ = ["CostModel", "Fate", "Job", "Machine"]

_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """The parameters; what they mean stands in `cost-measured.toml`. Times in seconds."""

    base_seconds: float
    per_row_seconds: float
    per_row_squared_seconds: float
    delete_factor: float
    per_megabyte_seconds: float
    cores: float
    connections: int
    connection_wait_seconds: float
    deadlock_rows: float
    deadlock_rows_exponent: float
    deadlock_flight_exponent: float

    @classmethod
    def parse(cls, text: str, name: str) -> CostModel:
        """The model in a TOML text; `name` is for the message.

        Raises:
            UsageError: it is no TOML, or parameters are missing, unknown or not above zero.
        """
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"The cost model {name} cannot be read: {error}.") from error
        wanted = {one.name for one in fields(cls)}
        if wrong := sorted(wanted ^ set(given)):
            raise UsageError(
                f"The cost model {name} must hold exactly {', '.join(sorted(wanted))}; see {wrong[0]!r}."
            )
        for key, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise UsageError(
                    f"The cost model {name} needs a number of 0 or more for {key!r}, not {value!r}."
                )
        if min(given["cores"], given["connections"], given["deadlock_rows"]) <= 0:
            raise UsageError(f"The cost model {name} needs cores, connections and deadlock_rows above 0.")
        return cls(**given)

    def effective_rows(self, written: int, deleted: int) -> float:
        """The rows that count, one that is deleted a little less than one that is written."""
        return written + self.delete_factor * deleted

    def seconds(self, rows: float, body_bytes: int = 0) -> float:
        """The work of a request with so many effective rows, on a core of its own."""
        return (
            self.base_seconds
            + self.per_row_seconds * rows
            + self.per_row_squared_seconds * rows * rows
            + self.per_megabyte_seconds * body_bytes / 1e6
        )

    def deadlock_probability(self, rows: float, other_rows: float, replacing: int) -> float:
        """Of two replacing requests that are worked on at once, among `replacing` such."""
        mean = math.sqrt(rows * other_rows) / self.deadlock_rows
        hazard = mean**self.deadlock_rows_exponent * replacing**self.deadlock_flight_exponent
        return -math.expm1(-hazard)


class Fate(Enum):
    """What becomes of a request."""

    DONE = "done"
    DEADLOCK = "deadlock"
    NO_CONNECTION = "no connection"


@dataclass(slots=True, eq=False)
class Job:
    """One request at the machine.

    Attributes:
        rows: effective rows.
        replaces: whether it deletes labels that were there.
        media: what it touches; two jobs that share one cannot both succeed at the same time.
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

    def __init__(self, model: CostModel, chance: Callable[[], float], now: float = 0.0) -> None:
        self._model = model
        self._chance = chance
        # Changed by `admit` and `advance` alone.
        self._now = now
        self._working: list[Job] = []
        self._waiting: deque[Job] = deque()

    def admit(self, job: Job, now: float) -> list[Job]:
        """A request comes; what `advance` would return up to now is returned too."""
        over = self.advance(now)
        job.deadline = now + self._model.connection_wait_seconds
        self._waiting.append(job)
        self._start_waiting()
        return over

    def next_event(self) -> float | None:
        """When something ends next, should nothing be admitted before; None: nothing is going on."""
        times = [job.deadline for job in self._waiting]
        if self._working:
            times.append(self._now + min(job.remaining for job in self._working) / self._speed())
        return min(times, default=None)

    def advance(self, now: float) -> list[Job]:
        """Let time pass; the jobs that are over, in the order in which they ended."""
        over: list[Job] = []
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

    def _give_up(self) -> list[Job]:
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

    def _loses(self, job: Job) -> bool:
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
