"""Decides how many requests may be in flight and how heavy a batch may be, for the most weight delivered per second.

Pure: it is told what landed and answers with what may leave.

The best setting cannot be known beforehand: the measured server wants some entries in a few requests, replacing
uploads deadlock beside it, and a distant fast server wants thousands of entries in as many requests as it gets
(protocol 5.1). Single answers differ by a third from each other, and settings near the best one by less. So the gate
does not compare two settings. Each answer goes into a `Landscape`, which says of all settings what can be expected
of them and how sure that is; and the gate goes to where *hope* is highest: what is expected, and a share of what is
uncertain about it, which answers take away. It steps to both sides of both knobs at once, and no further than what it
has seen lets it look.

An answer is scored for the weight that its batch had, and not at all if it says nothing about the server: a suspect's,
one that was refused for what was in it, and any while the run is starved of input or paced by a limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

import msgspec

from bulk_importer.events import GateMoved
from bulk_importer.transfer.adaptive.landscape import Landscape

__all__ = ["Bounds", "Flight", "Gate", "Landing", "Setting"]


class Setting(NamedTuple):
    """Where the two knobs stand: requests in flight, and the weight of a batch."""

    in_flight: int
    weight: int


class Landing(Enum):
    """How a request ended, as far as the gate cares."""

    DELIVERED = "delivered"
    CONFLICT = "conflicts"
    TIMED_OUT = "time-outs"
    THROTTLED = "the server asks for less (429)"
    UNAVAILABLE = "the server is not available"
    REFUSED = "refused for what was in it"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range in which each knob may move; equal bounds fix it.

    `most_weight` None means that only the bounds on entries and bytes of a batch limit its weight; these are the
    packing's, and the gate notices by the weights that land.
    """

    least_in_flight: int = 1
    most_in_flight: int = 8
    least_weight: int = 1
    most_weight: int | None = None


class Flight(msgspec.Struct, frozen=True):
    """What is known of a request that ended.

    Attributes:
        generation: `Gate.generation` when its batch was sealed.
        started, ended: on one clock, in seconds.
        in_flight: how many were in flight when it left, itself included.
        suspect: its batch was sealed alone after a refusal.
        starved: the batch could have taken more, but there was nothing.
        paced: a rate limit, a retry or a pause held sending up meanwhile.
    """

    generation: int
    weight: int
    entries: int
    started: float
    ended: float
    in_flight: int
    landing: Landing
    suspect: bool = False
    starved: bool = False
    paced: bool = False


