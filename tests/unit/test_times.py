"""Moments are written by the clock that hangs on the wall, also on the days on which it is set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bulk_importer.times import local_zone, written

AUTUMN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
"""Half an hour before clocks in Berlin go back from three to two."""
HOURS = ["02:30+02:00", "02:30+01:00", "03:30+01:00"]


@pytest.fixture(params=["Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"])
def berlin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone by its name, and by its rules."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_an_hour_that_there_is_twice_is_told_twice() -> None:
    seen = [datetime.fromtimestamp(AUTUMN + hour * 3600, local_zone()) for hour in range(3)]
    assert [f"{each:%H:%M}{each.isoformat()[-6:]}" for each in seen] == HOURS
    assert [each.isoformat() for each in seen] == [written(AUTUMN + hour * 3600) for hour in range(3)]
    assert [each.timestamp() for each in seen] == [AUTUMN + hour * 3600 for hour in range(3)]


@pytest.mark.usefixtures("berlin")
def test_an_hour_that_is_left_out_is_not_told() -> None:
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC).timestamp()
    seen = [datetime.fromtimestamp(spring + hour * 3600, local_zone()) for hour in range(2)]
    assert [f"{each:%H:%M %Z}" for each in seen] == ["01:30 CET", "03:30 CEST"]


@pytest.mark.parametrize("zone", ["XYZ-99", "XYZ+24", "ABC-24"])
def test_a_zone_in_which_no_moment_can_be_is_none(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of somebody who mistyped TZ: times are those of UTC."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert written(AUTUMN) == "2026-10-25T00:30:00+00:00"
        assert datetime.fromtimestamp(AUTUMN, local_zone()).isoformat() == written(AUTUMN)
    finally:
        monkeypatch.undo()
        time.tzset()
