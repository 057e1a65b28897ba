"""A server in simulated time that takes what a campaign says: `Surface` beneath, a gate or a fixed setting above.

A request is drawn from the cell that it falls into: by how much it differs from the mean there (in runs, since
neighbours resemble each other), and whether it is refused. It advances as fast as the number in flight of the moment
lets it, so that a change of that number is felt by what is on its way. The first request of each connection meets a
cold one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.parts.traces import Surface
from bulk_importer.transfer.adaptive.gate import Flight, Gate, Landing, Setting

__all__ = ["Conflicts", "Delivery", "Phase", "delivered_until", "deliveries"]

# The chance that a request differs from its mean as the next one of the record does, rather than as any other: with it,
# neighbours of the simulation resemble each other as those of the campaigns do.
_RUN = 0.75
# A machine that others use: how far it wanders in so many seconds.
_WANDER_SECONDS = 20.0
_MOST_REFUSED = 0.97


@dataclass(frozen=True)
class Conflicts:
    """How often requests deadlock where they often do, as in protocol 5.1.

    The share that is refused is at most all but one of those in flight, and grows with them and with the square of the
    weight: 2 % at 5 entries x 2, 36 % at 10 x 2 and 55 % at 10 x 4, up to 84 % at 10 x 8, with the figure given here.
    """

    weight: float = 800.0

    def share(self, weight: float, in_flight: float) -> float:
        """The share of requests that are refused."""
        others = max(in_flight - 1, 0.0)
        return others / max(in_flight, 1.0) * -math.expm1(-others * (weight / self.weight) ** 2)


@dataclass(frozen=True)
class Phase:
    """What the server is from one moment on.

    Attributes:
        begins: at this second.
        heavier: what is sent weighs so many times more than the entries of the campaign.
        slower: each request takes so many times longer.
        people: so many requests of others are worked on all the time, and conflict with ours.
        conflicts: instead of those of the campaign.
        wanders: sigma of the logarithm of the speed, in the course of time.
    """

    surface: Surface
    begins: float = 0.0
    heavier: int = 1
    slower: float = 1.0
    people: int = 0
    conflicts: Conflicts | None = None
    wanders: float = 0.0

    @property
    def entry(self) -> int:
        """The weight of an entry."""
        return self.surface.weight * self.heavier

    def refused_share(self, weight: float, in_flight: int) -> float:
        """How many requests are refused, with those of others about."""
        all_of_them = in_flight + self.people
        ours = (
            self.conflicts.share(weight, all_of_them)
            if self.conflicts
            else self.surface.refused_share(weight, all_of_them)
        )
        return min(_MOST_REFUSED, ours + 0.03 * self.people)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request that ended at a second, and the weight that it delivered; 0 where it was refused."""

    at: float
    weight: int


def delivered_until(seen: Sequence[Delivery], second: float, *, since: float = 0.0) -> int:
    """The weight that was delivered between two seconds."""
    return sum(each.weight for each in seen if since < each.at <= second)


def deliveries(
    phases: Sequence[Phase],
    pilot: Gate | Setting,
    seconds: float,
    seed: int,
    *,
    weather: int | None = None,
    told: Callable[[float, Setting, str], None] | None = None,
) -> list[Delivery]:
    """Keep the server busy for so long as the pilot says.

    Args:
        phases: in the order in which they begin; the first from the start.
        weather: the seed of what the machine does in the course of time, whatever is sent; the other one unless given.
        told: hears of each move of the gate: when, where to, why.
    """
    return list(_Simulation(phases, pilot, (seed, seed if weather is None else weather), told).run(seconds))


class _Request:
    __slots__ = ("entries", "failed", "generation", "in_flight", "left", "started", "weight")

    def __init__(self, weight: int, entries: int, generation: int, started: float, in_flight: int) -> None:
        self.weight = weight
        self.entries = entries
        self.generation = generation
        self.started = started
        self.in_flight = in_flight
        # How much of the mean time of such a request is left, and whether it will be refused.
        self.left = 1.0
        self.failed = False


