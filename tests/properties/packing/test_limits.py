"""What fits into a batch at once is what fits into it one after the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.model import Limits
from bulk_importer.packing.limits import Load

_ENTRIES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=30)


@given(
    before=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=3),
    entries=_ENTRIES,
    most=st.tuples(st.integers(1, 20), st.integers(2, 500), st.integers(1, 60)),
)
def test_entries_that_are_taken_together_are_those_that_would_be_taken_singly(
    before: list[tuple[int, int]], entries: list[tuple[int, int]], most: tuple[int, int, int]
) -> None:
    """The same number of them, and the same load; the first one of a batch always fits."""
    limits = Limits(*most)
    together, singly = Load(), Load()
    for length, weight in before:
        together.take(length, weight)
        singly.take(length, weight)
    fitting = 0
    for length, weight in entries:
        if not singly.fits(length, weight, limits):
            break
        singly.take(length, weight)
        fitting += 1
    lengths, weights = [length for length, _ in entries], [weight for _, weight in entries]
    assert together.most(lengths, weights, limits) == fitting
    together.take_all(lengths[:fitting], weights[:fitting])
    assert together == singly
