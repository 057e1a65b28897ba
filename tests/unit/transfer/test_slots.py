"""Whose turn it is to leave: those that were set aside, or fresh batches."""

from __future__ import annotations

import asyncio

from bulk_importer.datagym.answers.verdicts import Again, Cause
from bulk_importer.errors import ExitCode
from bulk_importer.model import Limits
from bulk_importer.packing import Pool
from bulk_importer.transfer.adaptive.gate import Bounds, Gate
from bulk_importer.transfer.slots import Slots
from bulk_importer.transfer.stop import StopSwitch
from support.entries import run_of
from support.sending import admission_of


class World:
    """Slots for one request at a time, and a pool in which something waits or nothing does."""

    def __init__(self) -> None:
        self.stop = StopSwitch()
        self.pool = Pool(1 << 20)
        self.admission = admission_of(self.stop)
        self.slots = Slots(self.pool, Gate(Bounds(most_in_flight=1)), self.admission, lambda: 0.0)
        self.came: list[str] = []

    async def wait(self, name: str, *, is_blamed: bool) -> None:
        """As a batch that is taken apart waits for the turn of its next part, and then leaves."""
        with self.slots.aside():
            await self.slots.turn(is_blamed=is_blamed)
        self.came.append(name)
        self.slots.give_back()


async def settled() -> None:
    """Let all who can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_batch_that_is_set_aside_gives_its_slot_to_others() -> None:
    """With a single slot they go on meanwhile."""
    slots = World().slots
    slots.take(starved=False)
    assert not slots.may_seal()
    with slots.aside():
        assert slots.may_seal()
    assert not slots.may_seal()


async def test_what_is_blamed_itself_leaves_before_fresh_ones() -> None:
    """Others pass, so nothing has to be shown first."""
    world = World()
    await world.pool.put(run_of("a"))
    world.slots.take(starved=False)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.wait("suspect", is_blamed=True))
        await settled()
    assert world.came == ["suspect"]


async def test_what_may_be_about_the_server_lets_fresh_ones_go_first() -> None:
    """They show whether anything passes; where none is left it is its turn."""
    world = World()
    await world.pool.put(run_of("a"))
    world.slots.take(starved=False)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.wait("suspect", is_blamed=False))
        await settled()
        assert not world.came
        assert world.slots.may_seal()
        assert world.pool.seal(Limits(9, 99, 99)) is not None
        world.slots.wake()
    assert world.came == ["suspect"]


async def test_there_is_more_until_all_was_read_and_has_left() -> None:
    """And after a stop, which ends the reading."""
    world = World()
    assert world.slots.has_more
    await world.pool.put(run_of("a"))
    world.pool.close()
    assert world.slots.has_more
    world.pool.seal(Limits(1, 1 << 20, 1 << 20))
    assert not world.slots.has_more
    world.stop.request("enough", ExitCode.TERMINATED)
    assert world.slots.has_more


async def test_those_that_were_set_aside_take_turns() -> None:
    """In the order in which they became ready."""
    world = World()
    async with asyncio.TaskGroup() as tasks:
        for name in ("first", "second", "third"):
            world.slots.take(starved=False)
            tasks.create_task(world.wait(name, is_blamed=True))
            await asyncio.sleep(0)
    assert world.came == ["first", "second", "third"]
    assert world.slots.are_empty


async def test_in_an_outage_nothing_has_a_turn_until_the_run_stops() -> None:
    """A stop ends the wait."""
    world = World()
    world.stop.subscribe(world.slots.wake)
    world.admission.breaker.saw(Again(Cause.UNREACHABLE, "refused"))
    world.slots.take(starved=False)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.wait("suspect", is_blamed=True))
        await settled()
        assert not world.came
        assert not world.slots.may_seal()
        world.stop.request("enough", ExitCode.TERMINATED)
    assert world.came == ["suspect"]
