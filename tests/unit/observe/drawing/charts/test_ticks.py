"""Axes show round numbers, and times as the clock on the wall shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bulk_importer.observe.drawing.charts.ticks import (
    decade_ticks,
    nice_step,
    number_ticks,
    time_step,
    time_ticks,
)

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("least", "step"),
    [(0.0, 1), (1, 1), (1.1, 2), (3, 5), (7, 10), (0.03, 0.05), (230, 500), (float("nan"), 1)],
)
def test_a_step_is_one_two_or_five(least: float, step: float) -> None:
    """Of any size."""
    assert nice_step(least) == pytest.approx(step)


@pytest.mark.parametrize(
    ("highest", "whole", "ticks"),
    [
        (0, False, [0, 1]),
        (95, False, [0, 50, 100]),
        (100, False, [0, 50, 100]),
        (0.7, False, [0, 0.5, 1.0]),
        (2, True, [0, 1, 2]),
        (1, True, [0, 1]),
    ],
)
def test_numbers_begin_at_nothing_and_reach_the_highest(
    highest: float, whole: bool, ticks: list[float]
) -> None:
    """So that a bar twice as long is twice as much."""
    assert number_ticks(highest, 3, whole=whole) == pytest.approx(ticks)


def test_powers_of_ten_enclose_what_there_is() -> None:
    """Two at least."""
    assert decade_ticks(0.03, 16) == pytest.approx([0.01, 0.1, 1, 10, 100])
    assert decade_ticks(1, 1) == pytest.approx([1, 10])


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(2, 1), (60, 15), (3600, 900), (8 * 3600, 7200), (3 * 86_400, 86_400), (70 * 86_400, 14 * 86_400)],
)
def test_times_are_apart_by_what_a_clock_shows(seconds: float, step: int) -> None:
    """Quarters of an hour, hours, days, weeks."""
    assert time_step(seconds, 5) == step


def test_years_are_not_too_much() -> None:
    """A clock may have been set wrong by as much."""
    step = time_step(60 * 365 * 86_400, 5)
    assert 60 * 365 * 86_400 / step <= 5


def shown(first: datetime, last: datetime, step: int) -> list[str]:
    """The ticks between two moments, as the clock in Berlin shows them."""
    ticks = time_ticks(first.timestamp(), last.timestamp(), step, BERLIN)
    return [f"{datetime.fromtimestamp(at, BERLIN):%d %H:%M}" for at in ticks]


def test_the_clock_is_that_of_the_zone() -> None:
    """Every second hour of it, also in a night in which an hour comes twice, or is left out."""
    at = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
    assert shown(at, at.replace(day=28, hour=1), 7200) == ["27 22:00", "28 00:00", "28 02:00"]
    autumn = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
    assert shown(autumn, autumn.replace(day=25, hour=6), 7200) == [
        "25 00:00",
        "25 02:00",
        "25 04:00",
        "25 06:00",
    ]
    spring = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    assert shown(spring, spring.replace(day=29, hour=4), 10_800) == ["29 00:00", "29 03:00", "29 06:00"]


def test_days_begin_at_midnight() -> None:
    """Of the zone."""
    at = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
    assert shown(at, at.replace(day=30), 86_400) == ["28 00:00", "29 00:00", "30 00:00"]
