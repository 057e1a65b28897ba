"""A polite run looks how the server is before it sends, and holds back while it is slow."""

from __future__ import annotations

import asyncio

from bulk_importer.events import Event, GateMoved
from bulk_importer.transfer.adaptive.gate import Setting
from bulk_importer.transfer.admission.latency_probe import LatencyProbe, Unlimited

QUICK = 0.01


class World:
    """A server whose first five light reads are quick, and whose later ones take as long as a test says."""

    def __init__(self, later_seconds: float, *, moves: int = 1) -> None:
        self.wanted = moves
        self.now = 0.0
        self.later_seconds = later_seconds
        self.reads = 0
        self.moves: list[GateMoved] = []
        self.has_moved = asyncio.Event()
        self.probe = LatencyProbe(
            self.read,
            standing=lambda: Setting(2, 64),
            emit=self.see,
            clock=lambda: self.now,
            seconds_between_reads=0.0,
        )

    async def read(self) -> bool:
        self.reads += 1
        self.now += QUICK if self.reads <= 5 else self.later_seconds
        await asyncio.sleep(0)
        return True

    def see(self, event: Event) -> None:
        assert isinstance(event, GateMoved)
        self.moves.append(event)
        if len(self.moves) == self.wanted:
            self.has_moved.set()


async def run_until(world: World, happened: asyncio.Event, *, sets: bool = False) -> None:
    """Let the run look after its server until something happens."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(world.probe.run(happened.set if sets else _nothing))
        await happened.wait()
        running.cancel()


def _nothing() -> None:
    """Nobody wants to know."""


async def test_nothing_leaves_before_the_server_was_seen_at_rest() -> None:
    """Then as many as the guard allows."""
    world = World(later_seconds=QUICK)
    assert not world.probe.allows(0)
    await run_until(world, asyncio.Event(), sets=True)
    assert world.reads >= 5
    assert world.probe.allows(1)
    assert not world.probe.allows(2)


async def test_while_reads_are_slow_less_is_sent_and_people_are_told() -> None:
    """Three times as slow as at rest is too slow for two at a time."""
    world = World(later_seconds=0.5)
    await run_until(world, world.has_moved)
    assert world.probe.allows(0)
    assert not world.probe.allows(1)
    assert world.moves[0].max_in_flight == 1
    assert "a light read takes 500 ms" in world.moves[0].reason


async def test_a_server_that_stays_slow_is_given_pauses() -> None:
    """After each request for as long as the guard asks for."""
    world = World(later_seconds=0.5, moves=2)
    await run_until(world, world.has_moved)
    world.probe.ended(2.0)
    assert not world.probe.allows(0)
    world.now += 60.0
    assert world.probe.allows(0)


async def test_where_a_run_is_not_polite_the_gate_alone_decides() -> None:
    """However many are in flight."""
    free = Unlimited()
    await free.run(_nothing)
    free.ended(10.0)
    assert free.allows(1000)