_ALARMS = frozenset({Landing.TIMED_OUT, Landing.THROTTLED, Landing.UNAVAILABLE})
_CAREFUL = Setting(in_flight=1, weight=64)
_IN_FLIGHT = (1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
# Half an octave makes little difference to a server, and each further setting is one more to be looked at.
_ENTRIES = tuple(2**octave for octave in range(21))
# A step is no bolder than this, beyond what was seen.
_BOLD_FLIGHT, _BOLD_WEIGHT, _BOLDEST_WEIGHT = 2.0, 2.0, 4.0
_IN_PROPORTION = 0.5
# Batches that are lighter than this share of the knob, which holds several entries, do not follow it.
_FOLLOWS = 0.6
_MUCH_LOST, _NEARLY_ALL = 0.3, 0.9
# What an entry costs the server besides its weight; the two together are its *load*.
_EACH = 8
# How much of what is uncertain is hoped for: as of "upper confidence bounds", in proportion to the root of the
# logarithm of the time, so that a few bad answers write no setting off for good. Time is counted in trials of the
# setting, to which some are added: what takes long to try has to promise more.
_HOPE, _AS_IF = 0.4, 5.0
# What is hoped for instead by the first trials, until they have taken so many seconds.
_WONDER, _ALLOWANCE = 2.5, 1.0
# What a doubling of the number in flight has to bring, because others work on the server meanwhile.
_PRICE = 0.02
# A move has to promise this.
_WORTH = 0.04
_FEWEST_ANSWERS = 3
# What is told of in percent.
_NOTABLE = 0.005
# Looking around takes a millisecond: where it changes nothing, the gate does so less and less often.
_CALM_SECONDS, _LATER_SECONDS = 0.05, 0.7
# Answers count half after so many seconds, and so many answers.
_HALF_SECONDS, _HALF_ANSWERS = 150.0, 100
# What counts as a change of the server: a logarithm, and standard errors, of the answers of late. These are so many, or
# those of so many seconds, since small requests are slow by the dozen while the machine does something else; a share of
# them has to be there. Of one setting, so many answers from before it are remembered.
_CHANGE, _SURE = 0.3, 3.5
_LATE_ANSWERS, _LATE_SECONDS, _SHARE_OF_LATE = 8, 2.0, 0.25
_REMEMBERED = 8.0
# Answers for which a limit holds that an alarm set, doubled with each one that follows; and after an outage.
_FIRST_REST, _SHORT_REST, _LONGEST_REST = 64, 2, 1024
_REFUSAL, _SUSPECT = 0.5, 0.1


class _Ceiling:
    """A limit of one knob that an alarm set: it is lifted step by step when it was quiet for long enough."""

    def __init__(self) -> None:
        self.most: float = math.inf
        self._until = 0
        self._rest = _FIRST_REST

    def lower(self, most: int, answers: int, *, short: bool = False) -> None:
        self.most = most
        self._until = answers + (_SHORT_REST if short else self._rest)
        if not short:
            self._rest = min(2 * self._rest, _LONGEST_REST)

    def lift(self, answers: int) -> None:
        """Let go where it is time to."""
        if answers >= self._until:
            self.most = math.inf


class Gate:
    """The controller. Tell the gate how each request ended, and ask it before one leaves.

    A *generation* lasts from one move to the next. Its number travels with the batch, so that an answer is
    scored for the setting that it was made under.
    """

    def __init__(self, bounds: Bounds, *, start: Setting | None = None) -> None:
        """Begin at `start`, a setting that was remembered, or carefully: one small request at a time."""
        self._bounds = bounds
        # Set by `limit`: how many in flight were best before a person wanted less; None where nobody does.
        self._wide = bounds
        self._unlimited: int | None = None
        # Everything below is changed by `landed`, and what it calls, and by `limit` and `resumed`.
        self._generation = 0
        self._setting = self._base = self._within(start or _CAREFUL)
        self._landscape = Landscape()
        self._fewest, self._flight_most, self._weight_most = 0, _Ceiling(), _Ceiling()
        self._answers = 0  # scored, ever
        self._since = 0  # of these, since the last look around
        self._in_generation = self._lost = 0  # of these, since the last move, and of these the failed ones
        self._lost_ever = 0
        self._passed = 0.0  # that said nothing, since the last move
        self._looked_at = 0.0
        self._began = math.inf  # when the first request left
        self._wondered = 0.0  # seconds that the first trials took
        self._quiet = 0  # looks around that changed nothing, in a row
        self._looked_answers = 0
        self._entry: float | None = None  # the weight of a typical entry
        self._landed_weight = 0.0  # of a typical batch of this generation
        self._peak = 0  # most in flight in this generation
        self._waiting: list[Flight] = []  # to be scored when it is known how many were in flight with them
        self._gap = self._gaps = 0.0  # from what the cell said, of late
        self._heaviest = 0.0
        self._most_seen = 0

    @property
    def generation(self) -> int:
        """The number of the current generation; a batch remembers the one that it was sealed in."""
        return self._generation

    @property
    def setting(self) -> Setting:
        """Where the knobs stand now, for sealing the next batch."""
        return self._setting

    @property
    def base(self) -> Setting:
        """The best setting known: worth remembering for a resume, as if no person limited it."""
        in_flight, weight = self._base
        return Setting(max(in_flight, self._unlimited or 0), weight)

    def allows(self, in_flight: int) -> bool:
        """Whether another request may leave besides so many in flight."""
        return in_flight < self._setting.in_flight

    def limit(self, most_in_flight: int | None) -> GateMoved | None:
        """Keep to so many in flight from now on, as a person wants it, and to what was best where that allows it.

        Args:
            most_in_flight: None for as many as the bounds allow.

        Returns:
            The setting, where that moved it.
        """
        wide, before = self._wide, self._bounds
        most = min(most_in_flight or wide.most_in_flight, wide.most_in_flight)
        if most == before.most_in_flight:
            return None
        free = self.base
        self._unlimited = free.in_flight if most < wide.most_in_flight else None
        self._bounds = replace(wide, least_in_flight=min(wide.least_in_flight, most), most_in_flight=most)
        self._base = self._within(free)
        # A trial that is still allowed goes on; with more room it begins anew at what is known.
        target = self._within(self._setting) if most < before.most_in_flight else self._base
        return None if target == self._setting else self._go(target, "a person changed the limits")

    def resumed(self, after_seconds: float) -> None:
        """Begin anew at the same setting: nothing left for so long, and what leaves now does so into emptiness."""
        self._began += after_seconds  # else the pause would count as time that trials may be paid from
        self._begin_generation()

    def landed(self, flight: Flight) -> GateMoved | None:
        """Take the end of a request into account; returns the setting where a knob moved or a trial was kept."""
        if flight.generation != self._generation or flight.in_flight > self._setting.in_flight:
            return None  # left under another setting, or while what a larger one had sent was still about
        if flight.landing in _ALARMS:
            return self._retreat(flight.landing)
        if flight.suspect or flight.landing is Landing.REFUSED:
            return self._let_pass(_SUSPECT if flight.suspect else _REFUSAL)
        if flight.starved or flight.paced:
            return self._let_pass(1.0)
        self._score(flight)
        return self._look_around(flight)

    def _score(self, flight: Flight) -> None:
        each = flight.weight / flight.entries
        self._began = min(self._began, flight.started)
        self._answers += 1
        self._since += 1
        self._in_generation += 1
        self._entry = (
            each if self._entry is None else self._entry + max(0.1, 1 / self._answers) * (each - self._entry)
        )
        self._landed_weight += max(0.3, 1 / self._in_generation) * (flight.weight - self._landed_weight)
        self._peak = max(self._peak, flight.in_flight)
        if flight.landing is not Landing.DELIVERED:
            self._lost += 1
            self._lost_ever += 1
        else:
            self._most_seen = max(self._most_seen, self._peak)
        self._waiting.append(flight)
        # The first requests leave while it is still filling up: once it was full, they count as if it had been.
        is_full = self._peak >= self._setting.in_flight
        if is_full or self._in_generation >= self._setting.in_flight:
            for waiting in self._waiting:
                is_early = is_full and self._in_generation <= 2 * self._peak
                self._learn(waiting, self._peak if is_early else waiting.in_flight)
            self._waiting.clear()

    def _learn(self, flight: Flight, in_flight: int) -> None:
        failed = flight.landing is not Landing.DELIVERED
        seconds = max(flight.ended - flight.started, 1e-6)
        load = flight.weight + _EACH * flight.entries
        self._notice_change(load, in_flight, seconds, failed=failed)
        self._landscape.add(load, in_flight, seconds, failed=failed)
        self._heaviest = max(self._heaviest, load)

    def _notice_change(self, weight: float, in_flight: float, seconds: float, *, failed: bool) -> None:
        """Where answers differ from those of the same setting before, and for long, the server has changed."""
        landscape = self._landscape
        if failed or landscape.seen(weight, in_flight) < 5:
            return
        gap = math.log(in_flight * weight / seconds) - landscape.own_log_rate(weight, in_flight)
        late = max(_LATE_ANSWERS, self._setting.in_flight, _LATE_SECONDS * in_flight / seconds)
        keep = 0.5 ** (1 / late)
        self._gap, self._gaps = self._gap * keep + gap, self._gaps * keep + 1
        mean = self._gap / self._gaps
        enough = self._gaps >= max(_FEWEST_ANSWERS, _SHARE_OF_LATE * late)
        if enough and abs(mean) > max(_CHANGE, _SURE * landscape.spread / math.sqrt(self._gaps)):
            landscape.renew(_REMEMBERED)
            self._gap = self._gaps = 0.0
            self._since = 0

    def _let_pass(self, share: float) -> GateMoved | None:
        self._passed += share
        if self._setting == self._base or self._passed <= self._setting.in_flight + 3:
            return None
        if self._setting.weight > self._base.weight:
            self._weight_most.lower(self._base.weight, self._answers)
        return self._go(self._base, "back: no answers to judge it by")

    def _look_around(self, flight: Flight) -> GateMoved | None:
        failed = flight.landing is not Landing.DELIVERED
        # The first answer says enough for leaving the careful start.
        enough = (
            1 if self._answers == self._setting.in_flight else max(_FEWEST_ANSWERS, self._setting.in_flight)
        )
        if self._since < enough and not (failed and self._setting != self._base):
            return None
        if not self._heaviest:
            return None
        elapsed = flight.ended - self._looked_at
        if elapsed < min(self._quiet * _CALM_SECONDS, _LATER_SECONDS):
            return None
        past = min(max(elapsed, 0.0) / _HALF_SECONDS, (self._answers - self._looked_answers) / _HALF_ANSWERS)
        self._looked_at, self._looked_answers, self._since = flight.ended, self._answers, 0
        self._landscape.fade(0.5**past)
        self._flight_most.lift(self._answers)
        self._weight_most.lift(self._answers)
        if (came_down := self._come_down()) is not None:
            return came_down
        self._landscape.survey()
        moved = self._choose(flight.ended)
        self._quiet = 0 if moved else self._quiet + 1
        return moved

    def _come_down(self) -> GateMoved | None:
        """Come to the batches where other bounds, on entries or bytes, keep them lighter than the knob."""
        here = self._setting
        target = self._within(here._replace(weight=math.ceil(self._landed_weight)))
        few = self._in_generation < 2 * here.in_flight + _FEWEST_ANSWERS
        if few or not self._is_kept_lighter() or target == here:
            return None
        self._weight_most.lower(target.weight, self._answers)
        self._base = target
        return self._go(target, "what batches really weigh")

    def _is_kept_lighter(self) -> bool:
        """Whether batches do not follow the knob, though several entries would fit."""
        weight = self._setting.weight
        # What failed is sent again as it was: the first ones say little, and where much is lost, all.
        is_clear = self._lost <= _MUCH_LOST * self._in_generation
        return is_clear and weight >= 2 * (self._entry or weight) and self._landed_weight < _FOLLOWS * weight

    def _choose(self, now: float) -> GateMoved | None:
        here = self._setting
        expected = {setting: self._expected(setting) for setting in {*self._near(here), here, self._base}}
        for setting in {*expected} - {here, self._base}:
            if self._is_bold(setting, expected[setting][0] - expected[here][0]) or self._is_new_twice(
                setting
            ):
                del expected[setting]
        elapsed = max(now - self._began, 0.0)
        left = _ALLOWANCE - self._wondered
        hope, sober = {}, {}
        for setting, (mean, error) in expected.items():
            takes = self._round_seconds(setting, mean)
            sober[setting] = mean + error * _HOPE * math.sqrt(math.log(_AS_IF + elapsed / takes))
            hope[setting] = mean + error * _WONDER if takes <= left else sober[setting]
        mean = expected[here][0]
        hope[here] = sober[here]
        hope[self._base] = sober[self._base] + _WORTH
        if self._lost > _FEWEST_ANSWERS and self._lost > _NEARLY_ALL * self._in_generation and len(hope) > 1:
            del hope[here]
        target = max(hope, key=lambda setting: hope[setting])
        if target == here:
            return self._keep(expected)
        if sober[target] < sober[here] + _WORTH:
            self._wondered += self._round_seconds(target, expected[target][0])
        if target.in_flight < here.in_flight and 2 * self._lost > self._in_generation:
            self._flight_most.lower(here.in_flight - 1, self._answers)
        gain = expected[target][0] - mean
        if here != self._base and mean > expected[self._base][0]:
            self._base = here
        if target == self._base:
            return self._go(target, f"back: {_ways(target, here)} brought {_more(-gain)}")
        if gain > _NOTABLE:
            return self._go(target, f"{_ways(here, target)} promise {_more(gain)}")
        return self._go(target, f"trying {_ways(here, target)}")

    def _round_seconds(self, setting: Setting, log_goodput: float) -> float:
        """What it takes to try a setting: a round of it, and the one that is on its way when it is given up."""
        return 2 * setting.in_flight * self._lands(setting) / math.exp(log_goodput)

    def _is_bold(self, setting: Setting, gain: float) -> bool:
        """Whether a setting is so much heavier than what was seen that it is not worth the danger."""
        step = self._lands(setting) / self._heaviest
        return step > _BOLD_WEIGHT and gain < _IN_PROPORTION * math.log(step)

    def _is_new_twice(self, setting: Setting) -> bool:
        """Whether it is beyond what was seen in both ways, where some was lost: which is to blame, none could tell."""
        new = setting.in_flight > self._most_seen and self._lands(setting) > 1.1 * self._heaviest
        return new and self._lost_ever > 0

    def _keep(self, expected: dict[Setting, tuple[float, float]]) -> GateMoved | None:
        before, here = self._base, self._setting
        if here == before or self._is_kept_lighter():
            return None
        self._base = here
        gain = expected[here][0] - expected[before][0]
        return self._told(f"kept: {_ways(before, here)} bring {_more(gain)}")

    def _near(self, here: Setting) -> Iterator[Setting]:
        """The settings that are within a step of what was seen."""
        bounds = self._bounds
        most = min(bounds.most_in_flight, _BOLD_FLIGHT * self._most_seen + 1)
        heaviest = alone = _BOLDEST_WEIGHT * max(self._landed_weight, self._entry or here.weight)
        if self._landscape.lost_share(self._lands(here), here.in_flight) > _MUCH_LOST:
            most, heaviest = here.in_flight, self._landed_weight  # more of it is no cure, but for one alone
        # A ceiling may be below where it went back to, and is no reason to stay there.
        most = min(most, max(self._flight_most.most, here.in_flight))
        for in_flight in {bounds.least_in_flight, bounds.most_in_flight, *_IN_FLIGHT}:
            if here.in_flight / 2 <= in_flight <= most:
                for weight in self._weights(here, alone if in_flight == 1 else heaviest):
                    yield self._within(Setting(in_flight, weight))

    def _weights(self, here: Setting, heaviest: float) -> Iterator[int]:
        """The weights of whole entries that are near what landed: none above `heaviest`, but that of one entry."""
        entry = self._entry or here.weight
        most = max(self._weight_most.most, here.weight)
        whole = {
            math.floor((many + 0.5) * entry) for many in _ENTRIES if many * entry <= max(heaviest, entry)
        }
        for weight in whole | {here.weight}:
            if self._landed_weight / 4.5 <= weight <= most:
                yield weight

    def _expected(self, setting: Setting) -> tuple[float, float]:
        mean, error = self._landscape.expected(self._lands(setting), setting.in_flight)
        return mean - _PRICE * math.log2(setting.in_flight), error

    def _lands(self, setting: Setting) -> float:
        """The load of a batch under a setting: of whole entries, and of one at least."""
        entry = self._entry or setting.weight
        return (entry + _EACH) * max(1, math.floor(setting.weight / entry + 1e-9))

    def _retreat(self, landing: Landing) -> GateMoved | None:
        here = self._setting
        single = self._entry is not None and self._landed_weight < 1.2 * self._entry
        if landing is Landing.TIMED_OUT and not single:
            target = self._within(here._replace(weight=here.weight // 2))
            self._weight_most.lower(target.weight, self._answers)
        else:
            target = self._within(here._replace(in_flight=here.in_flight // 2))
            # A server that was away is not one that had too much: it may have all of it back as soon as it answers.
            self._flight_most.lower(target.in_flight, self._answers, short=landing is Landing.UNAVAILABLE)
        if target == here:
            return None
        self._base = target
        self._unlimited = self._unlimited and target.in_flight  # no way back to more than this
        return self._go(target, landing.value)

    def _within(self, setting: Setting) -> Setting:
        bounds = self._bounds
        most = bounds.most_weight or setting.weight
        lightest = max(bounds.least_weight, 1)
        return Setting(
            max(bounds.least_in_flight, min(setting.in_flight, bounds.most_in_flight), 1),
            max(lightest, min(setting.weight, most)),
        )

    def _go(self, setting: Setting, reason: str) -> GateMoved:
        self._setting = setting
        self._begin_generation()
        return self._told(reason)

    def _begin_generation(self) -> None:
        self._generation += 1
        self._since = self._in_generation = self._lost = self._peak = 0
        self._waiting.clear()
        self._passed = self._gap = self._gaps = 0.0

    def _told(self, reason: str) -> GateMoved:
        in_flight, weight = self._setting
        return GateMoved(max_in_flight=in_flight, max_weight=weight, reason=reason)


def _more(log_gain: float) -> str:
    """How much more that is, in words."""
    return f"{math.expm1(log_gain):+.0%}" if abs(log_gain) > _NOTABLE else "as much"


def _ways(here: Setting, there: Setting) -> str:
    """The way from one setting to another, in words."""
    ways = []
    if there.in_flight != here.in_flight:
        ways.append("more in flight" if there.in_flight > here.in_flight else "fewer in flight")
    if there.weight != here.weight:
        ways.append("heavier batches" if there.weight > here.weight else "lighter batches")
    return " and ".join(ways)
