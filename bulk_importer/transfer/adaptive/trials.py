"""What the gate tries and remembers: the four ways to turn a knob, how far, and how often.

Pure. The numbers were tuned on the simulated servers of `benchmarks/parts/gate_servers.py`, with a dozen seeds each;
`python -m benchmarks.bench_gate` prints what comes out of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from bulk_importer.transfer.adaptive.goodput import Goodput

__all__ = ["Setting", "Track", "Trial", "Way", "Weights"]


class Setting(NamedTuple):
    """Where the two knobs stand: requests in flight, and the weight of a batch."""

    in_flight: int
    weight: int


class Way(StrEnum):
    """The direction of a trial, in the order of the first trials: one request in flight learns weight cheaply."""

    HEAVIER = "heavier batches"
    MORE = "more in flight"
    LIGHTER = "lighter batches"
    FEWER = "fewer in flight"

    @property
    def steps(self) -> tuple[float, ...]:
        """The factors of a step in this direction, from bold to fine."""
        return _STEPS[self]

    @property
    def opposite(self) -> Way:
        """The direction back."""
        return _OPPOSITE[self]

    @property
    def least_gain(self) -> float:
        """How much more goodput a step in this direction has to bring, as a logarithm."""
        # Up has to pay, because others work on the server meanwhile; down need hardly do more than not cost.
        return 0.05 if self in (Way.MORE, Way.HEAVIER) else 0.02


# Doubling what is in flight is as bold as a server deserves. Weight may have to grow a thousandfold from its careful
# start, within forty answers. The finest steps are for limits that a coarse one overshoots: ten connections, say.
_STEPS = {
    Way.MORE: (2.0, 1.5, 1.25),
    Way.FEWER: (2.0, 1.5),
    Way.HEAVIER: (4.0, 2.0, 1.5),
    Way.LIGHTER: (2.0, 2.0, 1.5),
}
_OPPOSITE = {Way.MORE: Way.FEWER, Way.FEWER: Way.MORE, Way.HEAVIER: Way.LIGHTER, Way.LIGHTER: Way.HEAVIER}

# Answers on the base between a failed trial of one way and the next, doubled each time; and the same after the base has
# moved. So a third of the first four hundred answers belong to trials, and one in twenty in the long run (one in eight
# where the server is noisy): that is what it costs to notice that a server has become better.
_FIRST_REST = 64
_SHORT_REST = 8
_LONGEST_REST = 1024
# What pays in proportion to this share of the step is worth the boldest step again.
_IN_PROPORTION = 0.7


class Track:
    """What is known about steps in one direction."""

    __slots__ = ("fails", "rests_until", "step", "tried")

    def __init__(self) -> None:
        # Changed by the methods, but for `tried`: the generation of the last trial, set by the gate.
        self.step = 0
        self.fails = 0
        self.rests_until = 0
        self.tried = 0

    def paid(self, gain: float, factor: float) -> None:
        """Note that a trial by this factor brought this gain (a logarithm) and was kept."""
        self.step = 0 if gain > _IN_PROPORTION * abs(math.log(factor)) else max(self.step, 1)

    def rest(self, answers: int, in_flight: int) -> None:
        """Try nothing in this direction for a while, longer each time."""
        length = max(_FIRST_REST, 2 * in_flight) * 2**self.fails
        self.rests_until = answers + min(length, _LONGEST_REST)
        self.fails = min(self.fails + 1, 16)

    def relent(self, answers: int) -> None:
        """Try again soon, because the base moved; later, the more often a trial in this direction failed."""
        self.step = min(self.step, 1)
        self.rests_until = min(self.rests_until, answers + _SHORT_REST * 2**self.fails)

    def reopen(self, answers: int) -> None:
        """Forget what was learnt about this direction."""
        self.fails = 0
        self.step = min(self.step, 1)
        self.rests_until = answers


@dataclass(slots=True)
class Trial:
    """A setting that is being tried.

    Attributes:
        passed: answers that said nothing about it, weighted by how much they speak against going on.
    """

    way: Way
    setting: Setting
    factor: float
    score: Goodput
    passed: float = 0.0


# A batch is near the knob within a factor of about two: the next entry may not have fitted in.
_LIGHTEST, _HEAVIEST = 0.5, 1.5
# Means over about a dozen batches, so that a few giants in a row do not pull the knob after them.
_SHARE = 0.08
_STRAYS = 0.67


class Weights:
    """What batches on the base really weigh, against what the knob says.

    Entries may all be heavier than the knob, or other bounds may keep batches below it; then the knob has to come to
    the batches, or, where it may not, they are scored for what they are.
    """

    __slots__ = ("_center", "_entries", "_mean", "_seen", "_strays")

    def __init__(self) -> None:
        # Changed by `see` and `settle` alone.
        self._seen = 0
        self._strays = 0.0
        self._mean = 0.0
        self._entries = 2.0
        self._center: int | None = None

    def fits(self, weight: int, knob: int) -> bool:
        """Whether a batch of this weight is near enough to the weight `knob` to say something about that setting."""
        center = max(knob, self._center or 0)
        return _LIGHTEST * knob <= weight <= _HEAVIEST * center

    def see(self, weight: int, entries: int, *, fits: bool) -> None:
        """Take a batch on the base into account."""
        self._seen += 1
        share = max(1 / self._seen, _SHARE)
        self._strays += share * ((not fits) - self._strays)
        self._mean += share * (weight - self._mean)
        self._entries += share * (entries - self._entries)

    def settle(self, knob: int) -> None:
        """Begin to look again: the knob is as near to the batches as its bounds allow."""
        self._center = self.typical if self.typical > knob else None
        self._seen = 0
        self._strays = 0.0

    @property
    def stray(self) -> bool:
        """Whether most batches are far from the knob."""
        return self._seen >= 3 and self._strays > _STRAYS

    @property
    def single(self) -> bool:
        """Whether batches hold one entry each, so that none can be lighter."""
        return self._entries < 1.2

    @property
    def typical(self) -> int:
        """The weight of an average batch on the base; at least 1."""
        return max(1, round(self._mean))
