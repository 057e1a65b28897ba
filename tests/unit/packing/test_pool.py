"""The pool packs what may leave, keeps each media in order, and holds no more than it is allowed to."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bulk_importer.model import EntryRun, Limits, Outcome
from bulk_importer.packing import Pool, Suspects
from bulk_importer.spans import Span
from support.entries import run_of

WIDE = Limits(max_entries=1000, max_bytes=1 << 20, max_weight=1 << 20)


def cut(*media_ids: str, first: int = 0, **more: Any) -> EntryRun:
    """A run of entries as it would be cut from a segment."""
    positions = range(first, first + len(media_ids))
    raws = [
        json.dumps({"internal_media_ID": each, "at": at}).encode()
        for each, at in zip(media_ids, positions, strict=True)
    ]
    return run_of(media_ids, raws, positions=positions, weight=2, offset=10_000 * first, **more)


def pool_of(*runs: EntryRun, capacity: int = 1 << 20) -> Pool:
    """A pool that holds these runs."""
    pool = Pool(capacity)

    async def fill() -> None:
        for run in runs:
            await pool.put(run)

    asyncio.run(fill())
    return pool


def positions(pool: Pool, limits: Limits = WIDE) -> list[int]:
    """The positions of the next batch, taken from its body."""
    batch = pool.seal(limits)
    return [] if batch is None else [entry["at"] for entry in json.loads(batch.body)]


def test_a_batch_is_an_array_of_the_entries_as_they_came() -> None:
    """Neighbours keep what stood between them in the source, so nothing is written anew."""
    run = cut("a", "b", separator=b" ,\r\n\t")
    batch = pool_of(run).seal(WIDE)
    assert batch is not None
    assert batch.body == b"[" + run.data + b"]"


def test_a_batch_stops_at_each_limit() -> None:
    """Whichever is reached first: entries, bytes of the body, or weight."""
    run = cut(*"abcdef")
    length = len(run.raw(0))
    assert positions(pool_of(run), Limits(2, 1 << 20, 1 << 20)) == [0, 1]
    assert positions(pool_of(run), Limits(9, 3 * (length + 1) + 1, 1 << 20)) == [0, 1, 2]
    assert positions(pool_of(run), Limits(9, 3 * (length + 1), 1 << 20)) == [0, 1]
    assert positions(pool_of(run), Limits(9, 1 << 20, 5)) == [0, 1]


def test_an_entry_above_a_limit_travels_alone() -> None:
    """It could never travel otherwise."""
    pool = pool_of(cut("a", "b"))
    assert positions(pool, Limits(9, 3, 1)) == [0]
    assert positions(pool, Limits(9, 3, 1)) == [1]


def test_entries_of_one_media_share_a_body_in_order() -> None:
    """One request is executed in the order of its array."""
    assert positions(pool_of(cut("a", "b", "a", "A"))) == [0, 1, 2, 3]


def test_an_entry_waits_while_another_of_its_media_is_under_way() -> None:
    """It is sent when the outcome of the other is known, and before what came after it."""
    pool = pool_of(cut("a", "b"), cut("A", "c", "a", first=2))
    first = pool.seal(Limits(1, 1 << 20, 1 << 20))
    assert first is not None
    assert positions(pool) == [1, 3]
    assert positions(pool) == []
    pool.settle(first, Outcome.DELIVERED)
    assert positions(pool) == [2, 4]


def test_what_comes_back_owed_goes_before_what_waited_for_it() -> None:
    """Otherwise a later entry of a media would overtake an earlier one."""
    pool = pool_of(cut("a", "b"), cut("a", "d", first=2))
    batch = pool.seal(Limits(2, 1 << 20, 1 << 20))
    assert batch is not None
    assert positions(pool) == [3]
    pool.settle(batch, Outcome.OWED)
    assert positions(pool) == [0, 1, 2]


def test_nothing_of_a_media_in_doubt_leaves() -> None:
    """Neither what waited behind the lost answer, nor what comes later; both are let go."""
    pool = pool_of(cut("a"), cut("a", "b", "a", first=1))
    doubtful = pool.seal(Limits(1, 1 << 20, 1 << 20))
    assert doubtful is not None
    assert positions(pool, Limits(1, 1 << 20, 1 << 20)) == [2]
    pool.settle(doubtful, Outcome.IN_DOUBT)
    assert positions(pool) == []
    assert pool.bytes == 0


def test_it_is_empty_when_all_that_is_in_it_has_to_wait() -> None:
    """For an entry of its media that is under way, or in doubt; without anybody having tried to pack it."""
    pool = pool_of(cut("a", "b", "a", "b"))
    first = pool.seal(Limits(2, 1 << 20, 1 << 20))
    assert first is not None
    assert pool.is_empty
    pool.settle(first, Outcome.DELIVERED, [0])
    assert not pool.is_empty
    pool.settle(first, Outcome.IN_DOUBT, [1])
    assert positions(pool) == [2]
    assert pool.is_empty


async def test_suspects_are_nothing_fresh() -> None:
    """What waits beside them is."""
    pool = Pool(1 << 20, suspects=Suspects([([Span(0, 2)], 1)]))
    await pool.put(cut("a", "b", "c"))
    assert pool.has_fresh
    assert [positions(pool) for _ in "ab"] == [[0], [1]]
    assert pool.has_fresh
    assert positions(pool) == [2]
    await pool.put(cut("d", "e"))
    assert not pool.is_empty
    assert not pool.has_fresh


def test_the_parts_of_a_refused_batch_keep_its_lanes() -> None:
    """What waits behind a media of the batch goes when the last of its entries is settled, not before."""
    pool = pool_of(cut("a", "a", "b"), cut("a", "c", first=3))
    refused = pool.seal(Limits(3, 1 << 20, 1 << 20))
    assert refused is not None
    assert positions(pool) == [4]
    left = pool.seal_again(refused, [0])
    assert left.suspect
    assert [entry["at"] for entry in json.loads(left.body)] == [0]
    pool.settle(refused, Outcome.REJECTED, [0])
    assert positions(pool) == []
    pool.settle(refused, Outcome.DELIVERED, [1, 2])
    assert positions(pool) == [3]


def test_a_full_pool_blocks_until_something_leaves() -> None:
    """That is the back-pressure on reading."""

    async def check() -> None:
        run = cut("a", "b")
        pool = Pool(len(run.data))
        await pool.put(run)
        putting = asyncio.ensure_future(pool.put(cut("c", first=2)))
        await asyncio.sleep(0)
        assert not putting.done()
        assert pool.seal(WIDE) is not None
        await putting
        assert positions(pool) == [2]

    asyncio.run(check())


async def test_whoever_seals_can_wait_for_the_next_run_and_for_the_last() -> None:
    """Whoever puts runs in need not know whom to tell."""
    pool = Pool(1 << 20)
    waiting = asyncio.create_task(pool.changed())
    await asyncio.sleep(0)
    await pool.put(cut("a"))
    await waiting
    waiting = asyncio.create_task(pool.changed())
    await asyncio.sleep(0)
    assert not waiting.done()
    pool.close()
    await waiting
    assert pool.is_closed
    assert positions(pool) == [0], "what is in it stays"


def test_a_few_entries_do_not_pin_a_large_segment() -> None:
    """On a resume one entry may be owed of four megabytes; only its own bytes stay."""
    run = cut("a", "b", "c", padding=10_000)
    pool = pool_of(run.take([0, 2]))
    batch = pool.seal(WIDE)
    assert batch is not None
    assert sum(len(part.data) for part in batch.runs) < 200
    assert [entry.offset for entry in batch.each()] == [run.entry(0).offset, run.entry(2).offset]
    assert [entry.raw for entry in batch.each()] == [run.raw(0), run.raw(2)]


def test_it_says_whether_waiting_would_fill_the_next_batch() -> None:
    """So that a partial batch leaves only when nothing more is to come."""
    pool = pool_of(cut("a", "b"))
    assert pool.can_fill(Limits(2, 1 << 20, 1 << 20))
    assert pool.can_fill(Limits(9, 1 << 20, 4))
    assert not pool.can_fill(WIDE)


async def test_tiny_entries_fill_the_pool_by_what_their_columns_take() -> None:
    """Their bytes alone would let in many times the memory that is allowed."""
    pool = Pool(10_000)
    run = cut(*(f"media-{number}" for number in range(70)))
    assert sum(run.lengths) < 10_000 / 2
    await pool.put(run)
    waiting = asyncio.create_task(pool.put(run))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    assert pool.seal(WIDE) is not None
    await waiting
