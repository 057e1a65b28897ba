"""Who is too slow is judged by what comes within a time of waiting."""

from __future__ import annotations

from bulk_importer.cli.serving.spool.pace import Pace


def test_a_client_that_sends_nothing_is_too_slow_when_the_time_is_over() -> None:
    """It is waited for until then, and no longer."""
    pace = Pace(30.0, 1000)
    assert pace.patience == 30.0
    assert pace.note(20.0, 0)
    assert pace.patience == 10.0
    assert not pace.note(10.0, 0)


def test_a_byte_now_and_then_is_too_slow() -> None:
    """However often one comes."""
    pace = Pace(30.0, 1000)
    assert [pace.note(1.0, 1) for _ in range(30)].count(False) == 1


def test_enough_within_the_time_begins_it_anew() -> None:
    """For ever, where it stays enough; what was fast before counts no more."""
    pace = Pace(30.0, 1000)
    assert all(pace.note(29.0, 1000) for _ in range(1000))
    assert pace.note(1.0, 1_000_000)
    assert not pace.note(30.0, 999)
