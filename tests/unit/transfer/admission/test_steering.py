"""What a person asks of a run holds for all that leaves."""

from __future__ import annotations

import asyncio

import pytest

from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.answers.verdicts import Cause, InDoubt, Verdict
from bulk_importer.errors import ExitCode
from bulk_importer.steering.values import Limits
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.stop import StopSwitch
from support.around.simulated_time import run_in_simulated_time
from support.sending import AWAY, World, refusing

HOURS = 10 * 3600.0


def steering(limits: Limits | None = None) -> tuple[Steering, list[float]]:
    """What steers a run, and its clock."""
    now = [0.0]
    return Steering(StopSwitch(), limits, lambda: now[0]), now


def test_patience_stands_still_while_a_run_is_paused() -> None:
    """However often it is."""
    run, now = steering()
    for at, do in ((10.0, run.pause), (100.0, run.resume), (110.0, run.pause), (200.0, run.resume)):
        now[0] = at
        do()
    now[0] = 205.0
    assert (run.patience(), run.paused_seconds) == (25.0, 180.0)


def test_a_pause_and_a_resume_happen_once() -> None:
    """The second of two that press the button changes nothing."""
    run, now = steering()
    assert run.resume() is None
    assert (run.pause(), run.pause()) == (True, False)
    now[0] = 7.0
    assert (run.resume(), run.resume()) == (7.0, None)
    assert run.changes == 2


def test_a_stop_ends_a_pause() -> None:
    """Whoever waits for the run to be resumed has to see it end."""

    async def wait() -> bool:
        run, _ = steering()
        run.pause()
        asyncio.get_running_loop().call_soon(run.stop.request, "enough", ExitCode.UNFINISHED)
        return await run.passes() and not run.is_paused

    assert asyncio.run(wait())


def test_no_more_leave_than_a_person_allows() -> None:
    """And none while it is paused."""
    run, _ = steering(Limits(max_in_flight=2))
    run.in_flight = 1
    assert run.may_leave()
    run.keep_to(Limits(max_in_flight=1))
    assert not run.may_leave()
    run.in_flight = 0
    run.pause()
    assert not run.may_leave()


@pytest.mark.parametrize("in_flight", [1, 4])
def test_a_pause_lets_land_what_is_in_flight_and_nothing_leave(in_flight: int) -> None:
    """For hours; then everything else leaves, once."""

    async def run() -> None:
        async def answer(positions: list[int]) -> Verdict:
            return await slow(positions)

        async def slow(positions: list[int]) -> Verdict:
            await asyncio.sleep(1.0)
            return await refusing()(positions)

        world = World("abcdefghijkl", answer, entries=1, in_flight=in_flight)
        loop = asyncio.get_running_loop()
        left_at: list[int] = []

        def pause() -> None:
            world.steering.pause()
            left_at.append(len(world.sent))

        def look() -> None:
            left_at.append(len(world.sent))
            assert len(world.diary.of("delivered")) == len(world.sent)
            world.steering.resume()

        loop.call_later(1.5, pause)
        loop.call_later(HOURS, look)
        await world.run()
        assert left_at[0] == left_at[1] < 12
        assert sorted(world.diary.of("delivered")) == list(range(12))
        assert len(world.sent) == 12
        assert loop.time() < HOURS + 20

    run_in_simulated_time(run())


def test_a_server_that_is_away_during_a_pause_is_nothing_to_give_up_for() -> None:
    """It is not even asked; afterwards it gets all the patience that is left."""

    async def run() -> None:
        away = [True]

        async def answer(_: list[int]) -> Verdict:
            return AWAY if away[0] else await refusing()([])

        probes: list[float] = []

        def is_away() -> bool:
            probes.append(loop.time())
            return away[0]

        loop = asyncio.get_running_loop()
        patient = BreakerPolicy(first_interval_seconds=1.0, max_outage_seconds=60.0)
        world = World("abcd", answer, entries=1, is_away=is_away, patience=(RetryPolicy(), patient))
        loop.call_later(2.0, world.steering.pause)
        loop.call_later(HOURS, world.steering.resume)
        loop.call_later(HOURS + 40.0, away.__setitem__, 0, False)
        await world.run()
        assert not [at for at in probes if 2.0 < at < HOURS]
        assert sorted(world.diary.of("delivered")) == [0, 1, 2, 3]

    run_in_simulated_time(run())


def test_a_stop_during_a_pause_ends_the_run_at_once() -> None:
    """With a batch in the middle of being taken apart, and one whose answer was lost."""

    async def run() -> None:
        async def answer(positions: list[int]) -> Verdict:
            world.steering.pause()
            return InDoubt(Cause.DISCONNECTED, "lost") if 0 in positions else await refusing(3)(positions)

        world = World("abcdefgh", answer, entries=4, in_flight=2)
        loop = asyncio.get_running_loop()
        loop.call_later(100.0, world.stop.request, "enough", ExitCode.UNFINISHED)
        await world.run()
        assert loop.time() <= 101.0
        assert world.looks == 0
        assert not world.rehearsed

    run_in_simulated_time(run())
