"""A window is open by the clock on the wall of its zone, in the nights of the change as well."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bulk_importer.transfer.admission.window import Window

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Window.parse("22:00-06:00", BERLIN)


def berlin(text: str, fold: int = 0) -> datetime:
    """A time on the wall in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def open_seconds(window: Window, at: datetime) -> float:
    """How long a window stays open from this minute on."""
    closes = at = at.astimezone(UTC)
    while window.is_open(closes):
        closes += timedelta(minutes=1)
    return (closes - at).total_seconds()


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [
        ("21:59:59", False),
        ("22:00", True),
        ("23:59:59", True),
        ("00:00", True),
        ("05:59:59", True),
        ("06:00", False),
        ("12:00", False),
    ],
)
def test_a_window_over_midnight(clock: str, is_open: bool) -> None:
    """From its first minute up to, and without, its last."""
    assert NIGHT.is_open(berlin(f"2026-01-15T{clock}")) is is_open


def test_a_window_within_a_day() -> None:
    """The ordinary comparison."""
    lunch = Window.parse("12:30-13:15", UTC)
    times = ["12:29", "12:30", "13:14", "13:15", "00:00"]
    assert [lunch.is_open(datetime.fromisoformat(f"2026-01-15T{at}+00:00")) for at in times] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_the_zone_of_the_asker_does_not_matter() -> None:
    """An instant is an instant."""
    at = berlin("2026-07-01T22:30")
    assert NIGHT.is_open(at.astimezone(UTC))
    assert NIGHT.is_open(at.astimezone(ZoneInfo("Asia/Tokyo")))


def test_how_long_until_it_opens_and_closes() -> None:
    """To the second."""
    assert NIGHT.opens_in(berlin("2026-01-15T21:00:30")) == 3570.0
    assert NIGHT.opens_in(berlin("2026-01-15T23:00")) == 0.0
    assert open_seconds(NIGHT, berlin("2026-01-15T23:00")) == 7 * 3600.0
    assert open_seconds(NIGHT, berlin("2026-01-15T12:00")) == 0.0


def test_the_night_to_summer_time_is_an_hour_shorter() -> None:
    """On 29 March 2026 the clock goes from 02:00 to 03:00."""
    assert open_seconds(NIGHT, berlin("2026-03-28T22:00")) == 7 * 3600.0
    assert NIGHT.opens_in(berlin("2026-03-28T21:00")) == 3600.0


def test_the_night_to_winter_time_is_an_hour_longer() -> None:
    """On 25 October 2026 the hour from 02:00 to 03:00 comes twice."""
    assert open_seconds(NIGHT, berlin("2026-10-24T22:00")) == 9 * 3600.0


def test_an_opening_in_the_hour_that_is_left_out_comes_with_its_end() -> None:
    """At 03:00, the first moment at which the clock shows 02:30 or later."""
    window = Window.parse("02:30-05:00", BERLIN)
    assert window.opens_in(berlin("2026-03-29T01:30")) == 1800.0
    assert open_seconds(window, berlin("2026-03-29T03:00")) == 2 * 3600.0


def test_a_window_inside_the_hour_that_is_left_out_opens_the_night_after() -> None:
    """The clock never shows those minutes."""
    window = Window.parse("02:15-02:45", BERLIN)
    opens = berlin("2026-03-29T01:00") + timedelta(seconds=0)
    assert opens.astimezone(UTC) + timedelta(seconds=window.opens_in(opens)) == berlin(
        "2026-03-30T02:15"
    ).astimezone(UTC)


def test_a_window_inside_the_hour_that_comes_twice_opens_twice() -> None:
    """The clock shows those minutes twice."""
    window = Window.parse("02:15-02:45", BERLIN)
    assert window.opens_in(berlin("2026-10-25T02:00")) == 900.0
    assert window.opens_in(berlin("2026-10-25T02:45", fold=0)) == 1800.0
    assert open_seconds(window, berlin("2026-10-25T02:15", fold=1)) == 1800.0


def test_a_day_that_a_zone_left_out() -> None:
    """Samoa had no 30 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    at = datetime(2011, 12, 29, 23, 0, tzinfo=apia)
    assert Window.parse("10:00-11:00", apia).opens_in(at) == 11 * 3600.0


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("22:00-06:00 Europe/Berlin", Window(time(22), time(6), BERLIN)),
        ("  9:05 - 17:00  UTC ", Window(time(9, 5), time(17), ZoneInfo("UTC"))),
        ("18:00-24:00 UTC", Window(time(18), time(0), ZoneInfo("UTC"))),
    ],
)
def test_windows_are_read(text: str, window: Window) -> None:
    """With the zone behind them."""
    assert Window.parse(text) == window


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a window"),
        ("22-6", "not a window"),
        ("22:00", "not a window"),
        ("25:00-06:00 UTC", "25:00 is not a time"),
        ("22:60-06:00 UTC", "22:60 is not a time"),
        ("24:01-06:00 UTC", "24:01 is not a time"),
        ("22:00-22:00 UTC", "no length"),
        ("00:00-24:00 UTC", "no length"),
        ("22:00-06:00", "needs a time zone"),
        ("22:00-06:00 Europe/Nowhere", "not a time zone"),
        ("22:00-06:00 ../../etc/passwd", "not a time zone"),
        ("٢٢:00-06:00 UTC", "not a window"),
    ],
)
def test_what_is_no_window_is_refused_with_a_sentence(text: str, says: str) -> None:
    """A person reads it."""
    with pytest.raises(ValueError, match=says):
        Window.parse(text)
