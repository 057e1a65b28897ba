"""Waiting before a retry: exponential, jittered, obedient to the server, and bounded as a whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bulk_importer.datagym.answers.policy import (
    RetryBudget,
    RetryPolicy,
    backoff_seconds,
    retry_after_seconds,
)

POLICY = RetryPolicy(base_seconds=0.5, cap_seconds=10.0, max_retry_after_seconds=100.0)
NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)


def test_the_wait_doubles_up_to_its_cap() -> None:
    """The upper ends of the intervals that are drawn from."""
    assert [backoff_seconds(POLICY, attempt, 1.0) for attempt in range(1, 8)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_the_jitter_is_full() -> None:
    """Any wait down to none can be drawn, so that what came together does not come together again."""
    assert backoff_seconds(POLICY, 5, 0.0) == 0.0
    assert backoff_seconds(POLICY, 5, 0.25) == 2.0


@pytest.mark.parametrize("attempt", [-1, 0, 1_000_000])
def test_no_attempt_is_too_many(attempt: int) -> None:
    """The power does not overflow."""
    assert 0 <= backoff_seconds(POLICY, attempt, 0.999) <= 10.0


def test_what_the_server_asks_for_is_a_lower_bound() -> None:
    """Jitter comes on top, and stays small."""
    assert backoff_seconds(POLICY, 9, 0.0, 30.0) == 30.0
    assert backoff_seconds(POLICY, 9, 0.5, 30.0) == 30.25


def test_absurd_requests_are_cut() -> None:
    """A date in the year 9999 does not end the run for good."""
    assert backoff_seconds(POLICY, 1, 0.0, 1e12) == 100.0
    assert backoff_seconds(POLICY, 1, 0.0, -5.0) == 0.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37.0),
        ("Sun Nov  6 08:49:37 1994", 37.0),
        ("Sun, 06 Nov 1994 08:48:00 GMT", 0.0),
        ("Sun, 06 Nov 1994 09:49:37 +0100", 37.0),
    ],
)
def test_each_form_of_retry_after_is_read(value: str, seconds: float) -> None:
    """Seconds, and the three forms of an HTTP date."""
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "-1",
        "١٢",
        "1e3",
        "NaN",
        "Sun, 99 Nov 1994 08:49:37 GMT",
        "0x10",
        "9" * 40,
        "Sun, 06 Nov 99999 08:49:37 GMT",
    ],
)
def test_junk_asks_for_nothing(value: str) -> None:
    """The caller falls back on its own backoff."""
    assert retry_after_seconds(value, NOW) is None


def test_a_date_without_a_clock_asks_for_nothing() -> None:
    """Seconds still do."""
    assert retry_after_seconds("Sun, 06 Nov 1994 08:49:37 GMT", None) is None
    assert retry_after_seconds("5", None) == 5.0


def test_the_clock_may_be_in_any_zone() -> None:
    """Moments are compared, not what clocks on walls say."""
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert retry_after_seconds("Sun, 06 Nov 1994 08:49:37 GMT", elsewhere) == 37.0


def test_retries_are_free_while_the_budget_lasts() -> None:
    """A run that fails now and then never waits for its budget."""
    budget = RetryBudget(share=0.2, per_second=0.5, most=10, start=1)
    for _ in range(100):
        for _ in range(5):
            budget.earn()
        assert budget.wait_seconds(0.0) == 0.0


def test_a_run_in_which_everything_fails_slows_down_to_the_lowest_rate() -> None:
    """The savings go first; then each retry waits its turn, two seconds apart."""
    budget = RetryBudget(share=0.2, per_second=0.5, most=10, start=2)
    assert [budget.wait_seconds(0.0) for _ in range(5)] == [0, 0, 2, 4, 6]


def test_time_refills_the_budget_up_to_its_bound() -> None:
    """A quiet hour buys a few retries, not a thousand."""
    budget = RetryBudget(share=0.2, per_second=0.5, most=3, start=0)
    assert budget.wait_seconds(0.0) == 2.0
    waits = [budget.wait_seconds(3600.0) for _ in range(4)]
    assert waits == [0, 0, 0, 2]


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    """The caller's clock should be monotonic; if it is not, nothing breaks."""
    budget = RetryBudget(per_second=0.5, start=1)
    budget.wait_seconds(100.0)
    assert budget.wait_seconds(50.0) == 2.0
