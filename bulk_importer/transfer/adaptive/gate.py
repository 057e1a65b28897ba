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
from enum import Enum

import msgspec

from bulk_importer.events import GateMoved
from bulk_importer.transfer.adaptive.goodput import Goodput
from bulk_importer.transfer.adaptive.trials import Setting, Track, Trial, Way, Weights

__all__ = ["Bounds", "Flight", "Gate", "Landing", "Setting"]


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
# A setting is judged after so many answers at least, and after one round where they differ less than this, or two. A
# close question is decided as it stands after so many answers or rounds.
_FEWEST_ANSWERS = 3
_EVEN = 0.3
_MOST_ANSWERS = 24
_MOST_ROUNDS = 3
# Standard errors by which a trial must be better, or worse, to be decided sooner. With 1.3 the noisy server leads the
# gate astray in one run of ten; with 2 the climb takes longer than forty answers.
_CONFIDENCE = 1.7
# At once: a trial with more failures than these in three, or a third (1/e) of the goodput; a base with
# this share of failures where it had half of that before, or with that share in any case.
_FAILED_TRIAL = 1 / 3
_HOPELESS = -1.0
_FAILED_BASE = 0.4
_FAILED_MOSTLY = 0.65
# Answers after which one counts half on the base, for its goodput and for noticing that the server has changed; and
# what counts as a change, as a logarithm, and in standard errors.
_LONG_MEMORY = 48
_SHORT_MEMORY = 8
_CHANGE = 0.35
_SURE = 3.5
# How much an answer that cannot be scored speaks against going on with a trial: a batch that does not follow the knob
# makes it pointless, one that was refused only makes it slow, and suspects come in tens.
_STRAY = 1.0
_REFUSAL = 0.5
_SUSPECT = 0.1


