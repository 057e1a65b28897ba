"""The feeder records what it reads, and hands on what is owed of it and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from bulk_importer.checkpoint import SourceIdentity
from bulk_importer.checkpoint.log.records import End
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.errors import BudgetExceeded, CheckpointMismatch, MalformedInput
from bulk_importer.events import EntriesRejected, SegmentRead, SourceEnded
from bulk_importer.model import Batch, EntryRun, ErrorBudget, KeepData, Limits, Segment
from bulk_importer.packing import Pool
from bulk_importer.pipeline.one_pass.feed import Feeder, reading_plan
from bulk_importer.spans import Span
from support.entries import entry, segment_of
from support.offline import Offline, offline_run

FOUR = [entry(media_id) for media_id in "abcd"]
FAULTY: dict[str, object] = {"labels": {}}
ALL = Limits(1000, 1 << 20, 1 << 20)


def handed_on(pool: Pool) -> list[int]:
    """The positions of what can be sealed."""
    batch = pool.seal(ALL)
    return [] if batch is None else [each.position for each in batch.each()]


async def fed(world: Offline) -> tuple[Feeder, list[int]]:
    """Feed a pool to the end, and see what is in it."""
    pool = world.pool()
    feeder = Feeder(world.run, pool)
    await feeder.run()
    return feeder, handed_on(pool)


class Watched(Pool):
    """Notes at each `put` how far the record was."""

    def __init__(self, world: Offline) -> None:
        super().__init__(1 << 20)
        self.world = world
        self.put_at: list[tuple[int, int]] = []

    async def put(self, run: EntryRun) -> None:
        self.put_at.append((run.positions[-1], self.world.run.checkpoint.state.position))
        await super().put(run)


async def test_a_segment_is_on_record_before_its_entries_are_in_the_pool(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR) as world:
        pool = Watched(world)
        await Feeder(world.run, pool).run()
    assert len(pool.put_at) > 1
    assert all(last < recorded for last, recorded in pool.put_at)


async def test_everything_is_handed_on_and_the_end_is_on_record(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR) as world:
        feeder, positions = await fed(world)
        assert world.run.checkpoint.state.end is not None
        assert world.seen(SourceEnded) == [SourceEnded(total=4)]
    assert (positions, feeder.is_limited) == ([0, 1, 2, 3], False)


async def test_a_limit_ends_it_before_the_end_of_the_source(tmp_path: Path) -> None:
    """And what is behind the limit in the same segment stays owed."""
    async with offline_run(tmp_path, FOUR, limit=1) as world:
        feeder, positions = await fed(world)
        assert world.run.checkpoint.state.end is None
        assert world.fates == {"owed": world.run.checkpoint.state.position}
    assert (positions, feeder.is_limited) == ([0], True)


async def test_media_that_are_in_doubt_elsewhere_are_held_back(tmp_path: Path) -> None:
    """They are read and owed, and only counted."""
    async with offline_run(tmp_path, [*FOUR, entry("B")], held=["b"]) as world:
        feeder, positions = await fed(world)
        assert world.fates == {"owed": 5}
    assert (positions, feeder.held_back) == ([0, 2, 3], 2)


async def test_a_segment_goes_through_the_filters_in_order_before_it_is_recorded(tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []

    def without_first(segment: Segment) -> Segment:
        seen.append(("first", len(segment.run)))
        first = segment.key.first
        rest = segment.run.take(range(1, len(segment.run)))
        return replace(segment, run=rest, skipped=(Span(first, first + 1),))

    def look(segment: Segment) -> Segment:
        seen.append(("second", len(segment.run)))
        return segment

    async with offline_run(tmp_path, FOUR, segment_bytes=1 << 20, filters=[without_first, look]) as world:
        _, positions = await fed(world)
        assert world.fates == {"skipped": 1, "owed": 3}
    assert seen == [("first", 4), ("second", 3)]
    assert positions == [1, 2, 3]


async def test_the_run_begins_with_the_mix_of_the_first_segment_that_owes_something(tmp_path: Path) -> None:
    entries = [entry("a", keep=False), entry("b"), entry("c", keep=False)]
    async with offline_run(tmp_path, entries, segment_bytes=1 << 20) as world:
        await fed(world)
        assert world.begun[0] == {KeepData.MISSING: 1, KeepData.FALSE: 2}


async def test_an_empty_source_begins_the_run_without_a_mix(tmp_path: Path) -> None:
    async with offline_run(tmp_path, []) as world:
        _, positions = await fed(world)
        assert (positions, world.begun) == ([], [{}])


async def test_what_stands_before_a_break_is_handed_on_and_the_break_is_on_record(tmp_path: Path) -> None:
    async with offline_run(tmp_path, b'[{"internal_media_ID":"a","labels":{}},{"internal') as world:
        pool = world.pool()
        with pytest.raises(MalformedInput):
            await Feeder(world.run, pool).run()
        assert handed_on(pool) == [0]
        assert world.run.checkpoint.state.broken is not None


async def test_too_many_rejections_end_it_before_their_segment_is_handed_on(tmp_path: Path) -> None:
    entries = [entry("a"), FAULTY, FAULTY]
    budget = ErrorBudget(count=1)
    async with offline_run(tmp_path, entries, segment_bytes=1 << 20, max_errors=budget) as world:
        pool = world.pool()
        with pytest.raises(BudgetExceeded):
            await Feeder(world.run, pool).run()
        assert handed_on(pool) == []
        assert world.fates == {"rejected": 2, "owed": 1}


async def test_what_was_rejected_by_an_earlier_pass_is_not_told_again(tmp_path: Path) -> None:
    entries = [entry("a"), FAULTY]
    async with offline_run(tmp_path, entries, segment_bytes=1 << 20) as world:
        await fed(world)
        await fed(world)
        assert len(world.seen(SegmentRead)) == 2
        assert len(world.seen(EntriesRejected)) == 1


async def lose(world: Offline, pool: Pool) -> Batch:
    """Seal the first entry; its answer is lost."""
    batch = pool.seal(Limits(1, 1 << 20, 1 << 20))
    assert batch is not None
    await world.run.checkpoint.record_sent(batch)
    await world.run.checkpoint.record_in_doubt(batch, "reset")
    return batch


async def test_nothing_passes_a_media_that_is_in_doubt(tmp_path: Path) -> None:
    """Its later entries are not handed on, and what it says is kept to be asked about."""
    async with offline_run(tmp_path, [entry("a"), entry("b"), entry("A")]) as world:
        pool = world.pool()
        await Feeder(world.run, pool).run()
        await lose(world, pool)
        _, positions = await fed(world)
        assert positions == [1]
        assert world.run.doubts.media_ids == ["a"]


async def test_what_was_found_not_to_be_let_through_is_rejected_as_soon_as_it_is_owed(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR) as world:
        pool, checkpoint = world.pool(), world.run.checkpoint
        await Feeder(world.run, pool).run()
        batch = await lose(world, pool)
        await checkpoint.record_suspected(batch.spans(), "status 403", condemned=True)
        await checkpoint.record_resolved(batch.number, delivered=False, why="it is over")
        _, positions = await fed(world)
        assert positions == [1, 2, 3]
        assert world.fates == {"rejected": 1, "owed": 3}


async def test_a_source_that_goes_on_behind_its_recorded_end_is_refused(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR[:2]) as world:
        await fed(world)
    identity = SourceIdentity(size=(tmp_path / "source.json").stat().st_size, plain=True)
    async with offline_run(tmp_path, FOUR, identity=identity) as world:
        world.run.checkpoint.state.identity = SourceIdentity()  # so that all of it is read
        with pytest.raises(CheckpointMismatch, match=r"continues at position 2"):
            await fed(world)
        assert world.fates == {"owed": 2}


def state_of(*, identity: SourceIdentity) -> CheckpointState:
    """Three segments of two entries; the first owes nothing, the second is in doubt, the third is owed."""
    state = CheckpointState(identity)
    state.segments = [segment_of(first, 2).key for first in (0, 2, 4)]
    state.delivered.add(0, 2)
    state.taken.add(2, 4)
    state.end = End(entries=6, length=96)
    return state


def test_a_plan_holds_what_is_owed_or_in_doubt() -> None:
    plan = reading_plan(state_of(identity=SourceIdentity(size=96, plain=True)))
    assert ([key.first for key in plan.again], plan.ended) == ([2, 4], True)


def test_a_source_that_cannot_be_known_again_is_read_as_a_whole() -> None:
    plan = reading_plan(state_of(identity=SourceIdentity()))
    assert ([key.first for key in plan.again], plan.ended) == ([0, 2, 4], False)
