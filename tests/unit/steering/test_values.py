"""The words of steering."""

from __future__ import annotations

import pytest

from bulk_importer.steering import Limits


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(), "none"),
        (Limits(max_in_flight=8), "8 in flight"),
        (
            Limits(
                max_in_flight=1, requests_per_second=0.25, entries_per_second=1500.0, bytes_per_second=2e6
            ),
            "1 in flight, 0.25 requests/s, 1,500 entries/s, 2,000,000 bytes/s",
        ),
    ],
)
def test_limits_are_said_with_their_units(limits: Limits, words: str) -> None:
    """In figures that people read."""
    assert limits.words == words
