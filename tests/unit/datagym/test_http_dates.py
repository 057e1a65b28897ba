"""Dates of HTTP are in UTC, whatever they leave out and wherever this machine is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bulk_importer.datagym.http_dates import http_date

pytestmark = pytest.mark.usefixtures("in_tokyo")


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 -0000",
    ],
)
def test_every_form_is_a_moment_in_utc(value: str) -> None:
    """Two of them leave the zone open; it is not that of this machine."""
    found = http_date(value)
    assert found == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert found.timestamp() == 784111777.0


@pytest.mark.parametrize("value", ["", "today", "Sun, 06 Nov", "Sun, 06 Nov 99999 08:49:37 GMT"])
def test_what_is_no_date_names_no_moment(value: str) -> None:
    """Who asks falls back on another clock, or does without."""
    assert http_date(value) is None
