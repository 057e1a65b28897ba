"""Reads what a server took for each request of a campaign, and says what it would take at any setting.

A campaign has *cells*: requests of so many entries, with so many in flight. Between cells the mean time of a request is
interpolated, in the logarithms of both; a cell that was not measured is what a curve through all of them says. How far
single requests are from their mean is that of the nearest cell, how often they are refused that of those around.
"""

from __future__ import annotations

import itertools
import json
import math
import operator
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

__all__ = ["CAMPAIGNS", "Cell", "Surface", "read_campaign"]

CAMPAIGNS = Path(__file__).parent / "campaigns"

# Beyond the heaviest batch that was measured, seconds grow at least with this power of the weight: protocol 5.1.
_LEAST_POWER = 1.2


@dataclass(frozen=True)
class Cell:
    """The requests of one setting, in the order in which they left: their seconds, and which were refused."""

    kind: str
    state: str
    weight: int
    batch: int
    in_flight: int
    seconds: Sequence[float]
    refused: frozenset[int]

    @property
    def warm(self) -> Sequence[float]:
        """Without the first request of each connection; all where there are few others."""
        return self.seconds if self._is_short else self.seconds[self.in_flight :]

    @property
    def cold(self) -> Sequence[float]:
        """The first requests of each connection as shares of the mean of the others; empty where there are few."""
        mean = fmean(self.warm)
        return [] if self._is_short else [seconds / mean for seconds in self.seconds[: self.in_flight]]

    @property
    def _is_short(self) -> bool:
        return len(self.seconds) < 3 * self.in_flight


def read_campaign(path: Path) -> dict[tuple[str, str], Surface]:
    """Read a campaign, a line for each cell or for each request; a surface for each kind and state."""
    cells = defaultdict[tuple[str, str], list[Cell]](list)
    for cell in _cells(map(json.loads, path.read_text().splitlines())):
        cells[cell.kind, cell.state].append(cell)
    return {key: Surface(each) for key, each in sorted(cells.items())}


def _cells(lines: Iterable[Mapping[str, Any]]) -> Iterable[Cell]:
    requests = defaultdict[tuple[Any, ...], list[Mapping[str, Any]]](list)
    for line in lines:
        where = tuple(line[key] for key in ("kind", "state", "weight", "batch", "in_flight"))
        if "milliseconds" in line:
            yield _cell(where, [each / 1000 for each in line["milliseconds"]], line["refused"])
        else:
            requests[where].append(line)
    for where, each in requests.items():
        each.sort(key=lambda request: request["start"])
        refused = [at for at, request in enumerate(each) if request["outcome"] != "ok"]
        yield _cell(where, [request["seconds"] for request in each], refused)


def _cell(where: tuple[Any, ...], seconds: Sequence[float], refused: Iterable[int]) -> Cell:
    kind, state, weight, batch, in_flight = where
    return Cell(kind, state, weight, batch, in_flight, seconds, frozenset(refused))