class Gate:
    """The controller. Tell the gate how each request ended, and ask it before one leaves.

    A *generation* lasts from one move of a knob to the next. Its number travels with the batch, so that an answer is
    scored for the setting that it was made under.
    """

    def __init__(self, bounds: Bounds, *, start: Setting | None = None) -> None:
        """Begin at `start`, a setting that was remembered, or carefully: one small request at a time."""
        self._bounds = bounds
        # Everything below is changed by `landed`, and what it calls, alone.
        self._generation = 0
        self._base = self._within(start or _CAREFUL)
        self._score = Goodput(self._base.in_flight)
        self._recent = Goodput(self._base.in_flight)
        self._trial: Trial | None = None
        self._tracks = {way: Track() for way in Way}
        self._momentum: Way | None = None
        self._answers = 0  # scored on the base, ever: the clock by which ways rest
        self._since = 0  # of these, since the last trial
        self._regret: tuple[Way, float] | None = (
            None  # the way back, and the goodput (log) that was left behind
        )
        self._weights = Weights()

    @property
    def generation(self) -> int:
        """The number of the current generation; a batch remembers the one that it was sealed in."""
        return self._generation

    @property
    def setting(self) -> Setting:
        """Where the knobs stand now, for sealing the next batch."""
        return self._trial.setting if self._trial else self._base

    @property
    def base(self) -> Setting:
        """The best setting known: worth remembering for a resume."""
        return self._base

    def allows(self, in_flight: int) -> bool:
        """Whether another request may leave besides so many in flight."""
        return in_flight < self.setting.in_flight

    def landed(self, flight: Flight) -> GateMoved | None:
        """Take the end of a request into account; returns the setting where a knob moved or a trial was kept."""
        if flight.generation != self._generation:
            return None
        if flight.in_flight > self.setting.in_flight:
            return None  # left while what an earlier, larger setting had sent was still about
        if flight.landing in _ALARMS:
            return self._retreat(flight.landing)
        if flight.suspect:
            return self._let_pass(_SUSPECT)
        if flight.landing is Landing.REFUSED:
            return self._let_pass(_REFUSAL)
        fits = self._weights.fits(flight.weight, self.setting.weight)
        if not self._trial and not flight.starved:
            self._weights.see(flight.weight, flight.entries, fits=fits)
        if not fits or flight.starved or flight.paced:
            return self._let_pass(_STRAY)
        return self._score_flight(flight)

    def _score_flight(self, flight: Flight) -> GateMoved | None:
        failed = flight.landing is not Landing.DELIVERED
        trial = self._trial
        for score in (trial.score,) if trial else (self._score, self._recent):
            score.add(
                0 if failed else flight.weight, flight.ended - flight.started, flight.in_flight, failed=failed
            )
        return self._judge_trial(trial) if trial else self._judge_base()

    def _let_pass(self, share: float) -> GateMoved | None:
        if self._trial:
            self._trial.passed += share
            if self._trial.passed > self._trial.setting.in_flight + _FEWEST_ANSWERS:
                return self._give_up(self._trial)
        elif self._weights.stray:
            return self._follow_weights()
        return None

    def _follow_weights(self) -> GateMoved | None:
        came = self._within(self._base._replace(weight=self._weights.typical))
        self._weights.settle(came.weight)
        return self._stand_on(came, "what batches really weigh")

    def _judge_trial(self, trial: Trial) -> GateMoved | None:
        score, base = trial.score, self._score
        if score.failures > _FAILED_TRIAL * (score.answers + 1):
            return self._reject(trial, Landing.CONFLICT.value)
        gain = score.log_rate - base.log_rate - trial.way.least_gain
        if gain < _HOPELESS:
            return self._reject(trial, "much worse")
        # Those that come first are the quick ones; where they differ much, one round of them proves nothing.
        rounds = 1 if max(score.spread, base.spread) < _EVEN else 2
        if score.answers < max(_FEWEST_ANSWERS, rounds * trial.setting.in_flight):
            return None
        # A handful of answers without a conflict does not prove that there will be none.
        luck = math.sqrt(max(score.failed_share, base.failed_share) / score.answers)
        error = _CONFIDENCE * math.hypot(score.log_error, base.log_error, luck)
        # In the beginning there is more to gain elsewhere than by settling a close question.
        patience = min(_MOST_ANSWERS, _FEWEST_ANSWERS + self._answers // 4)
        enough = score.answers >= max(patience, _MOST_ROUNDS * trial.setting.in_flight)
        if gain > (0.0 if enough else error):
            return self._accept(trial)
        if enough or gain < -error:
            return self._reject(trial, "not better")
        return None

    def _accept(self, trial: Trial) -> GateMoved:
        gain = trial.score.log_rate - self._score.log_rate
        self._regret = trial.way.opposite, self._score.log_rate
        self._base, self._score = trial.setting, trial.score
        self._recent = Goodput(self._base.in_flight)
        self._end_trial(trial.way)
        self._tracks[trial.way].paid(gain, trial.factor)
        self._tracks[trial.way.opposite].rest(self._answers, self._base.in_flight)
        for way, track in self._tracks.items():
            if way not in (trial.way, trial.way.opposite):
                track.relent(self._answers)
        return self._told(f"kept: {trial.way.value} bring {math.expm1(gain):+.0%}")

    def _give_up(self, trial: Trial) -> GateMoved:
        if trial.way in (Way.HEAVIER, Way.LIGHTER):
            return self._reject(trial, "no batch of that weight")
        # Nothing is known against it; let some of what keeps the answers away pass.
        self._tracks[trial.way].rests_until = self._answers + _FEWEST_ANSWERS
        self._end_trial(None)
        return self._moved("back: no answers to judge it by")

    def _reject(self, trial: Trial, reason: str) -> GateMoved:
        track = self._tracks[trial.way]
        conflicts = trial.score.failures > 0
        self._end_trial(None)
        finer = track.step == 0 or (conflicts and track.step + 1 < len(trial.way.steps))
        if finer:
            track.step += 1
            # Where a step was too bold, rather than useless, the limit is near: look for it at once.
            self._momentum = trial.way if conflicts else None
            target = self._target(trial.way)
            finer = target is not None and target[0] != trial.setting
        if not finer:
            track.rest(self._answers, self._base.in_flight)
        return self._moved(f"back: {reason}")

    def _end_trial(self, momentum: Way | None) -> None:
        self._trial = None
        self._momentum = momentum
        self._since = 0

    def _judge_base(self) -> GateMoved | None:
        self._answers += 1
        self._since += 1
        level = self._base.in_flight
        self._score.fade(0.5 ** (1 / max(_LONG_MEMORY, 4 * level)))
        self._recent.fade(0.5 ** (1 / max(_SHORT_MEMORY, level)))
        recent = self._recent
        usual = min(max(_FAILED_BASE, 2 * self._score.failed_share), _FAILED_MOSTLY)
        if recent.answers >= max(_FEWEST_ANSWERS, level / 4) and recent.failed_share > usual:
            return self._retreat(Landing.CONFLICT)
        if recent.answers >= max(_FEWEST_ANSWERS, 0.7 * level):
            self._notice_change(recent)
            self._notice_regret()
        if self._since * 2 < level or self._score.answers < max(_FEWEST_ANSWERS, level) * 0.9:
            return None
        return self._try_next()

    def _notice_change(self, recent: Goodput) -> None:
        if abs(recent.log_rate - self._score.log_rate) > max(_CHANGE, _SURE * recent.log_error):
            self._score, self._recent = recent, Goodput(self._base.in_flight)
            for track in self._tracks.values():
                track.reopen(self._answers)

    def _notice_regret(self) -> None:
        # A trial that won by luck looks worse with every further answer; then the way back is open at once.
        if self._regret and self._score.log_rate < self._regret[1]:
            self._tracks[self._regret[0]].rests_until = self._answers
            self._regret = None

    def _try_next(self) -> GateMoved | None:
        ways = [way for way in Way if self._tracks[way].rests_until <= self._answers and self._target(way)]
        if not ways:
            return None
        way = min(ways, key=lambda way: (way is not self._momentum, self._tracks[way].tried))
        target, factor = self._target(way) or (self._base, 1.0)
        self._tracks[way].tried = self._generation + 1
        self._trial = Trial(way, target, factor, Goodput(target.in_flight))
        return self._moved(f"trying {way.value}")

    def _target(self, way: Way) -> tuple[Setting, float] | None:
        factor = way.steps[self._tracks[way].step]
        base = self._base
        match way:
            case Way.MORE:
                target = base._replace(in_flight=math.ceil(base.in_flight * factor))
            case Way.FEWER:
                target = base._replace(in_flight=math.floor(base.in_flight / factor))
            case Way.HEAVIER:
                target = base._replace(weight=math.ceil(base.weight * factor))
            case Way.LIGHTER:
                # Batches of one entry cannot be lighter.
                weight = base.weight if self._weights.single else math.floor(base.weight / factor)
                target = base._replace(weight=weight)
        target = self._within(target)
        return None if target == base else (target, factor)

    def _retreat(self, landing: Landing) -> GateMoved | None:
        if self._trial:
            return self._reject(self._trial, landing.value)
        base = self._base
        # A server that was away is not one that had too much: it may have all of it back as soon as it answers.
        if landing is not Landing.UNAVAILABLE:
            for way in (Way.MORE, Way.HEAVIER):
                self._tracks[way].rest(self._answers, base.in_flight)
        fewer = self._within(base._replace(in_flight=base.in_flight // 2))
        lighter = self._within(base._replace(weight=base.weight // 2))
        match landing:
            case Landing.TIMED_OUT if not self._weights.single:
                return self._stand_on(lighter, landing.value)
            case Landing.CONFLICT if fewer == base:
                return self._stand_on(lighter, landing.value)
        return self._stand_on(fewer, landing.value)

    def _stand_on(self, setting: Setting, reason: str) -> GateMoved | None:
        moved = setting != self._base
        self._base = setting
        self._regret = None
        self._end_trial(None)
        self._score = Goodput(setting.in_flight)
        self._recent = Goodput(setting.in_flight)
        return self._moved(reason) if moved else None

    def _within(self, setting: Setting) -> Setting:
        bounds = self._bounds
        most = bounds.most_weight or setting.weight
        lightest = max(bounds.least_weight, 1)
        return Setting(
            max(bounds.least_in_flight, min(setting.in_flight, bounds.most_in_flight), 1),
            max(lightest, min(setting.weight, most)),
        )

    def _moved(self, reason: str) -> GateMoved:
        self._generation += 1
        return self._told(reason)

    def _told(self, reason: str) -> GateMoved:
        setting = self.setting
        return GateMoved(max_in_flight=setting.in_flight, max_weight=setting.weight, reason=reason)
