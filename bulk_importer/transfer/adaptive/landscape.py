"""What goodput each setting can be expected to bring, and how sure that is, learnt from answers at some of them.

Pure. By Little's law N requests in flight that take t seconds on average and deliver w each bring N·w/t a second. The
logarithm of that, over the logarithms of weight and number in flight, is a *landscape*: the sum of a shape that many
servers have, a level and two slopes that are this server's, hills along each axis, and what a setting has to itself.
Settings that were tried say something about all others, about near ones more, so that noise is shared out over all
answers (it is Gaussian process regression, with a kernel of these parts). Of two shapes, that of a server at hand and
that of a distant one, the one is taken that made the answers more likely.

When the server changes an *epoch* ends: its answers go on to say how settings compare, since epochs have each a level
of their own and all else in common.

What is lost to conflicts is learnt apart, since it depends on weight and number in flight together: a share of time
that is common to all settings by one rate, and corrected by what each setting saw itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

__all__ = ["Landscape"]

# Cells are this fine, in octaves of the weight and of the number in flight.
_FINE_WEIGHT, _FINE_FLIGHT = 2, 4
# Standard deviations, in logarithms of goodput: of the level; of the slopes over an octave; of how much more than in
# proportion heavy requests cost, in units of the usual; of hills along one axis; and how wide hills are, in octaves.
_LEVEL, _WEIGHT_SLOPE, _FLIGHT_SLOPE, _TOLL = 3.0, 0.12, 0.1, 0.7
_HILL = 0.2
_WIDE_WEIGHT, _WIDE_FLIGHT = 2.0, 1.0
# The same of what a setting has to itself, whatever its neighbours bring, and within how many octaves it is the same
# setting. The traces differ from a sum of two axes by 0.12 to 0.29 from cell to cell.
_OWN, _SAME = 0.16, 0.25
# How far single answers are from their mean, before it is known, and what such a belief weighs in answers. What no
# number of answers at one time can tell, because the machine wanders.
_SPREAD, _BELIEF = 0.4, 12.0
_UNSEEN = 0.07
# Neighbours in time resemble each other, so that n answers prove what this share of them would.
_INDEPENDENT = 0.6
# Answers of one cell beyond these are forgotten as newer ones come.
_MEMORY = 150.0
# A share of lost time that was seen in a cell counts against the common rate like so many answers.
_COMMON = 3.0
# As it is believed to begin with, conflicts are rare and not unheard of: as if so much of one had been met in
# as many requests at a setting where they would be as many as one in e.
_RARE, _RARE_AT = 0.2, (500.0, 8.0)
# How much of what is known of conflicts outlasts an epoch.
_LASTING = 0.3
# That the weight does not matter is believed when the other guess was wrong by so much, as a logarithm.
_DOUBTFUL = 3.0
# That a server is distant is believed when the usual shape was wrong by so much, as a logarithm.
_ODD = 4.0

# Logarithms (base 2) of weight and number in flight; what heavy requests cost beyond proportion, as a logarithm; epoch.
_Place = tuple[float, float, float, int]

_SUMS = ("answers", "flights", "lost", "seconds", "tries", "weight", "weights")


class _Cell:
    """Sums over the answers near one setting, in one epoch."""

    __slots__ = ("answers", "epoch", "flights", "lost", "seconds", "tries", "weight", "weights")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        # Changed by `add` and `fade` alone.
        self.answers = self.weight = self.seconds = self.weights = self.flights = 0.0
        self.tries = self.lost = 0.0

    def fade(self, share: float) -> None:
        for name in _SUMS:
            setattr(self, name, getattr(self, name) * share)

    @property
    def place(self) -> _Place:
        return _place(2 ** (self.weights / self.answers), 2 ** (self.flights / self.answers), self.epoch)

    @property
    def log_rate(self) -> float:
        return math.log(self.weight / self.seconds) + self.flights / self.answers * math.log(2)


class _Danger:
    """A guess at what conflicts are in proportion to: those in flight beside it, and a power of the weight.

    At most all but one of those in flight are lost, as in protocol 5.1.
    """

    def __init__(self, power: float, belief: float) -> None:
        self._power = power
        self._belief = belief
        # Changed by `add` and `fade` alone.
        self._conflicts, self._exposed = _RARE, _RARE * self._exposure(*_RARE_AT)
        self._evidence = 0.0

    @property
    def likelihood(self) -> float:
        """How well it foretold what was lost, as a logarithm."""
        return self._belief + self._evidence

    def add(self, weight: float, in_flight: float, *, failed: bool) -> None:
        if in_flight > 1:
            share = self.lost_share(weight, in_flight)
            self._evidence += math.log(max(share, 1e-3) if failed else 1 - min(share, 0.99))
            self._conflicts += failed
            self._exposed += self._exposure(weight, in_flight)

    def fade(self, share: float) -> None:
        self._evidence *= share
        self._conflicts *= share
        self._exposed *= share
        if self._conflicts < _RARE:
            self._exposed += (_RARE - self._conflicts) * self._exposure(*_RARE_AT)
            self._conflicts = _RARE

    def lost_share(self, weight: float, in_flight: float) -> float:
        hazard = self._conflicts / self._exposed * self._exposure(weight, in_flight)
        return (in_flight - 1) / in_flight * -math.expm1(-hazard)

    def _exposure(self, weight: float, in_flight: float) -> float:
        return (in_flight - 1) * math.pow(weight / 64, self._power)


class Landscape:
    """Take answers in with `add`; `survey` the rest, then ask for `expected` goodput anywhere."""

    def __init__(self) -> None:
        # Changed by `add`, `fade` and `renew`.
        self._epoch = 0
        self._cells: dict[tuple[int, int, int], _Cell] = {}
        self._squares = _BELIEF * _SPREAD**2
        self._counted = _BELIEF
        self._dangers = [_Danger(2.0, 0.0), _Danger(0.0, -_DOUBTFUL)]
        # Of the last `survey`.
        self._places: list[_Place] = []
        self._root: list[list[float]] = []
        self._pull: list[float] = []
        self._shape = _usual

    @property
    def spread(self) -> float:
        """The standard deviation of the logarithm of single answers."""
        return math.sqrt(self._squares / self._counted)

    def add(self, weight: float, in_flight: float, seconds: float, *, failed: bool) -> None:
        """Take an answer in: of a request of that weight, with so many in flight, after so many seconds."""
        cell = self._cells.setdefault(self._key(weight, in_flight), _Cell(self._epoch))
        if cell.tries > _MEMORY:
            cell.fade(_MEMORY / cell.tries)
        for danger in self._dangers:
            danger.add(weight, in_flight, failed=failed)
        if failed:
            cell.tries += 1
            cell.lost += 1
            return
        if cell.answers > 1:
            gap = math.log(weight / seconds) - math.log(cell.weight / cell.seconds)
            self._squares += min(gap * gap, 1.0) * cell.answers / (cell.answers + 1)
            self._counted += 1
            if self._counted > 100:
                self._squares, self._counted = self._squares / 2, self._counted / 2
        cell.tries += 1
        cell.answers += 1
        cell.weight += weight
        cell.seconds += seconds
        cell.weights += math.log2(weight)
        cell.flights += math.log2(in_flight)

    def fade(self, share: float) -> None:
        """Let what was taken in so far count less."""
        for key, cell in list(self._cells.items()):
            cell.fade(share)
            if cell.tries < 0.3:
                del self._cells[key]
        for danger in self._dangers:
            danger.fade(share)

    def renew(self, answers: float) -> None:
        """The server has changed, and an epoch begins. Of those before, the one with most answers is remembered.

        Args:
            answers: those of one setting count like so many at most from now on.
        """
        known = Counter[int]()
        for cell in self._cells.values():
            known[cell.epoch] += cell.answers  # type: ignore[assignment]  # a counter takes any number
        longest = max(known, key=lambda epoch: known[epoch], default=self._epoch)
        self._cells = {key: cell for key, cell in self._cells.items() if cell.epoch == longest}
        for cell in self._cells.values():
            cell.fade(answers / max(cell.tries, answers))
        for danger in self._dangers:
            danger.fade(_LASTING)
        self._epoch += 1

    def seen(self, weight: float, in_flight: float) -> float:
        """How many answers there were near this setting."""
        cell = self._cells.get(self._key(weight, in_flight))
        return cell.answers if cell else 0.0

    def own_log_rate(self, weight: float, in_flight: float) -> float:
        """The logarithm of what slots delivered near this setting, but for what was lost."""
        return self._cells[self._key(weight, in_flight)].log_rate

    def survey(self) -> None:
        """Prepare `expected` from all that was taken in."""
        cells = [cell for cell in self._cells.values() if cell.answers >= 0.3]
        noise = self.spread**2 / _INDEPENDENT
        self._places = places = [cell.place for cell in cells]
        matrix = [[_kernel(one, other) for other in places[: at + 1]] for at, one in enumerate(places)]
        for at, cell in enumerate(cells):
            matrix[at][at] += noise / cell.answers + _UNSEEN**2
        self._root = _cholesky(matrix)
        rates = [cell.log_rate for cell in cells]
        found = []
        for shape, belief in _SHAPES:
            gaps = [rate - shape(place) for rate, place in zip(rates, places, strict=True)]
            half = _forth(self._root, gaps)
            found.append((belief - sum(each * each for each in half) / 2, shape, half))
        _, self._shape, half = max(found, key=lambda each: each[0])
        self._pull = _back(self._root, half)

    def expected(self, weight: float, in_flight: float) -> tuple[float, float]:
        """The logarithm of the goodput of a setting as of the last `survey`, and its standard deviation."""
        place = _place(weight, in_flight, self._epoch)
        near = [_kernel(place, other) for other in self._places]
        mean = self._shape(place) + sum(map(float.__mul__, near, self._pull))
        known = sum(each * each for each in _forth(self._root, near))
        variance = max(_kernel(place, place) - known, 0.0)
        return mean + math.log1p(-self.lost_share(weight, in_flight)), math.sqrt(variance)

    def lost_share(self, weight: float, in_flight: float) -> float:
        """The share of requests that are lost to conflicts at a setting."""
        danger = max(self._dangers, key=lambda danger: danger.likelihood)
        common = danger.lost_share(weight, in_flight)
        cell = self._cells.get(self._key(weight, in_flight))
        if not cell:
            return common
        return min((cell.lost + _COMMON * common) / (cell.tries + _COMMON), 0.99)

    def _key(self, weight: float, in_flight: float) -> tuple[int, int, int]:
        return (
            round(_FINE_WEIGHT * math.log2(weight)),
            round(_FINE_FLIGHT * math.log2(in_flight)),
            self._epoch,
        )


def _place(weight: float, in_flight: float, epoch: int) -> _Place:
    return math.log2(weight), math.log2(in_flight), math.log1p(weight / 1500), epoch


def _usual(place: _Place) -> float:
    """The shape that the measured servers have: a request costs as much as a weight of 10 even if it is empty, heavy
    ones cost more than in proportion, and more than a handful in flight bring nothing more."""
    weight, in_flight, toll, _ = place
    return -math.log1p(10 / 2.0**weight) - toll - 0.5 * math.expm1(-1.1 * in_flight)


def _distant(place: _Place) -> float:
    """The shape that distant servers have: a request takes as long whatever is in it, and however many there are."""
    return (place[0] + place[1]) * math.log(2)


_SHAPES = ((_usual, 0.0), (_distant, -_ODD))


def _kernel(one: _Place, other: _Place) -> float:
    """How much the logarithms of the goodput at two places are known to go together."""
    weight = math.exp((one[0] - other[0]) ** 2 / (-2 * _WIDE_WEIGHT**2))
    flight = math.exp((one[1] - other[1]) ** 2 / (-2 * _WIDE_FLIGHT**2))
    return (
        _LEVEL**2 * (one[3] == other[3])
        + _WEIGHT_SLOPE**2 * (one[0] - 7.0) * (other[0] - 7.0)
        + _FLIGHT_SLOPE**2 * (one[1] - 1.5) * (other[1] - 1.5)
        + _TOLL**2 * one[2] * other[2]
        + _HILL**2 * (weight + flight)
        + _OWN**2 * math.exp(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) / (-2 * _SAME**2))
    )


def _cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """The lower root of a positive matrix, of which the lower half is given."""
    root: list[list[float]] = []
    for at, given in enumerate(matrix):
        row: list[float] = []
        for column in range(at):
            other = root[column]
            row.append((given[column] - sum(map(float.__mul__, row, other))) / other[column])
        row.append(math.sqrt(max(given[at] - sum(each * each for each in row), 1e-9)))
        root.append(row)
    return root


def _forth(root: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    found: list[float] = []
    for row, value in zip(root, values, strict=True):
        found.append((value - sum(map(float.__mul__, row, found))) / row[-1])
    return found


def _back(root: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    found = [0.0] * len(values)
    for at in reversed(range(len(values))):
        rest = sum(root[below][at] * found[below] for below in range(at + 1, len(values)))
        found[at] = (values[at] - rest) / root[at][at]
    return found
