"""A run goes over its source again while doubts end and something turns out to be owed, and no longer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bulk_importer.errors import ExitCode, NotVerified, SourceUnreadable
from bulk_importer.events import DoubtsAwaited, DoubtsEnded
from bulk_importer.model import Batch, Outcome
from bulk_importer.pipeline.one_pass.flow import PassResult
from bulk_importer.pipeline.passes import Passes
from bulk_importer.pipeline.run import Run
from support.entries import entry
from support.offline import LIMIT_SECONDS, Offline, offline_run

# Entries that replace what was there may be sent again when the request is over, although nothing can be read back.
THREE = [entry(media_id, keep=False) for media_id in "abc"]


class Going:
    """Goes over the source of a run; the batches that begin with a position in `lost` are lost, once each.

    After each pass the clock of the doubts is put on by `later` seconds.
    """

    def __init__(self, world: Offline, *lost: int, later: float = LIMIT_SECONDS) -> None:
        self.world = world
        self.lost = list(lost)
        self.later = later
        self.passes = 0
        self.is_over = asyncio.Event()  # a pass
        world.fate = self.fate

    def fate(self, batch: Batch) -> Outcome:
        """What becomes of a batch."""
        first = next(batch.each()).position
        if first not in self.lost:
            return Outcome.DELIVERED
        self.lost.remove(first)
        return Outcome.IN_DOUBT

    async def __call__(self, _: Run) -> PassResult:
        self.passes += 1
        result = await self.world.flow().run()
        self.world.later[0] += self.later
        self.is_over.set()
        return result


async def test_without_doubts_one_pass_is_all(tmp_path: Path) -> None:
    async with offline_run(tmp_path, THREE) as world:
        going = Going(world)
        result = await Passes(world.run, go=going).run()
        assert world.fates == {"delivered": 3}
    assert (going.passes, result.errors, result.requests) == (1, (), len(world.sent))


async def test_what_is_owed_after_a_doubt_is_sent_in_a_second_pass(tmp_path: Path) -> None:
    """With all that waited behind it; the requests are those of both."""
    async with offline_run(tmp_path, [*THREE, entry("A")], segment_bytes=1) as world:
        going = Going(world, 0)
        result = await Passes(world.run, go=going).run()
        assert world.fates == {"delivered": 4}
        assert len(world.seen(DoubtsEnded)) == 1
    assert going.passes == 2
    sent = [position for batch in world.sent for position in batch]
    assert [position for position in sent if position in (0, 3)] == [0, 0, 3]
    assert result.requests == len(world.sent)


async def test_while_a_run_is_paused_nobody_asks_what_became_of_a_lost_answer(tmp_path: Path) -> None:
    """Nor does the run end because of it; when it is resumed, both is done."""
    async with offline_run(tmp_path, THREE) as world:
        going = Going(world, 0)
        world.run.steering.pause()
        running = asyncio.create_task(Passes(world.run, go=going).run())
        await going.is_over.wait()
        await asyncio.sleep(0.01)  # so that it would ask, if it did
        assert (going.passes, running.done()) == (1, False)
        assert not world.seen(DoubtsEnded)
        world.run.steering.resume()
        await running
        assert world.fates == {"delivered": 3}
    assert going.passes == 2


async def test_a_stop_ends_a_paused_run_with_a_lost_answer(tmp_path: Path) -> None:
    """It is in doubt until the next run."""
    async with offline_run(tmp_path, THREE) as world:
        world.run.steering.pause()
        going = Going(world, 0)
        running = asyncio.create_task(Passes(world.run, go=going).run())
        await going.is_over.wait()
        world.run.stop.request("enough", ExitCode.UNFINISHED)
        assert (await running).errors == ()
        assert world.fates == {"delivered": 2, "in_doubt": 1}


async def test_a_source_that_can_be_read_once_says_what_to_do(tmp_path: Path) -> None:
    async with offline_run(tmp_path, THREE, once=True) as world:
        going = Going(world, 0)
        result = await Passes(world.run, go=going).run()
    assert going.passes == 1
    (error,) = result.errors
    assert isinstance(error, SourceUnreadable)
    assert "same command again with the same input" in str(error)


async def test_what_is_still_running_is_not_waited_for_longer_than_allowed(tmp_path: Path) -> None:
    async with offline_run(tmp_path, THREE, doubt_wait=LIMIT_SECONDS / 2) as world:
        result = await Passes(world.run, go=Going(world, 0, later=0.0)).run()
        assert world.fates["in_doubt"] > 0
        assert not world.seen(DoubtsAwaited)
    assert result.errors == ()


async def test_what_is_nearly_over_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with offline_run(tmp_path, THREE, doubt_wait=LIMIT_SECONDS / 2) as world:

        async def sleep(seconds: float) -> None:
            world.later[0] += seconds

        monkeypatch.setattr(world.run.stop, "sleep", sleep)
        await Passes(world.run, go=Going(world, 0, later=0.6 * LIMIT_SECONDS)).run()
        assert world.fates == {"delivered": 3}
        assert len(world.seen(DoubtsAwaited)) == 1


async def test_doubts_of_an_earlier_run_are_asked_about_before_anything_is_sent(tmp_path: Path) -> None:
    async with offline_run(tmp_path, THREE) as world:
        await Passes(world.run, go=Going(world, 0, later=0.0)).run()
    async with offline_run(tmp_path, THREE) as world:
        world.later[0] = LIMIT_SECONDS
        await Passes(world.run, go=Going(world)).run()
        assert world.fates == {"delivered": 3}
        assert isinstance(world.events[0], DoubtsEnded)
        assert world.reader.asked


async def test_a_stop_ends_it_after_the_pass(tmp_path: Path) -> None:
    """What is in doubt stays so: to ask would take time."""
    async with offline_run(tmp_path, THREE) as world:

        def stopping(batch: Batch) -> Outcome:
            world.run.stop.request("enough", ExitCode.INTERRUPTED)
            return Outcome.IN_DOUBT

        going = Going(world)
        world.fate = stopping
        await Passes(world.run, go=going).run()
        assert world.fates["in_doubt"] > 0
        assert not world.reader.asked
    assert going.passes == 1


async def test_what_could_not_be_verified_is_an_error(tmp_path: Path) -> None:
    async with offline_run(tmp_path, THREE) as world:
        world.run.doubts.not_verified.append("a")
        result = await Passes(world.run, go=Going(world)).run()
    assert [type(error) for error in result.errors] == [NotVerified]
