"""Decides how many requests may be in flight and how heavy a batch may be, for the most weight delivered per second.

Pure: it is told what landed and answers with what may leave.

The best setting cannot be known beforehand: the measured server wants one to ten entries in two requests, replacing
uploads deadlock beside it, and a distant fast server wants thousands of entries in as many requests as it gets
(protocol 5.1). So the gate climbs: it stands on a *base*, tries one knob a step further (a *trial*), moves there if
that is clearly better, and returns if it is not. Steps are large while they pay in proportion, and shrink when they
fail. What failed is tried again after a while, less and less often, because servers change.

An answer is scored for the setting that its batch was sealed under, and not at all if it says nothing about that
setting: a suspect's, one whose weight is far from the knob (an entry heavier than the knob travels alone), one that
was refused for what was in it, and any while the run is starved of input or paced by a limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple

import msgspec

from bulk_importer.events import GateMoved
from bulk_importer.transfer.goodput import Goodput

__all__ = ["Bounds", "Flight", "Gate", "Landing", "Setting"]


class Landing(Enum):
    """How a request ended, as far as the gate cares."""

    DELIVERED = "delivered"
    CONFLICT = "conflicts"
    TIMED_OUT = "time-outs"
    THROTTLED = "the server asks for less (429)"
    UNAVAILABLE = "the server is not available"
    REFUSED = "refused for what was in it"


class Setting(NamedTuple):
    """Where the two knobs stand."""

    in_flight: int
    weight: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what the knobs may move; equal bounds fix one.

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
        leg: `Gate.leg` when its batch was sealed.
        started, ended: on one clock, in seconds.
        in_flight: how many were in flight when it left, itself included.
        suspect: its batch was sealed alone after a refusal.
        starved: the batch could have taken more, but there was nothing.
        paced: a rate limit, a retry or a pause held sending up meanwhile.
    """

    leg: int
    weight: int
    entries: int
    started: float
    ended: float
    in_flight: int
    landing: Landing
    suspect: bool = False
    starved: bool = False
    paced: bool = False


class _Way(StrEnum):
    """Where a trial goes."""

    HEAVIER = "heavier batches"
    MORE = "more in flight"
    LIGHTER = "lighter batches"
    FEWER = "fewer in flight"


# Steps as factors, from bold to fine. Doubling what is in flight is as bold as a server deserves; weight may have to
# grow a thousandfold from its careful start, within forty answers.
_STEPS = {
    _Way.MORE: (2.0, 1.5, 1.25),
    _Way.FEWER: (2.0, 1.5),
    _Way.HEAVIER: (4.0, 2.0, 1.5),
    _Way.LIGHTER: (2.0, 2.0, 1.5),
}
_OPPOSITE = {
    _Way.MORE: _Way.FEWER,
    _Way.FEWER: _Way.MORE,
    _Way.HEAVIER: _Way.LIGHTER,
    _Way.LIGHTER: _Way.HEAVIER,
}
# Going up has to pay, because it costs the people who label meanwhile; going down need only not cost.
_GAIN = {_Way.MORE: 0.06, _Way.HEAVIER: 0.06, _Way.FEWER: 0.02, _Way.LIGHTER: 0.02}


_ALARMS = frozenset({Landing.TIMED_OUT, Landing.THROTTLED, Landing.UNAVAILABLE})
_CAREFUL = Setting(in_flight=1, weight=64)
_FEWEST_ANSWERS = 3
_MOST_ANSWERS = 16
_MOST_ROUNDS = 3
_CONFIDENCE = 1.3
_IN_PROPORTION = 0.7
_FAILED_TRIAL = 3
_HOPELESS = -1.0
_FAILED_BASE = 0.4
_LONG_MEMORY = 48
_SHORT_MEMORY = 8
_CHANGE = 0.35
_FIRST_BLOCK = 40
_LONGEST_BLOCK = 512


class _Track:
    """What the gate knows about going one way."""

    __slots__ = ("blocked_until", "fails", "step", "tried")

    def __init__(self) -> None:
        self.step = 0
        self.fails = 0
        self.blocked_until = 0
        self.tried = 0

    def block(self, answers: int, in_flight: int) -> None:
        """Leave this way alone for a while, longer each time."""
        rest = max(_FIRST_BLOCK, 2 * in_flight) * 2**self.fails
        self.blocked_until = answers + min(rest, _LONGEST_BLOCK)
        self.fails = min(self.fails + 1, 16)

    def reopen(self, answers: int) -> None:
        """What was learnt about this way no longer counts."""
        self.fails = 0
        self.step = min(self.step, 1)
        self.blocked_until = answers


@dataclass(slots=True)
class _Trial:
    """A setting that is being tried."""

    way: _Way
    setting: Setting
    factor: float
    score: Goodput
    passed: int = 0


