"""At any time in any zone a window opens when it says, and not before."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from bulk_importer.transfer.admission.window import Window

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
    )
]
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
CHANGES = [
    datetime(2026, month, day, tzinfo=UTC)
    for month, day in ((3, 8), (3, 29), (4, 4), (10, 3), (10, 25), (11, 1))
]
INSTANTS = st.one_of(
    st.integers(0, 25 * 365 * 24 * 3600).map(
        lambda seconds: datetime(2011, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    # Around the changes of the clock, where such functions go wrong.
    st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes),
        st.sampled_from(CHANGES),
        st.integers(-2880, 2880),
    ),
)


@given(MINUTES, MINUTES, st.sampled_from(ZONES), INSTANTS)
def test_it_opens_when_it_says(opens: time, closes: time, zone: ZoneInfo, at: datetime) -> None:
    """At the moment that is named it is so, a moment before it is not, and the answer is never far away."""
    assume(opens != closes)
    window = Window(opens, closes, zone)
    wait = window.opens_in(at)
    assert (wait == 0.0) is window.is_open(at)
    opening = at + timedelta(seconds=wait)
    assert window.is_open(opening)
    assert wait == 0.0 or not window.is_open(opening - timedelta(microseconds=1))
    assert wait <= 49 * 3600
