"""What failed together leaves in parts, and never with others."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.model import Limits, Outcome
from bulk_importer.packing import Pool, Suspects
from bulk_importer.packing.suspects import PARTS
from bulk_importer.spans import Span, SpanSet
from support.entries import run_of

WIDE = Limits(max_entries=1000, max_bytes=1 << 20, max_weight=1 << 20)


def sealed(pool: Pool) -> list[tuple[list[int], bool, int]]:
    """All that a pool packs, one batch after the other: positions, whether it is suspect, and its tries."""
    batches = []
    while (batch := pool.seal(WIDE)) is not None:
        batches.append((json.loads(batch.body), batch.suspect, batch.tries))
    return batches


async def test_a_group_leaves_in_parts_between_the_others() -> None:
    """In the order of the source, so that the entries of one media keep theirs."""
    pool = Pool(1 << 20, suspects=Suspects([([Span(2, 20)], 3)]))
    await pool.put(run_of([f"m{at}" for at in range(24)]))
    parts = [list(range(at, at + 2)) for at in range(2, 20, 2)]
    assert sealed(pool) == [
        ([0, 1], False, 0),
        *((part, True, 3) for part in parts),
        ([20, 21, 22, 23], False, 0),
    ]


async def test_what_comes_back_is_kept_apart_as_well() -> None:
    """A part that is owed again is not mixed with what waits behind it."""
    pool = Pool(1 << 20, suspects=Suspects([([Span(0, 1)], 1)]))
    await pool.put(run_of("ab"))
    batch = pool.seal(WIDE)
    assert batch is not None
    pool.settle(batch, Outcome.OWED)
    assert [positions for positions, *_ in sealed(pool)] == [[0], [1]]


async def test_parts_that_wait_behind_their_media_hold_up_nobody_else() -> None:
    """The next part may leave meanwhile."""
    pool = Pool(1 << 20, suspects=Suspects([([Span(1, 2)], 1), ([Span(2, 3)], 1)]))
    await pool.put(run_of("aab"))
    assert [positions for positions, *_ in sealed(pool)] == [[0], [2]]


@given(st.sets(st.integers(0, 3000), min_size=1, max_size=400))
def test_a_group_is_cut_into_sixteen_parts_of_one_size_at_most(group: set[int]) -> None:
    """And each position of it is in one."""
    suspects = Suspects([(SpanSet.of(sorted(group)).spans, 1)])
    parts: dict[int, int] = {}
    for position in range(3001):
        part = suspects.part_of(position)
        assert (part > 0) == (position in group)
        if part:
            parts[part] = parts.get(part, 0) + 1
    assert len(parts) <= PARTS
    assert max(parts.values()) <= -(-len(group) // PARTS)
