"""Finds the round numbers and times that an axis shows.

Pure. Times are seconds since 1970, shown by the clock of a zone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

__all__ = ["decade_ticks", "nice_step", "number_ticks", "time_step", "time_ticks"]

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
_DAY = 86_400
_DAYS = (1, 2, 7, 14, 28)


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... (or their fractions) that is no less than that."""
    if not least > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= least * (1 - 1e-9))


def number_ticks(highest: float, most: int = 4, *, whole: bool = False) -> list[float]:
    """Round numbers from 0 on, so many steps at most, the last of which is no less than the highest value.

    Args:
        whole: there is nothing between two whole numbers.
    """
    step = nice_step(highest / most)
    if whole:
        step = max(1.0, step)
    count = max(1, math.ceil(highest / step - 1e-9))
    return [step * each for each in range(count + 1)]


def decade_ticks(lowest: float, highest: float) -> list[float]:
    """Powers of ten around what lies between two values above 0."""
    first, last = math.floor(math.log10(lowest) + 1e-9), math.ceil(math.log10(highest) - 1e-9)
    return [10.0**each for each in range(first, max(last, first + 1) + 1)]


def time_step(seconds: float, most: int) -> int:
    """The smallest round step, in seconds, that is in so much time no more than so often."""
    steps = (*_STEPS, *(each * _DAY for each in _DAYS))
    return next((each for each in steps if each * most >= seconds), _DAYS[-1] * _DAY * _times(seconds, most))


def _times(seconds: float, most: int) -> int:
    return math.ceil(seconds / most / (_DAYS[-1] * _DAY))


def time_ticks(first: float, last: float, step: int, zone: tzinfo) -> Sequence[float]:
    """The moments between two at which the clock on the wall shows a multiple of the step."""
    return [each for each in _from_midnight(first, last, step, zone) if first <= each <= last]


def _from_midnight(first: float, last: float, step: int, zone: tzinfo) -> Iterator[float]:
    began = datetime.fromtimestamp(first, zone).replace(tzinfo=None)
    wall = began.replace(hour=0, minute=0, second=0, microsecond=0)
    if step >= _DAY:
        wall -= timedelta(days=wall.toordinal() % (step // _DAY))
    elif began > wall:
        wall += timedelta(seconds=math.floor((began - wall).total_seconds() / step) * step)
    while (at := wall.replace(tzinfo=zone).timestamp()) <= last:
        yield at  # by the clock on the wall, so that an hour that is left out or comes twice does not shift the others
        wall += timedelta(seconds=step)