@dataclass(eq=False)
class Surface:
    """What a server took for one kind of entries on media of one state, at any setting.

    Attributes:
        smooth: each cell is what that curve says, rather than what it took itself.
    """

    cells: Sequence[Cell]
    smooth: bool = False
    weight: int = field(init=False)
    cold: Sequence[float] = field(init=False)

    def __post_init__(self) -> None:
        self.weight = self.cells[0].weight
        self.cold = [ratio for cell in self.cells for ratio in cell.cold] or [1.0]
        self.batches = sorted({cell.batch for cell in self.cells})
        self.levels = sorted({cell.in_flight for cell in self.cells})
        self._means = self._table()
        self._at = {(cell.batch, cell.in_flight): cell for cell in self.cells}
        # Caches of pure functions.
        self.seconds = cache(self._seconds)
        self.nearest = cache(self._nearest)
        self.refused_share = cache(self._refused_share)

    def _table(self) -> dict[tuple[int, int], float]:
        """The logarithm of the mean seconds of each cell, those in between that were not measured as well."""
        known = {(cell.batch, cell.in_flight): math.log(fmean(cell.warm)) for cell in self.cells}
        counts = [len(cell.warm) for cell in self.cells]
        fit = _fit([_terms(*at) for at in known], list(known.values()), counts)
        grid = itertools.product(self.batches, self.levels)
        # Where nobody looked, nothing is better than the best that was seen.
        best = max(math.log(batch * level) - seconds for (batch, level), seconds in known.items())
        fitted = {
            at: max(sum(map(operator.mul, fit, _terms(*at))), math.log(at[0] * at[1]) - best) for at in grid
        }
        return fitted if self.smooth else fitted | known

    def _seconds(self, weight: float, in_flight: float) -> float:
        """The mean time of a request of that weight with so many in flight."""
        batch = weight / self.weight
        low, high, share = _between(self.levels, in_flight)
        below, above = self._along(batch, low), self._along(batch, high)
        beyond = max(1.0, in_flight / self.levels[-1])
        return math.exp(below + share * (above - below)) * beyond

    def _along(self, batch: float, level: int) -> float:
        if batch > self.batches[-1]:
            *_, last, most = self.batches if len(self.batches) > 1 else (1, *self.batches)
            end = self._means[most, level]
            power = (end - self._means.get((last, level), end)) / math.log(most / last) if most > last else 1
            return end + max(_LEAST_POWER, power) * math.log(batch / most)
        low, high, share = _between(self.batches, batch)
        below, above = self._means[low, level], self._means[high, level]
        return below + share * (above - below)

    def _nearest(self, weight: float, in_flight: float) -> Cell:
        """The measured cell that is nearest, of those that say how far requests are from their mean."""
        batch = weight / self.weight

        def distance(cell: Cell) -> float:
            few = 6 / (len(cell.warm) + 1)
            return math.hypot(math.log(cell.batch / batch), math.log(cell.in_flight / in_flight)) + few

        return min(self.cells, key=distance)

    def _refused_share(self, weight: float, in_flight: float) -> float:
        """How many of the requests are refused there."""
        if in_flight <= 1:
            return 0.0
        batch = weight / self.weight
        near = [
            (
                math.hypot(math.log(cell.batch / batch), math.log(cell.in_flight / in_flight)),
                len(cell.refused),
                len(cell.seconds),
            )
            for cell in self.cells
            if cell.in_flight > 1
        ]
        # Cells count the less the further away they are; few requests of one cell prove little.
        tries = sum(math.exp(-2 * (far / 0.7) ** 2) * many for far, _, many in near)
        return sum(math.exp(-2 * (far / 0.7) ** 2) * lost for far, lost, _ in near) / max(tries, 1e-300)


def _between(values: Sequence[int], value: float) -> tuple[int, int, float]:
    """The two of the sorted values around a value, and how far between their logarithms it is."""
    at = bisect_right(values, value)
    if at == 0:
        return values[0], values[0], 0.0
    if at == len(values):
        return values[-1], values[-1], 0.0
    low, high = values[at - 1], values[at]
    return low, high, math.log(value / low) / math.log(high / low)


def _terms(batch: int, in_flight: int) -> list[float]:
    entries, level = math.log(batch), math.log(in_flight)
    return [1.0, entries, entries**2, level, level**2]


def _fit(rows: Sequence[Sequence[float]], values: Sequence[float], counts: Sequence[int]) -> list[float]:
    """The factors of least squares; what the rows leave open stays near nothing."""
    size = len(rows[0])
    # Cells differ by more than the requests of one do: many requests of a cell prove little more than some.
    shares = [count / (count + 10.0) for count in counts]
    matrix = [
        [sum(w * r[i] * r[j] for r, w in zip(rows, shares, strict=True)) for j in range(size)]
        for i in range(size)
    ]
    right = [sum(w * r[i] * v for r, v, w in zip(rows, values, shares, strict=True)) for i in range(size)]
    for i in range(size):
        matrix[i][i] += 0.02
    for i in range(size):
        for row in range(i + 1, size):
            share = matrix[row][i] / matrix[i][i]
            matrix[row] = [a - share * b for a, b in zip(matrix[row], matrix[i], strict=True)]
            right[row] -= share * right[i]
    found = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(matrix[i][j] * found[j] for j in range(i + 1, size))
        found[i] = (right[i] - rest) / matrix[i][i]
    return found
