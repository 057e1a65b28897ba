"""Cuts lie between blocks, so that shards have about the same, and none is empty."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.distributed.planning.division.cutting import chosen_cuts


@given(st.lists(st.one_of(st.just(0), st.integers(1, 1000)), min_size=1, max_size=60), st.integers(1, 20))
def test_shards_are_as_many_as_asked_for_and_off_by_a_block_at_most(owned: list[int], shards: int) -> None:
    """As long as there are blocks enough that bring something; each begins behind the one before."""
    cuts = chosen_cuts(owned, shards)
    assert cuts[0] == 0
    assert all(before < after for before, after in pairwise(cuts))
    assert len(cuts) == max(1, min(shards, sum(1 for each in owned if each)))
    sums = [sum(owned[begin:stop]) for begin, stop in pairwise([*cuts, len(owned)])]
    assert all(sums) or not any(owned)


@given(st.lists(st.integers(90, 110), min_size=64, max_size=300), st.integers(1, 8))
def test_shards_of_even_blocks_are_even(owned: list[int], shards: int) -> None:
    """The largest has no more than a block or two beyond its share."""
    cuts = chosen_cuts(owned, shards)
    sums = [sum(owned[begin:stop]) for begin, stop in pairwise([*cuts, len(owned)])]
    assert len(sums) == shards
    assert max(abs(each - sum(owned) / shards) for each in sums) <= 2 * max(owned)


def test_a_source_without_elements_is_one_shard() -> None:
    """So whatever works on plans goes through."""
    assert chosen_cuts([], 5) == [0]
