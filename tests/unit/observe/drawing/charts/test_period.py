"""A plot shows the time in which something happened, and says what it cuts out."""

from __future__ import annotations

from datetime import UTC

from bulk_importer.observe.drawing.charts.period import period_of
from bulk_importer.observe.timeline.values import Course, Mark, Quiet, Stretch

NOON = 1_795_867_200.0


def course_of(*runs: tuple[float, float]) -> Course:
    """Runs from when to when, in seconds after noon."""
    ends = [NOON + end for _, end in runs]
    return Course(
        stretches=tuple(Stretch(at=NOON + first, seconds=last - first) for first, last in runs),
        quiet=tuple(
            Quiet(kind="between", at=end, until=NOON + first)
            for end, (first, _) in zip(ends, runs[1:], strict=False)
        ),
    )


def test_nothing_has_no_time() -> None:
    """So that there is nothing to draw."""
    assert period_of(Course(), UTC) is None


def test_a_moment_has_a_second() -> None:
    """A plot of no width could not be read."""
    period = period_of(Course(marks=(Mark(kind="run", at=NOON, text=""),)), UTC)
    assert period is not None
    assert (period.seconds, period.x(NOON), period.x(NOON + 1)) == (1, 0, 100)


def test_days_between_two_runs_are_cut_out() -> None:
    """Both runs have room; a moment of the time between lies between them."""
    period = period_of(course_of((0, 100), (300_000, 300_300)), UTC)
    assert period is not None
    assert period.seconds == 400
    assert period.cuts == [(NOON + 100, NOON + 300_000)]
    places = [period.x(NOON + at) for at in (0, 100, 150_000, 300_000, 300_300)]
    assert places == sorted(places)
    assert [round(places[0]), round(places[-1])] == [0, 100]
    assert 2.9 < (places[4] - places[3]) / (places[1] - places[0]) < 3.1


def test_a_short_time_between_two_runs_stays() -> None:
    """It is as wide as it was long."""
    period = period_of(course_of((0, 1000), (1010, 2000)), UTC)
    assert period is not None
    assert period.cuts == []


def test_many_runs_leave_room_for_themselves() -> None:
    """What is cut out takes a part of the width at most."""
    period = period_of(course_of(*((at * 90_000, at * 90_000 + 60) for at in range(60))), UTC)
    assert period is not None
    widths = [period.x(last) - period.x(first) for first, last in period.parts]
    assert 60 < sum(widths) < 70
    assert len(period.ticks()) <= 7


def test_the_day_is_said_where_it_is_another_one() -> None:
    """And seconds where they matter."""
    period = period_of(course_of((0, 20 * 3600)), UTC)
    assert period is not None
    assert [(each.text, each.day) for each in period.ticks()] == [
        ("12:00", "Sat 28 Nov"),
        ("18:00", ""),
        ("00:00", "Sun 29 Nov"),
        ("06:00", ""),
    ]
    short = period_of(course_of((0.5, 2.5)), UTC)
    assert short is not None
    assert [each.text for each in short.ticks()] == ["12:00:01", "12:00:02"]
    long = period_of(course_of((0, 4 * 86_400)), UTC)
    assert long is not None
    assert [(each.text, each.day) for each in long.ticks()][:2] == [
        ("29 Nov", "Sun"),
        ("30 Nov", "Mon"),
    ]
