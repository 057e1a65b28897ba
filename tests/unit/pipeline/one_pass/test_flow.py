"""The stages of a pass end together, and each error that ends them is told once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from bulk_importer.errors import (
    BudgetExceeded,
    ExitCode,
    LabelConfigChanged,
    MalformedInput,
    ServerUnavailable,
)
from bulk_importer.events import StopRequested
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig
from bulk_importer.model import Batch, ErrorBudget, Outcome
from bulk_importer.packing import Pool
from bulk_importer.pipeline.guards.config_watch import ConfigWatch
from bulk_importer.pipeline.one_pass.flow import Flow, PassErrors, PassResult
from bulk_importer.transfer.options import Remembered
from bulk_importer.transfer.stop import StopSwitch
from support.entries import entry
from support.offline import Offline, offline_run

FOUR = [entry(media_id) for media_id in "abcd"]
CARS = LabelConfig((LabelClass("car", ClassType.POLYGON),))


def of_position(fates: dict[int, Outcome]) -> Callable[[Batch], Outcome]:
    """What becomes of a batch by its first position; it is delivered where that is not named."""
    return lambda batch: fates.get(next(batch.each()).position, Outcome.DELIVERED)


async def test_everything_that_is_read_is_delivered(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR) as world:
        result = await world.flow().run()
        assert world.fates == {"delivered": 4}
        assert world.run.checkpoint.state.is_finished
    assert result == PassResult(requests=len(world.sent))


async def test_a_limit_is_told_and_lets_the_pool_run_empty(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR, limit=3) as world:
        result = await world.flow().run()
        assert world.fates["delivered"] == 3
    assert result.is_limited


async def test_what_stands_before_a_break_is_sent_all_the_same(tmp_path: Path) -> None:
    async with offline_run(tmp_path, b'[{"internal_media_ID":"a","labels":{}},{"internal') as world:
        result = await world.flow().run()
        assert world.fates == {"delivered": 1}
        assert not world.run.stop.is_requested
    assert [type(error) for error in result.errors] == [MalformedInput]


async def test_too_many_refusals_end_the_run_once(tmp_path: Path) -> None:
    """Further refusals of what was in flight add nothing."""
    async with offline_run(tmp_path, FOUR, max_errors=ErrorBudget(count=0)) as world:
        world.fate = lambda _: Outcome.REJECTED
        result = await world.flow().run()
        assert world.fates == {"rejected": 1, "owed": 3}
        assert (world.run.stop.is_requested, world.run.stop.exit_code) == (True, ExitCode.BUDGET)
    assert [type(error) for error in result.errors] == [BudgetExceeded]


async def test_entries_of_a_lost_answer_are_kept_to_be_asked_about(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR) as world:
        world.fate = of_position({0: Outcome.IN_DOUBT})
        result = await world.flow().run()
        assert world.run.doubts.media_ids == ["abcd"[position] for position in world.sent[0]]
        assert not result.errors


async def test_a_run_that_sent_something_leaves_a_note_of_what_it_learnt(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR) as world:
        await world.flow().run()
        assert Remembered.read(world.run.checkpoint.state.notes["gate"]) == Remembered(3, 1000)


async def test_a_run_that_sent_nothing_leaves_none(tmp_path: Path) -> None:
    """It has learnt nothing, and an earlier note may say more."""
    async with offline_run(tmp_path, []) as world:
        await world.flow().run()
        assert "gate" not in world.run.checkpoint.state.notes


class Broken:
    """A sending side that fails."""

    requests = retries = 0

    async def run(self) -> None:
        await asyncio.sleep(0)
        raise ServerUnavailable("http://localhost", "away")

    def remembered(self) -> Remembered:
        raise AssertionError("it has sent nothing")


async def test_an_error_of_the_sending_side_ends_the_reading(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR) as world:
        pool = Pool(1)  # full at once, so that the reading would wait for ever
        result = await Flow(world.run, pool, Broken(), PassErrors(world.run.stop)).run()
        assert pool.is_closed
    assert [type(error) for error in result.errors] == [ServerUnavailable]


class Hanging:
    """A sending side whose last request never ends by itself."""

    requests = retries = 0

    def __init__(self, world: Offline) -> None:
        self.world = world

    async def run(self) -> None:
        while not self.world.client.has_given_up:
            await asyncio.sleep(0.001)

    def remembered(self) -> Remembered:
        raise AssertionError("it has sent nothing")


@pytest.mark.parametrize(
    ("code", "grace"), [(ExitCode.INTERRUPTED, 0.01), (ExitCode.BUDGET, 0.1)], ids=["signal", "own error"]
)
async def test_what_is_in_flight_after_a_stop_is_given_up_when_the_grace_is_over(
    tmp_path: Path, code: ExitCode, grace: float
) -> None:
    """An error of our own leaves as much time as a request may take."""
    async with offline_run(tmp_path, FOUR, grace=0.01, request_timeout=0.1) as world:
        world.run.stop.request("enough", code)
        await Flow(world.run, world.pool(), Hanging(world), PassErrors(world.run.stop)).run()
        assert world.seen(StopRequested) == [StopRequested(reason="enough", grace_seconds=grace)]


async def test_a_second_signal_gives_up_at_once(tmp_path: Path) -> None:
    async with offline_run(tmp_path, FOUR, grace=1000.0) as world:
        world.run.stop.request("enough", ExitCode.INTERRUPTED)
        world.run.stop.abort()
        await Flow(world.run, world.pool(), Hanging(world), PassErrors(world.run.stop)).run()
        assert world.client.has_given_up


async def test_a_changed_label_configuration_is_found_behind_the_last_batch(tmp_path: Path) -> None:
    """What was sent after the last reading was checked against the older one, too."""

    async def read() -> LabelConfig:
        return LabelConfig(())

    async with offline_run(tmp_path, FOUR) as world:
        watch = ConfigWatch(read, CARS, world.run.checkpoint, poll_seconds=1000.0)
        await watch.begin()
        world.run = replace(world.run, watch=watch)
        result = await world.flow().run()
        assert world.fates == {"delivered": 4}
    assert [type(error) for error in result.errors] == [LabelConfigChanged]


def test_an_error_that_ends_the_run_requests_the_stop_and_is_kept_once() -> None:
    stop = StopSwitch()
    errors = PassErrors(stop)
    first, second = BudgetExceeded(1, 2, "0"), BudgetExceeded(2, 2, "0")
    errors.end_run(first)
    errors.end_run(second)
    assert errors.all == [first]
    assert (stop.reason, stop.exit_code) == (str(first), ExitCode.BUDGET)