class _Weights:
    """What batches really weigh, against what the knob says."""

    __slots__ = ("_entries", "_mean", "_seen", "_strays")

    def __init__(self) -> None:
        self._entries = 2.0
        self._seen = 0
        self._strays = 0.0
        self._mean = 0.0

    def fit(self, flight: Flight, knob: int) -> bool:
        """Whether a batch is near enough to the knob to say something about it."""
        fits = 0.5 * knob <= flight.weight <= 1.5 * knob
        if not flight.starved:
            self._seen += 1
            share = max(1 / self._seen, 0.08)
            self._strays += share * ((not fits) - self._strays)
            self._mean += share * (flight.weight - self._mean)
            self._entries += share * (flight.entries - self._entries)
        return fits

    @property
    def stray(self) -> bool:
        """Whether most batches are far from the knob, so that it must come to them."""
        return self._seen >= 3 and self._strays > 0.67

    @property
    def single(self) -> bool:
        """Whether batches hold one entry each, so that none can be lighter."""
        return self._entries < 1.2

    @property
    def typical(self) -> int:
        """What a batch weighs; asking resets what was seen."""
        self._seen = 0
        self._strays = 0.0
        return max(1, round(self._mean))


class Gate:
    """The controller. Give it every landing; ask it before every departure.

    A *leg* is a stretch between two moves of a knob; its number travels with the batch, so that an answer is scored for
    the setting that it was made under.
    """

    def __init__(self, bounds: Bounds, *, start: Setting | None = None) -> None:
        """Begin at `start`, a setting that was remembered, or carefully: one small request at a time."""
        self._bounds = bounds
        # Everything below is changed by `landed`, and what it calls, alone.
        self._leg = 0
        self._base = self._within(start or _CAREFUL)
        self._score = Goodput(self._base.in_flight)
        self._recent = Goodput(self._base.in_flight)
        self._trial: _Trial | None = None
        self._tracks = {way: _Track() for way in _Way}
        self._momentum: _Way | None = None
        self._answers = 0  # scored on the base, ever: the clock by which ways are blocked
        self._since = 0  # of these, since the last trial
        self._weights = _Weights()

    @property
    def leg(self) -> int:
        """The number of the current leg; a batch remembers the one that it was sealed in."""
        return self._leg

    @property
    def setting(self) -> Setting:
        """Where the knobs stand now, for sealing the next batch."""
        return self._trial.setting if self._trial else self._base

    @property
    def base(self) -> Setting:
        """The best setting known: worth remembering for a resume."""
        return self._base

    def may_send(self, in_flight: int) -> bool:
        """Whether another request may leave besides those in flight."""
        return in_flight < self.setting.in_flight

    def landed(self, flight: Flight) -> GateMoved | None:
        """Take a landing into account; what moved, if anything did."""
        if flight.leg != self._leg or flight.suspect:
            return None
        if flight.in_flight > self.setting.in_flight:
            return None  # left while what an earlier, larger setting had sent was still about
        if flight.landing in _ALARMS:
            return self._retreat(flight.landing)
        trial = self._trial
        tells = flight.landing is not Landing.REFUSED and not flight.starved and not flight.paced
        if not self._weights.fit(flight, self.setting.weight) or not tells:
            return self._let_pass(flight)
        failed = flight.landing is not Landing.DELIVERED
        for score in (trial.score,) if trial else (self._score, self._recent):
            score.add(
                0 if failed else flight.weight, flight.ended - flight.started, flight.in_flight, failed=failed
            )
        return self._judge_trial(trial) if trial else self._judge_base()

    def _let_pass(self, flight: Flight) -> GateMoved | None:
        if self._trial:
            self._trial.passed += 1
            if self._trial.passed > 2 * self._trial.setting.in_flight + 4:
                return self._reject(self._trial, "no answers to judge it by")
        elif self._weights.stray and not flight.starved:
            return self._stand_on(
                self._base._replace(weight=self._weights.typical), "what batches really weigh"
            )
        return None

    def _judge_trial(self, trial: _Trial) -> GateMoved | None:
        score, base = trial.score, self._score
        if score.failures * _FAILED_TRIAL > score.answers + 1:
            return self._reject(trial, Landing.CONFLICT.value)
        gain = score.log_rate - base.log_rate - _GAIN[trial.way]
        if gain < _HOPELESS:
            return self._reject(trial, "much worse")
        if score.answers < max(_FEWEST_ANSWERS, trial.setting.in_flight):
            return None
        # A handful of answers without a conflict does not prove that there will be none.
        luck = math.sqrt(max(score.failed_share, base.failed_share) / score.answers)
        error = _CONFIDENCE * math.hypot(score.log_error, base.log_error, luck)
        enough = score.answers >= max(_MOST_ANSWERS, _MOST_ROUNDS * trial.setting.in_flight)
        if gain > (0.0 if enough else error):
            return self._accept(trial)
        if enough or gain < -error:
            return self._reject(trial, "not better")
        return None

    def _accept(self, trial: _Trial) -> GateMoved | None:
        gain = trial.score.log_rate - self._score.log_rate
        track = self._tracks[trial.way]
        share = gain / math.log(trial.factor)
        track.step = 0 if share > _IN_PROPORTION else max(track.step, 1)
        self._momentum = trial.way
        self._base, self._score, self._trial = trial.setting, trial.score, None
        self._recent = Goodput(self._base.in_flight)
        self._since = 0
        for way, other in self._tracks.items():
            if way is _OPPOSITE[trial.way]:
                other.block(self._answers, self._base.in_flight)
            elif way is not trial.way:
                other.reopen(self._answers)
        return None

    def _reject(self, trial: _Trial, reason: str) -> GateMoved | None:
        track = self._tracks[trial.way]
        conflicts = trial.score.failures > 0
        if track.step == 0 or (conflicts and track.step + 1 < len(_STEPS[trial.way])):
            track.step += 1
        else:
            track.block(self._answers, self._base.in_flight)
        self._momentum = None
        self._trial = None
        self._since = 0
        return self._moved(f"back: {reason}")

    def _judge_base(self) -> GateMoved | None:
        self._answers += 1
        self._since += 1
        level = self._base.in_flight
        self._score.fade(0.5 ** (1 / max(_LONG_MEMORY, 4 * level)))
        self._recent.fade(0.5 ** (1 / max(_SHORT_MEMORY, level)))
        if self._recent.answers >= max(_FEWEST_ANSWERS, 0.7 * level):
            change = abs(self._recent.log_rate - self._score.log_rate)
            if self._recent.failed_share > max(_FAILED_BASE, 2 * self._score.failed_share):
                return self._retreat(Landing.CONFLICT)
            if change > max(_CHANGE, 3 * self._recent.log_error):
                self._score, self._recent = self._recent, Goodput(level)
                for track in self._tracks.values():
                    track.reopen(self._answers)
        if self._since * 2 < level or self._score.answers < max(_FEWEST_ANSWERS, level) * 0.9:
            return None
        return self._try_next()

    def _try_next(self) -> GateMoved | None:
        ways = [way for way in _Way if self._tracks[way].blocked_until <= self._answers and self._target(way)]
        if not ways:
            return None
        way = min(ways, key=lambda way: (way is not self._momentum, self._tracks[way].tried))
        target, factor = self._target(way) or (self._base, 1.0)
        self._tracks[way].tried = self._leg + 1
        self._trial = _Trial(way, target, factor, Goodput(target.in_flight))
        return self._moved(f"trying {way.value}")

    def _target(self, way: _Way) -> tuple[Setting, float] | None:
        factor = _STEPS[way][self._tracks[way].step]
        base = self._base
        match way:
            case _Way.MORE:
                target = base._replace(in_flight=math.ceil(base.in_flight * factor))
            case _Way.FEWER:
                target = base._replace(in_flight=math.floor(base.in_flight / factor))
            case _Way.HEAVIER:
                target = base._replace(weight=math.ceil(base.weight * factor))
            case _Way.LIGHTER if self._weights.single:
                return None
            case _Way.LIGHTER:
                target = base._replace(weight=math.floor(base.weight / factor))
        target = self._within(target)
        return None if target == base else (target, factor)

    def _retreat(self, landing: Landing) -> GateMoved | None:
        if self._trial:
            return self._reject(self._trial, landing.value)
        base = self._base
        # A server that was away is not one that had too much: it may have all of it back as soon as it answers.
        if landing is not Landing.UNAVAILABLE:
            for way in (_Way.MORE, _Way.HEAVIER):
                self._tracks[way].block(self._answers, base.in_flight)
        fewer = self._within(base._replace(in_flight=base.in_flight // 2))
        lighter = self._within(base._replace(weight=base.weight // 2))
        return self._stand_on(fewer if fewer != base else lighter, landing.value)

    def _stand_on(self, setting: Setting, reason: str) -> GateMoved | None:
        self._base = self._within(setting)
        self._trial = None
        self._momentum = None
        self._since = 0
        self._score = Goodput(self._base.in_flight)
        self._recent = Goodput(self._base.in_flight)
        return self._moved(reason)

    def _within(self, setting: Setting) -> Setting:
        bounds = self._bounds
        most = bounds.most_weight or setting.weight
        lightest = max(bounds.least_weight, 1)
        return Setting(
            max(bounds.least_in_flight, min(setting.in_flight, bounds.most_in_flight), 1),
            max(lightest, min(setting.weight, most)),
        )

    def _moved(self, reason: str) -> GateMoved:
        self._leg += 1
        setting = self.setting
        return GateMoved(max_in_flight=setting.in_flight, max_weight=setting.weight, reason=reason)
