"""Requests wait for rates and hours before they are on record as sent."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import ExitCode
from bulk_importer.events import Event, WindowClosed, WindowOpened
from bulk_importer.steering.values import Limits
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.schedule import SendSchedule
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.admission.window import Window
from bulk_importer.transfer.stop import StopSwitch

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class World:
    """A clock that sleeping moves on."""

    def __init__(self, pacing: Pacing | None = None, window: Window | None = None) -> None:
        self.seconds = 0.0
        self.stop = StopSwitch()
        self.steering = Steering(self.stop, clock=lambda: self.seconds)
        self.stop_at: float | None = None
        self.events: list[Event] = []
        self.schedule = SendSchedule(
            pacing or Pacing(),
            window,
            steering=self.steering,
            timing=Timing(lambda: self.seconds, self.sleep),
            emit=self.events.append,
            now=lambda: NOON + timedelta(seconds=self.seconds),
        )

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.stop_at is not None and self.seconds >= self.stop_at:
            self.stop.request("a signal", ExitCode.INTERRUPTED)
        await asyncio.sleep(0)


async def test_without_limits_nothing_waits() -> None:
    """And nothing is said."""
    world = World()
    assert not await world.schedule.permit(entries=1000, body_bytes=1 << 20)
    assert not world.events


async def test_requests_that_come_together_leave_one_after_the_other() -> None:
    """At five entries a second, ten requests of two entries need four seconds but for the first."""
    world = World(Pacing(entries_per_second=5))
    left: list[float] = []

    async def leave() -> None:
        await world.schedule.permit(entries=2, body_bytes=10)
        left.append(world.seconds)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(leave())
    gaps = [round(later - sooner, 6) for sooner, later in pairwise(left)]
    assert gaps == [0.4] * 9


async def test_outside_its_window_a_run_waits_and_says_so() -> None:
    """Until when, by the clock on the wall there, and then for how long it was."""
    world = World(window=Window.parse("22:00-06:00 UTC"))
    assert await world.schedule.permit(entries=1, body_bytes=10)
    assert world.seconds == 10 * 3600
    closed, opened = world.events
    assert closed == WindowClosed(hours="22:00-06:00 UTC", until="Mon 22:00", after_seconds=36_000.0)
    assert opened == WindowOpened(seconds=36_000.0)


async def test_the_end_of_a_pause_is_told_in_the_zone_of_the_window() -> None:
    """Which is not that of whoever reads the log."""
    world = World(window=Window.parse("02:00-06:00 Asia/Tokyo"))
    await world.schedule.permit(entries=1, body_bytes=10)
    assert world.events[0] == WindowClosed(
        hours="02:00-06:00 Asia/Tokyo", until="Tue 02:00", after_seconds=18_000.0
    )


async def test_a_stop_ends_every_wait() -> None:
    """At once, not when the window opens or the rate allows."""
    for world in (
        World(window=Window.parse("22:00-06:00 UTC")),
        World(Pacing(requests_per_second=0.001)),
    ):
        world.stop_at = 1.0
        await world.schedule.permit(entries=1, body_bytes=1)
        await world.schedule.permit(entries=1, body_bytes=1)
        assert world.seconds <= 1000
        assert world.stop.is_requested


async def test_what_waits_while_a_person_pauses_the_run_is_given_back_uncharged() -> None:
    """So it is owed meanwhile; and what comes during the pause does not wait either."""
    world = World(Pacing(entries_per_second=1))
    assert await world.schedule.permit(entries=1000, body_bytes=1) is False
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(world.schedule.permit(entries=5, body_bytes=1)) for _ in range(2)]
        await asyncio.sleep(0)
        world.steering.pause()
    assert [each.result() for each in waiting] == [None, None]
    assert world.seconds < 10
    assert await world.schedule.permit(entries=5, body_bytes=1) is None
    world.steering.resume()
    assert await world.schedule.permit(entries=5, body_bytes=1) is True
    assert world.seconds == 1000


async def test_a_pause_outside_the_hours_lasts_into_them() -> None:
    """What waited for them does not leave when they begin."""
    world = World(window=Window.parse("22:00-06:00 UTC"))
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(world.schedule.permit(entries=1, body_bytes=1))
        await asyncio.sleep(0)
        world.steering.pause()
    assert waiting.result() is None
    assert [type(event) for event in world.events] == [WindowClosed, WindowOpened]


async def test_what_waits_while_a_person_changes_the_limits_is_given_back() -> None:
    """To be packed again: it may be larger than what a second allows now."""
    world = World(Pacing(entries_per_second=1))
    await world.schedule.permit(entries=1000, body_bytes=1)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(world.schedule.permit(entries=5, body_bytes=1))
        await asyncio.sleep(0)
        world.steering.keep_to(Limits(entries_per_second=0.5))
    assert waiting.result() is None
