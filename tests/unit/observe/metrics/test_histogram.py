"""A histogram counts what is at most so large."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.observe.metrics.histogram import Histogram

BOUNDS = (0.5, 1.0, 10.0)


@given(st.lists(st.floats(0, 100)))
def test_each_bucket_holds_what_is_at_most_its_bound(numbers: list[float]) -> None:
    """And the last one all, as Prometheus has it."""
    histogram = Histogram(BOUNDS)
    for number in numbers:
        histogram.add(number)
    expected = [(bound, sum(number <= bound for number in numbers)) for bound in (*BOUNDS, float("inf"))]
    assert list(histogram.buckets()) == expected
    assert histogram.sum == sum(numbers)
