"""A real scheduler and real workers run the shards of a plan, whatever becomes of them; the shards are doubles."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.campaigns.dask_processes import DaskProcesses, dask_processes
from bulk_importer.checkpoint import SourceIdentity
from bulk_importer.distributed.engines.cluster import opened_cluster
from bulk_importer.distributed.engines.fleet import FleetOptions, import_shards
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.results import written_result
from bulk_importer.distributed.values import Plan, Result, Seat, Shard
from bulk_importer.errors import ExitCode, SchedulerUnavailable
from bulk_importer.events import Advanced, Event
from bulk_importer.transfer.stop import StopSwitch
from support.scheduling.double import PROGRAM

ENTRIES = 20


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    with dask_processes(tmp_path_factory.mktemp("dask")) as processes:
        yield processes


def plan_of(shards: int, seats: int = 2) -> Plan:
    each = [
        Shard(
            index=i,
            first=i * ENTRIES,
            offset=0,
            length=1,
            entries=ENTRIES,
            bytes=1,
            moved=0,
            pieces="",
            max_errors="5%",
        )
        for i in range(shards)
    ]
    return Plan(
        id="0123456789abcdef",
        source="labels.json",
        identity=SourceIdentity(),
        lines=False,
        entries=ENTRIES * shards,
        accepted=ENTRIES * shards,
        rejected=0,
        skipped=0,
        bytes=1,
        server="",
        project="",
        project_name="",
        label_config=None,
        settings={},
        seats=tuple(Seat(max_in_flight=1) for _ in range(seats)),
        shards=tuple(each),
    )


class Fleet:
    """One command, as the engine sees it."""

    def __init__(
        self,
        dask: DaskProcesses,
        folder: Path,
        *,
        shards: int,
        seconds: float,
        code: int = 0,
        silence_seconds: float = 3.0,
    ) -> None:
        self.plan, self.place, self.stop = plan_of(shards), FolderPlace(folder), StopSwitch()
        self.events: list[Event] = []
        self.words: list[str] = []
        self.came_to: ExitCode | None = None
        self.outage_seconds = 60.0
        self._dask, self._folder, self._seconds, self._code = dask, folder, seconds, code
        self._silence_seconds = silence_seconds

    async def run(self) -> None:
        options = FleetOptions(
            program=PROGRAM,
            arguments=self._arguments,
            silence_seconds=self._silence_seconds,
            outage_seconds=self.outage_seconds,
            grace_seconds=60.0,
            complain=lambda index, words: self.words.append(words),
        )
        async with opened_cluster(
            self._dask.address, workers=1, patience=30, say=self.words.append
        ) as cluster:
            self.came_to = await import_shards(
                cluster, self.plan, self.place, options, self.stop, self.events.append
            )

    def _arguments(self, index: int) -> tuple[str, ...]:
        return (
            str(self._folder),
            self.plan.id,
            str(index),
            str(ENTRIES),
            str(self._seconds),
            str(self._code),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.timeout(500), asyncio.TaskGroup() as group:
            group.create_task(self.run())
            yield

    async def reaches(self, settled: int) -> None:
        while max((e.done for e in self.events if isinstance(e, Advanced)), default=0) < settled:
            await asyncio.sleep(0.05)

    def results(self) -> list[Result]:
        found = (written_result(self.place, self.plan, shard.index) for shard in self.plan.shards)
        return [each for each in found if each is not None]

    def states(self) -> list[str]:
        return [each.state for each in self.results()]


async def test_all_shards_are_imported_and_seen_in_one_line(dask: DaskProcesses, tmp_path: Path) -> None:
    dask.start("a")
    fleet = Fleet(dask, tmp_path, shards=4, seconds=0.3, silence_seconds=60.0)
    async with fleet.running():
        pass
    assert fleet.states() == ["complete"] * 4
    assert not fleet.words or "no workers" in fleet.words[0]
    last = fleet.events[-1]
    assert isinstance(last, Advanced)
    assert (last.done, last.total) == (4 * ENTRIES, 4 * ENTRIES)


@pytest.mark.parametrize("how", ["kill", "terminate"])
async def test_a_worker_that_goes_leaves_its_shard_to_others(
    dask: DaskProcesses, tmp_path: Path, how: str
) -> None:
    dask.start("goes")
    dask.start(f"stays after {how}")
    fleet = Fleet(dask, tmp_path, shards=3, seconds=2)
    async with fleet.running():
        await fleet.reaches(5)
        await asyncio.to_thread(getattr(dask, how), "goes")
    assert fleet.states() == ["complete"] * 3


async def test_a_scheduler_that_is_restarted_gets_the_rest_again(dask: DaskProcesses, tmp_path: Path) -> None:
    dask.start("before")
    fleet = Fleet(dask, tmp_path, shards=2, seconds=2)
    async with fleet.running():
        await fleet.reaches(5)
        await asyncio.to_thread(dask.restart_scheduler)
        dask.start("after")
    assert fleet.states() == ["complete"] * 2


async def test_a_stop_lets_the_children_stop_before_it_returns(dask: DaskProcesses, tmp_path: Path) -> None:
    dask.start("s")
    fleet = Fleet(dask, tmp_path, shards=2, seconds=30)
    async with fleet.running():
        await fleet.reaches(2)
        fleet.stop.request("stopped by SIGINT", ExitCode.INTERRUPTED)
    assert fleet.came_to is ExitCode.DELIVERED
    assert "stopped" in fleet.states()
    assert set(fleet.states()) == {"stopped"}


async def test_a_frozen_worker_is_not_waited_for(dask: DaskProcesses, tmp_path: Path) -> None:
    for name in list(dask.workers):
        dask.terminate(name)
    dask.start("frozen", has_nanny=False)
    fleet = Fleet(dask, tmp_path, shards=1, seconds=3)
    async with fleet.running():
        await fleet.reaches(2)
        dask.workers["frozen"].send_signal(signal.SIGSTOP)
        dask.start("awake")
    dask.workers["frozen"].send_signal(signal.SIGCONT)
    assert fleet.states() == ["complete"]
    assert any("no sign of life" in each for each in fleet.words)


async def test_when_all_workers_have_gone_it_is_said_and_another_one_is_waited_for(
    dask: DaskProcesses, tmp_path: Path
) -> None:
    for name in list(dask.workers):
        dask.terminate(name)
    dask.start("only")
    fleet = Fleet(dask, tmp_path, shards=1, seconds=3)
    async with fleet.running():
        await fleet.reaches(2)
        dask.kill("only")
        while not any("has no workers any more" in each for each in fleet.words):
            await asyncio.sleep(0.05)
        dask.start("another")
    assert fleet.states() == ["complete"]


async def test_workers_that_do_not_come_back_end_it(dask: DaskProcesses, tmp_path: Path) -> None:
    """An import at night would never end else, and nobody be told."""
    for name in list(dask.workers):
        dask.terminate(name)
    dask.start("only")
    fleet = Fleet(dask, tmp_path, shards=1, seconds=30)
    fleet.outage_seconds = 0.5
    running = asyncio.create_task(fleet.run())
    await fleet.reaches(2)
    dask.kill("only")
    with pytest.raises(
        SchedulerUnavailable, match=r"had no workers for .* dask worker tcp:.* import resumes"
    ):
        async with asyncio.timeout(60):
            await running


async def test_a_server_that_is_away_ends_it_for_all(dask: DaskProcesses, tmp_path: Path) -> None:
    dask.start("w")
    fleet = Fleet(dask, tmp_path, shards=9, seconds=0.1, code=6)
    async with fleet.running():
        pass
    assert len(fleet.states()) < 9
    assert fleet.came_to is ExitCode.SERVER
    assert any(
        each.startswith("on the worker tcp://") and each.endswith(": The server is away.")
        for each in fleet.words
    )
