"""The columns of plots are as long as each other, in order of time, and fall to nothing where nothing happened."""

from __future__ import annotations

from bulk_importer.observe.page.running.plots import columns_of
from bulk_importer.observe.timeline import Course, Mark, Quiet, Stretch

COLUMNS = ("times", "delivered", "rejected", "fastest", "median", "slowest", "in_flight")


def test_without_a_course_there_is_nothing_to_draw() -> None:
    """And all columns are there."""
    assert columns_of(Course()) == {**{name: [] for name in COLUMNS}, "quiet": [], "marks": []}


def test_rates_are_by_the_second_and_end_where_nothing_follows() -> None:
    """A stretch that follows at once takes the place of the end."""
    course = Course(
        stretches=(
            Stretch(at=100.0, seconds=2.0, entries=10, rejected=4, in_flight=3),
            Stretch(at=102.0, seconds=2.0, entries=20, low_seconds=0.1, mid_seconds=0.2, high_seconds=0.4),
            Stretch(at=110.0, seconds=1.0, entries=5),
        )
    )
    columns = columns_of(course)
    assert columns["times"] == [100.0, 102.0, 104.0, 110.0, 111.0]
    assert columns["delivered"] == [5.0, 10.0, 0, 5.0, 0]
    assert columns["rejected"] == [2.0, 0.0, 0, 0.0, 0]
    assert columns["median"] == [None, 0.2, None, None, None]
    assert columns["in_flight"] == [3, 0, 0, 0, 0]


def test_quiet_times_and_marks_stand_behind_and_moves_of_the_gate_do_not() -> None:
    """There may be thousands of these."""
    course = Course(
        quiet=(Quiet(kind="outage", at=1.0, until=2.0), Quiet(kind="paused", at=3.0)),
        marks=(Mark(kind="gate", at=1.0, text="more"), Mark(kind="limits", at=2.0, text="Limits changed.")),
    )
    columns = columns_of(course)
    assert columns["quiet"] == [[1.0, 2.0, "server away", "outage"], [3.0, None, "paused", "paused"]]
    assert columns["marks"] == [[2.0, "Limits changed."]]
