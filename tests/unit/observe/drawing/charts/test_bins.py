"""A curve shows what there is, and no chance; a table shows the same in a few rows."""

from __future__ import annotations

from datetime import UTC

import pytest

from bulk_importer.observe.drawing.charts.bins import Bin, curve_bins, table_bins
from bulk_importer.observe.drawing.charts.period import period_of
from bulk_importer.observe.timeline.values import Course, Quiet, Stretch

NOON = 1_795_867_200.0


def stretches(count: int, length: float, *, requests: int = 1, first: float = NOON) -> tuple[Stretch, ...]:
    """So many in a row, each with so many requests of ten entries."""
    return tuple(
        Stretch(at=first + at * length, seconds=length, entries=10 * requests, requests=requests)
        for at in range(count)
    )


def curve(course: Course) -> list[Bin]:
    """The bins of its curve."""
    period = period_of(course, UTC)
    assert period is not None
    return curve_bins(course, period)


@pytest.mark.parametrize(("count", "length"), [(8, 0.25), (240, 1.0), (240, 256.0), (1, 0.25)])
def test_the_sums_are_those_of_the_stretches(count: int, length: float) -> None:
    """However long the run was; a curve that is even looks even."""
    first = NOON // 1024 * 1024  # as stretches begin: at multiples of their length
    bins = curve(Course(stretches=stretches(count, length, requests=9, first=first)))
    assert 1 <= len(bins) <= 121
    assert sum(each.sum("entries") for each in bins) == 90 * count
    if count > 1:
        assert {round(each.per_second, 3) for each in bins} == {round(90 / length, 3)}


def test_few_requests_make_longer_bins() -> None:
    """Else there would be nothing in most, and a peak in some."""
    sparse = tuple(Stretch(at=NOON + at * 4, seconds=0.25, entries=10, requests=1) for at in range(100))
    bins = curve(Course(stretches=sparse))
    assert 12 <= len(bins) <= 40
    assert all(each.per_second for each in bins)


def test_time_between_two_runs_does_not_count() -> None:
    """A run was not slow because another one came later."""
    course = Course(
        stretches=(*stretches(20, 1.0), *stretches(20, 1.0, first=NOON + 21)),
        quiet=(Quiet(kind="between", at=NOON + 20, until=NOON + 21),),
    )
    assert sum(each.seconds for each in curve(course)) == 40


def test_latencies_of_joined_stretches_are_those_of_all() -> None:
    """The median is that of the stretches, each as often as it has requests."""
    some = (
        Stretch(at=NOON, seconds=1, requests=1, low_seconds=1, mid_seconds=2, high_seconds=3),
        Stretch(at=NOON + 1, seconds=1, requests=9, low_seconds=2, mid_seconds=5, high_seconds=9),
        Stretch(at=NOON + 2, seconds=1),
    )
    assert Bin(at=NOON, until=NOON + 3, seconds=3, stretches=some).latencies == (1, 5, 9)
    assert Bin(at=NOON, until=NOON + 3, seconds=3, stretches=some[2:]).latencies is None


def test_a_table_has_a_few_rows_that_begin_at_round_times() -> None:
    """But for the first one."""
    course = Course(stretches=stretches(150, 60.0, first=NOON + 130))
    period = period_of(course, UTC)
    assert period is not None
    rows = table_bins(course, period, 10)
    assert [each.at - NOON for each in rows] == [130, *range(900, 9130, 900)]
    assert sum(each.sum("entries") for each in rows) == 1500
