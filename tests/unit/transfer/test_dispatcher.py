"""In which order things happen between a pool and a server, whatever the server says."""

from __future__ import annotations

import asyncio

import pytest

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    Cause,
    InDoubt,
    Stop,
    StopKind,
    Verdict,
)
from bulk_importer.errors import ExitCode, ServerUnavailable
from bulk_importer.events import RetryScheduled
from support.around.simulated_time import in_simulated_time
from support.entries import run_of
from support.sending import BUSY, World, refusing, scripted


@in_simulated_time
async def test_entries_of_one_media_leave_one_after_the_other() -> None:
    """The outcome of the first is on record before the second leaves, although eight may be in flight."""
    world = World("aaaa", refusing(), entries=1, in_flight=8)
    await world.run()
    expected = [(what, (at,)) for at in range(4) for what in ("sent", "delivered")]
    assert world.diary.lines == expected


@in_simulated_time
async def test_what_is_put_into_the_pool_while_it_waits_leaves() -> None:
    """Whoever feeds the pool knows nothing of who empties it."""
    world = World("ab", refusing(), entries=1)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(world.sending.run())
        await asyncio.sleep(0.001)
        await world.pool.put(run_of("ab"))
        while len(world.diary.of("delivered")) < 2:
            await asyncio.sleep(0.001)
        world.pool.close()


@in_simulated_time
async def test_after_a_stop_nothing_new_leaves_and_what_is_in_flight_lands() -> None:
    """The batches that were on their way are delivered; the others were never on record as sent."""

    async def answer(positions: list[int]) -> Verdict:
        world.stop.request("enough", ExitCode.TERMINATED)
        await asyncio.sleep(0.01)
        return Accept()

    world = World("abcdefgh", answer, entries=1, in_flight=2)
    await world.run()
    assert set(world.diary.of("sent")) >= set(world.diary.of("delivered"))
    assert len(world.diary.of("delivered")) == len(world.sent) <= 2


@in_simulated_time
async def test_a_lost_answer_shuts_its_media_and_nothing_else() -> None:
    """What comes after it for the same media stays owed, unsent."""
    world = World("abab", scripted(InDoubt(Cause.DISCONNECTED, "lost")), entries=1)
    await world.run()
    assert world.diary.of("in doubt") == [0]
    assert world.diary.of("delivered") == [1, 3]
    assert 2 not in world.diary.of("sent")


@in_simulated_time
async def test_what_passes_is_sent_again_and_people_are_told() -> None:
    """The same batch, with the record that it left before each time."""
    world = World("ab", scripted(Again(Cause.UNAVAILABLE, "503")), entries=2)
    await world.run()
    assert world.diary.lines == [("sent", (0, 1))] * 2 + [("delivered", (0, 1))]
    assert [event.reason for event in world.events if isinstance(event, RetryScheduled)] == ["503"]


@in_simulated_time
async def test_in_an_outage_batches_are_given_back_and_leave_when_it_is_over() -> None:
    """Everything arrives once; while it lasts nothing is on record as under way but the one that tries."""
    away = [Again(Cause.UNREACHABLE, "refused")] * 6
    world = World("abcdefgh", scripted(*away), entries=1, in_flight=4)
    await world.run()
    assert sorted(world.diary.of("delivered")) == list(range(8))
    assert world.diary.of("owed")


@in_simulated_time
async def test_an_outage_that_lasts_too_long_ends_the_run() -> None:
    """With the last thing that was said, and everything owed."""

    async def answer(positions: list[int]) -> Verdict:
        return Again(Cause.UNREACHABLE, "the connection was refused")

    world = World("abcd", answer, entries=1, in_flight=2)
    with pytest.raises(ServerUnavailable, match="refused"):
        await world.run()
    assert world.stop.exit_code is ExitCode.SERVER
    assert not world.diary.of("delivered")


@in_simulated_time
async def test_a_server_that_will_have_nothing_ends_the_run_and_the_others_land() -> None:
    """A refused token concerns all; what is on its way meanwhile is not given up."""

    async def answer(positions: list[int]) -> Verdict:
        if positions == [0]:
            while [1] not in world.sent:
                await asyncio.sleep(0)
            return Stop(StopKind.NOT_AUTHORISED, "ex_forbidden")
        await asyncio.sleep(0.01)
        return Accept()

    world = World("abcd", answer, entries=1, in_flight=2)
    with pytest.raises(ServerUnavailable, match="ex_forbidden"):
        await world.run()
    assert world.diary.of("delivered") == [1]
    assert world.diary.of("owed") == [0]


@in_simulated_time
async def test_in_an_outage_different_batches_try_in_turn() -> None:
    """The first one that failed does not try again and again while others could show that the server is back."""
    tried: list[int] = []

    async def answer(positions: list[int]) -> Verdict:
        tried.extend(positions)
        return BUSY if len(tried) < 12 or positions == [0] else Accept()

    async def busy(positions: list[int]) -> Verdict:
        return BUSY

    world = World("abcdefghijkl", answer, entries=1, rehearsing=busy)
    world.nothing = BUSY
    with pytest.raises(ServerUnavailable):
        await (
            world.run()
        )  # what is left at the end is the one that nobody's words refuse, and no other upload passes
    assert len(set(tried[:8])) >= 4
    assert sorted(world.diary.of("delivered")) == list(range(1, 12))
