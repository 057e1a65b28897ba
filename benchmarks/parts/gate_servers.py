"""Servers in simulated time, against which the gate is measured: closed loops of requests, and the best fixed setting.

The servers are the sandbox's cost model (`sandbox.faults`) with a way to them that takes time, so that the
gate, the sandbox and the tests agree on what a server is like. A run of a few hundred answers takes a few
hundredths of a second, whatever it stands for.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from bulk_importer.datagym.answers.verdicts import Accept, Refuse
from bulk_importer.events import GateMoved
from bulk_importer.sandbox.faults.cost_model import CostModel, read_cost_model
from bulk_importer.sandbox.faults.machine import Fate, Machine, MachineJob
from bulk_importer.transfer.adaptive.gate import Flight, Gate, Landing, Setting
from bulk_importer.transfer.isolation.parts import Isolation

__all__ = ["SERVERS", "Answer", "Load", "Server", "best_fixed", "goodput", "simulate"]

ENTRY_WEIGHT = 53
"""Five polygons of eight points with a select each, and a global select with a child: as in protocol 5.1."""
_ROWS_PER_WEIGHT = 65 / ENTRY_WEIGHT
# Without any, requests that left together land together for ever, and a lock step that no real server keeps decides.
_JITTER = 0.1


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server and the way to it.

    Attributes:
        latency_seconds: there and back, besides the work.
        replaces: whether the media hold labels that every request replaces.
        noise: sigma of the lognormal factor on work and latency; there is always a little.
        later, changes_at: from this simulated time on it works by another model.
    """

    name: str
    model: CostModel
    latency_seconds: float = 0.0
    replaces: bool = False
    noise: float = _JITTER
    later: CostModel | None = None
    changes_at: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is sent: entries of these weights in turn, with a share of them that the server refuses."""

    weights: Sequence[int] = (ENTRY_WEIGHT,)
    poison: float = 0.0
    max_entries: int = 1000


@dataclass(frozen=True)
class Answer:
    """One answer: the flight as the gate sees it, under what setting it was sealed, and whether the gate moved."""

    flight: Flight
    setting: Setting
    moved: GateMoved | None


class _Group:
    """A batch, or what is left of one that was refused."""

    def __init__(self, weights: list[int], poisoned: set[int]) -> None:
        self._weights = weights
        self._poisoned = poisoned
        self._isolation = Isolation(len(weights))
        self.suspect = False
        self._look()

    def _look(self) -> None:
        part = self._isolation.part
        self.indexes: Sequence[int] = part.indexes if part else ()
        whole = len(self.indexes) == len(self._weights)
        self.weight = sum(self._weights if whole else (self._weights[index] for index in self.indexes))
        self.is_poisoned = bool(self._poisoned) and not self._poisoned.isdisjoint(self.indexes)

    def judged(self, landing: Landing) -> bool:
        """Take the answer to the current part; whether another part is left."""
        match landing:
            case Landing.REFUSED:
                self._isolation.judged(Refuse("ex_gen", (), ""))
            case Landing.CONFLICT:
                # What deadlocked goes back to the pool; here, as the same batch again.
                return True
            case _:
                self._isolation.judged(Accept())
        self.suspect = True
        self._look()
        return bool(self.indexes)


@dataclass(eq=False)
class _Request:
    group: _Group
    generation: int
    setting: Setting
    started: float
    in_flight: int
    back_seconds: float
    job: MachineJob = field(init=False)


_MEASURED = read_cost_model("measured")
_CONSTANT = replace(
    _MEASURED,
    base_seconds=0.0005,
    per_row_seconds=2e-6,
    per_row_squared_seconds=0.0,
    per_megabyte_seconds=0.0,
    cores=16,
    connections=1000,
)
SERVERS = {
    server.name: server
    for server in (
        Server(name="measured, fresh media", model=_MEASURED),
        Server(name="measured, filled media", model=_MEASURED, replaces=True),
        Server(name="constant cost, 1 ms away", model=_CONSTANT, latency_seconds=0.001),
        Server(name="constant cost, 20 ms away", model=_CONSTANT, latency_seconds=0.02),
        Server(name="constant cost, 200 ms away", model=_CONSTANT, latency_seconds=0.2),
        Server(
            name="ten in flight at most",
            model=replace(
                _CONSTANT, base_seconds=0.02, connections=10, connection_wait_seconds=0.0, cores=100
            ),
            latency_seconds=0.002,
        ),
        Server(
            name="slower from half-time on",
            model=replace(_MEASURED, base_seconds=0.001, per_row_seconds=5e-5, per_row_squared_seconds=1e-9),
            later=_MEASURED,
            changes_at=10.0,
        ),
        Server(name="noisy", model=_MEASURED, noise=0.5),
        Server(
            name="deadlocks from the second on",
            model=replace(_CONSTANT, base_seconds=0.02, per_row_seconds=2e-4, deadlock_rows=1e-9),
            replaces=True,
        ),
    )
}


def simulate(
    server: Server, pilot: Gate | Setting, *, load: Load | None = None, answers: int, seed: int = 1
) -> Iterator[Answer]:
    """Keep the server busy as the pilot (a gate, or a setting that stays) says; yield each answer as it comes."""
    return itertools.islice(_Simulation(server, pilot, load or Load(), seed).answers(), answers)


def goodput(answers: Iterable[Answer]) -> float:
    """Weight delivered per second between the first answer and the last."""
    seen = list(answers)
    delivered = sum(answer.flight.weight for answer in seen[1:] if answer.flight.landing is Landing.DELIVERED)
    return delivered / (seen[-1].flight.ended - seen[0].flight.ended)


_IN_FLIGHT = (1, 2, 4, 6, 8, 10, 12, 16, 32, 64)
_ENTRIES = (1, 2, 3, 5, 8, 15, 50, 200, 1000)
_HEAVIEST = 1000 * ENTRY_WEIGHT


def best_fixed(server: Server, most_in_flight: int, *, load: Load | None = None) -> tuple[Setting, float]:
    """The fixed setting with the highest goodput, and that goodput: by trying all of a grid.

    The best few are measured again, longer and with another seed: the best of many noisy figures is a lucky one.
    """
    load = load or Load()
    entry = round(median(load.weights))
    grid = [
        Setting(in_flight, entries * entry)
        for in_flight, entries in itertools.product(_IN_FLIGHT, _ENTRIES)
        if in_flight <= most_in_flight and entries * entry <= _HEAVIEST
    ]
    quick = {setting: _measure(server, setting, load, answers=60, seed=1) for setting in grid}
    few = sorted(quick, key=lambda setting: quick[setting])[-6:]
    long = {setting: _measure(server, setting, load, answers=500, seed=2) for setting in few}
    best = max(long, key=lambda setting: long[setting])
    return best, long[best]


def _measure(server: Server, setting: Setting, load: Load, *, answers: int, seed: int) -> float:
    answers = max(answers, 6 * setting.in_flight)
    if server.noise > _JITTER:
        answers *= 4
    seen = simulate(server, setting, load=load, answers=answers + setting.in_flight, seed=seed)
    return goodput(itertools.islice(seen, setting.in_flight, None))


class _Simulation:
    """One run: a machine, requests on their way to it and back, and a sender that fills every free slot."""

    def __init__(self, server: Server, pilot: Gate | Setting, load: Load, seed: int) -> None:
        self._server = server
        self._pilot = pilot
        self._load = load
        self._random = random.Random(seed)
        self._weights = itertools.cycle(load.weights)
        self._next_weight = next(self._weights)
        self._machine = Machine(server.model, self._random.random)
        self._now = 0.0
        self._in_flight = 0
        # Requests on their way: when they arrive, a number that keeps equal times in order, where they go.
        self._ways: list[tuple[float, int, bool, _Request]] = []
        self._numbers = itertools.count()
        self._working: dict[MachineJob, _Request] = {}
        self._groups: deque[_Group] = deque()

    def answers(self) -> Iterator[Answer]:
        while True:
            self._fill()
            for request in self._step():
                self._in_flight -= 1
                flight = self._landing(request)
                moved = self._pilot.landed(flight) if isinstance(self._pilot, Gate) else None
                yield Answer(flight, request.setting, moved)
                self._fill()

    def _fill(self) -> None:
        while self._in_flight < self._setting.in_flight:
            self._in_flight += 1
            half = self._server.latency_seconds / 2 * self._noise()
            group = self._groups.popleft() if self._groups else self._seal()
            generation = self._pilot.generation if isinstance(self._pilot, Gate) else 0
            request = _Request(group, generation, self._setting, self._now, self._in_flight, half)
            heapq.heappush(self._ways, (self._now + half, next(self._numbers), True, request))

    @property
    def _setting(self) -> Setting:
        return self._pilot.setting if isinstance(self._pilot, Gate) else self._pilot

    def _seal(self) -> _Group:
        weights = self._pack(self._setting.weight)
        chance = self._load.poison
        return _Group(
            weights, {at for at in range(len(weights)) if chance and self._random.random() < chance}
        )

    def _pack(self, room: int) -> list[int]:
        only, *others = self._load.weights
        if not others:
            return [only] * max(1, min(room // only, self._load.max_entries))
        weights = [self._next_weight]
        room -= self._next_weight
        self._next_weight = next(self._weights)
        while len(weights) < self._load.max_entries and self._next_weight <= room:
            weights.append(self._next_weight)
            room -= self._next_weight
            self._next_weight = next(self._weights)
        return weights

    def _step(self) -> list[_Request]:
        """Let time pass until something happens; the requests that are back."""
        arrival = self._ways[0][0] if self._ways else math.inf
        event = self._machine.next_event()
        self._now = max(self._now, min(arrival, math.inf if event is None else event))
        back = list[_Request]()
        over = self._machine.advance(self._now)
        if self._ways and self._ways[0][0] <= self._now:
            _, _, outbound, request = heapq.heappop(self._ways)
            if outbound:
                over += self._admit(request)
            else:
                back.append(request)
        for job in over:
            request = self._working.pop(job)
            heapq.heappush(
                self._ways, (self._now + request.back_seconds, next(self._numbers), False, request)
            )
        return back

    def _admit(self, request: _Request) -> list[MachineJob]:
        server = self._server
        model = server.later if server.later and self._now >= server.changes_at else server.model
        written = round(request.group.weight * _ROWS_PER_WEIGHT)
        rows = model.effective_rows(written, written if server.replaces else 0)
        # A refused request is rolled back half-way, on the average.
        share = 0.5 if request.group.is_poisoned else 1.0
        request.job = MachineJob(
            rows, model.seconds(rows, 50 * written) * share * self._noise(), server.replaces
        )
        self._working[request.job] = request
        return self._machine.admit(request.job, self._now)

    def _landing(self, request: _Request) -> Flight:
        group = request.group
        landing = Landing.DELIVERED
        if request.job.fate is not Fate.DONE:
            landing = Landing.CONFLICT
        elif group.is_poisoned:
            landing = Landing.REFUSED
        flight = Flight(
            generation=request.generation,
            weight=group.weight,
            entries=len(group.indexes),
            started=request.started,
            ended=self._now,
            in_flight=request.in_flight,
            landing=landing,
            suspect=group.suspect,
        )
        if group.judged(landing):
            self._groups.append(group)
        return flight

    def _noise(self) -> float:
        return math.exp(self._random.gauss(0.0, self._server.noise))
