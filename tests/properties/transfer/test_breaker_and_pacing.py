"""Rates hold over any stretch and are used up; the breaker never locks the run out for good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.transfer.admission.breaker import Breaker, BreakerPolicy, BreakerState
from bulk_importer.transfer.admission.rates import Pacing

AMOUNTS = st.lists(
    st.tuples(st.integers(1, 500), st.integers(1, 100_000), st.floats(0, 3)), min_size=2, max_size=40
)


@given(st.floats(0.5, 1000), st.floats(1, 10_000), st.floats(100, 1e7), AMOUNTS)
def test_no_stretch_carries_more_than_its_rate(
    requests: float, entries: float, body_bytes: float, batches: list[tuple[int, int, float]]
) -> None:
    """From any request to any later one, what left in between fits the time, for every limit."""
    pacing = Pacing(requests_per_second=requests, entries_per_second=entries, bytes_per_second=body_bytes)
    now, left = 0.0, []
    for count, size, idle in batches:
        now += idle
        now += pacing.wait_seconds(now)
        left.append((now, 1.0, float(count), float(size)))
        pacing.charge(now, entries=count, body_bytes=size)
    for first in range(len(left)):
        sums = [0.0, 0.0, 0.0]
        for last in range(first + 1, len(left)):
            sums = [total + amount for total, amount in zip(sums, left[last - 1][1:], strict=True)]
            seconds = left[last][0] - left[first][0]
            for total, rate in zip(sums, (requests, entries, body_bytes), strict=True):
                assert total <= rate * seconds * (1 + 1e-9) + 1e-6 * rate


@given(st.floats(0.5, 1000), st.integers(2, 200))
def test_a_limit_is_used_up_where_there_is_enough_to_send(rate: float, batches: int) -> None:
    """No time is lost besides what the limit asks for."""
    pacing, now = Pacing(entries_per_second=rate), 0.0
    for _ in range(batches):
        now += pacing.wait_seconds(now)
        pacing.charge(now, entries=7, body_bytes=1)
    assert now == pytest.approx(7 * (batches - 1) / rate)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["failed", "answered", "probe failed", "probe answered"]),
            st.floats(0, 100),
            st.none() | st.floats(-1, 1e6),
        ),
        max_size=60,
    )
)
def test_the_run_is_never_locked_out(story: list[tuple[str, float, float | None]]) -> None:
    """Batches may leave, or a probe is due before the patience has run out."""
    policy = BreakerPolicy()
    breaker, now = Breaker(policy), 0.0
    for what, seconds, after in story:
        now += seconds
        match what:
            case "failed":
                breaker.batch_failed(now, "away", after_seconds=after)
            case "answered":
                breaker.batch_answered(now)
                assert breaker.state is BreakerState.CLOSED
            case "probe failed":
                breaker.probe_failed(now, "away", after_seconds=after)
            case _:
                breaker.probe_answered()
        due = breaker.probe_after(now)
        assert (due is None) is (breaker.state is not BreakerState.OPEN)
        assert due is None or due <= policy.max_outage_seconds + 1e-6
        assert breaker.outage_seconds(now) >= 0