class _Simulation:
    """Requests that advance together, and a sender that fills every free slot at once."""

    def __init__(
        self,
        phases: Sequence[Phase],
        pilot: Gate | Setting,
        seeds: tuple[int, int],
        told: Callable[[float, Setting, str], None] | None,
    ) -> None:
        self._phases = list(phases)
        self._gate = pilot if isinstance(pilot, Gate) else None
        self._fixed = None if isinstance(pilot, Gate) else pilot
        self._told = told
        self._random = random.Random(seeds[0])
        self._weather = _Weather(seeds[1])
        self._now = 0.0
        self._phase = self._phases.pop(0)
        self._flying: list[_Request] = []
        self._connections = 0
        self._place = 0

    def run(self, seconds: float) -> Iterator[Delivery]:
        self._fill()
        while self._now < seconds:
            for request in self._advance():
                self._flying.remove(request)
                yield Delivery(self._now, 0 if request.failed else request.weight)
                self._tell(request)
                self._fill()

    def _advance(self) -> list[_Request]:
        """Let time pass until a request ends, or for a second; those that ended."""
        phase, surface = self._phase, self._phase.surface
        in_flight = len(self._flying) + phase.people
        slower = phase.slower * self._weather.at(self._now, phase.wanders)
        takes = [slower * surface.seconds(each.weight, in_flight) for each in self._flying]
        step = min(each.left * seconds for each, seconds in zip(self._flying, takes, strict=True))
        step = min(step, 1.0 if phase.wanders else math.inf)
        if self._phases and self._now + step >= self._phases[0].begins:
            step = max(0.0, self._phases[0].begins - self._now)
            self._phase = self._phases.pop(0)
        self._now += step
        ended = []
        for each, seconds in zip(self._flying, takes, strict=True):
            each.left -= step / seconds
            if each.left <= 1e-9:
                ended.append(each)
        return ended

    def _fill(self) -> None:
        setting = self._fixed or self._gate.setting  # type: ignore[union-attr]
        while len(self._flying) < setting.in_flight:
            entry = self._phase.entry
            entries = max(1, min(setting.weight // entry, 1000))
            generation = self._gate.generation if self._gate else 0
            request = _Request(entries * entry, entries, generation, self._now, len(self._flying) + 1)
            self._draw(request)
            self._flying.append(request)

    def _draw(self, request: _Request) -> None:
        phase = self._phase
        cell = phase.surface.nearest(request.weight, request.in_flight)
        warm = cell.warm
        self._place = (
            self._place + 1 if self._random.random() < _RUN else self._random.randrange(len(warm))
        ) % len(warm)
        request.left = warm[self._place] * len(warm) / sum(warm)
        if request.in_flight > self._connections:
            self._connections = request.in_flight
            request.left *= self._random.choice(phase.surface.cold)
        share = phase.refused_share(request.weight, request.in_flight)
        request.failed = self._random.random() < share

    def _tell(self, request: _Request) -> None:
        if self._gate is None:
            return
        moved = self._gate.landed(
            Flight(
                generation=request.generation,
                weight=request.weight,
                entries=request.entries,
                started=request.started,
                ended=self._now,
                in_flight=request.in_flight,
                landing=Landing.CONFLICT if request.failed else Landing.DELIVERED,
            )
        )
        if moved and self._told:
            self._told(self._now, self._gate.setting, moved.reason)


class _Weather:
    """By what factor requests take longer at a second: a walk that returns, one for each seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"weather {seed}")
        self._walk = [self._random.gauss(0.0, 1.0)]

    def at(self, second: float, sigma: float) -> float:
        if not sigma:
            return 1.0
        keeps = math.exp(-1.0 / _WANDER_SECONDS)
        while len(self._walk) <= second:
            step = self._random.gauss(0.0, math.sqrt(1 - keeps * keeps))
            self._walk.append(keeps * self._walk[-1] + step)
        return math.exp(sigma * self._walk[int(second)])
