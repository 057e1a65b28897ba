"""Rates hold over any stretch of time, without bursts and without waiting for nothing."""

from __future__ import annotations

import math

import pytest

from bulk_importer.transfer.admission.rates import Pacing, Rate


def test_without_limits_nothing_waits() -> None:
    """And no batch is bounded."""
    pacing = Pacing()
    pacing.charge(0.0, entries=10**9, body_bytes=10**12)
    assert pacing.wait_seconds(0.0) == 0.0
    assert (pacing.max_entries, pacing.max_bytes) == (None, None)


def test_requests_leave_evenly() -> None:
    """Four a second is one every quarter of a second, not four at once."""
    pacing, now, left = Pacing(requests_per_second=4), 10.0, []
    for _ in range(6):
        now += pacing.wait_seconds(now)
        left.append(now)
        pacing.charge(now, entries=1, body_bytes=1)
    assert left == [10.0, 10.25, 10.5, 10.75, 11.0, 11.25]


def test_idle_time_is_not_saved_up() -> None:
    """After an hour of nothing, the second request waits as ever."""
    pacing = Pacing(requests_per_second=1)
    pacing.charge(0.0, entries=1, body_bytes=1)
    assert pacing.wait_seconds(3600.0) == 0.0
    pacing.charge(3600.0, entries=1, body_bytes=1)
    assert pacing.wait_seconds(3600.0) == 1.0


def test_a_batch_is_paid_for_by_the_pause_behind_it() -> None:
    """A hundred entries at ten a second leave room for the next after ten seconds."""
    pacing = Pacing(entries_per_second=10)
    pacing.charge(0.0, entries=100, body_bytes=5)
    assert pacing.wait_seconds(0.0) == 10.0
    assert pacing.wait_seconds(9.0) == 1.0


def test_the_strictest_limit_decides() -> None:
    """All of them hold at a time."""
    pacing = Pacing(requests_per_second=100, entries_per_second=10, bytes_per_second=1000)
    pacing.charge(0.0, entries=5, body_bytes=2000)
    assert pacing.wait_seconds(0.0) == 2.0


def test_a_batch_is_no_larger_than_what_a_second_allows() -> None:
    """And never smaller than one entry."""
    pacing = Pacing(entries_per_second=2.5, bytes_per_second=1e6)
    assert (pacing.max_entries, pacing.max_bytes) == (2, 1_000_000)
    assert Pacing(entries_per_second=0.1).max_entries == 1


def test_what_left_under_a_slower_limit_is_waited_for_at_the_new_one_and_never_for_longer() -> None:
    """A person who lets more leave sees it leave, and one who lets less leave does not see it stop for an hour."""
    pacing = Pacing(entries_per_second=1)
    pacing.charge(0.0, entries=100, body_bytes=1)
    pacing.change(0.0, entries_per_second=50)
    assert (pacing.wait_seconds(0.0), pacing.max_entries) == (2.0, 50)
    pacing.change(1.0, entries_per_second=0.5)
    assert pacing.wait_seconds(1.0) == 1.0
    pacing.change(1.0, requests_per_second=4)
    assert (pacing.wait_seconds(1.0), pacing.max_entries) == (0.0, None)
    pacing.charge(1.0, entries=100, body_bytes=1)
    assert pacing.wait_seconds(1.0) == 0.25


@pytest.mark.parametrize("rate", [0.0, -1.0, math.inf, math.nan])
def test_a_rate_must_mean_something(rate: float) -> None:
    """Zero would be never, infinity no limit."""
    with pytest.raises(ValueError, match="positive and finite"):
        Rate(rate)
