"""The clock of the server is known by the dates of its answers."""

from __future__ import annotations

import pytest

from bulk_importer.datagym.reads.server_clock import ServerClock, date_in

SENT = 1_000_000.0


def test_an_answer_says_what_the_clock_of_the_server_shows() -> None:
    """Or nothing that can be read."""
    assert date_in({"date": "Mon, 12 Jan 1970 13:46:40 GMT"}) == SENT
    assert date_in({"date": "soon"}) is None
    assert date_in({}) is None


def test_the_clock_of_the_server_is_known_to_within_what_its_dates_say() -> None:
    """Each answer narrows the interval; a clock that was set begins a new one."""
    clock = ServerClock()
    assert clock.at(SENT) < SENT, "nothing is known, so a minute of difference is allowed for"
    clock.note(asked_at=10.0, answered_at=10.2, date=110.0)
    assert [clock.least_ahead, clock.most_ahead] == pytest.approx([99.8, 101.0])
    clock.note(asked_at=20.7, answered_at=20.8, date=121.0)
    assert [clock.least_ahead, clock.most_ahead] == pytest.approx([100.2, 101.0])
    assert clock.at(5.0) == pytest.approx(105.2)
    clock.note(asked_at=30.0, answered_at=30.1, date=30.0)
    assert clock.at(5.0) == pytest.approx(4.9)
