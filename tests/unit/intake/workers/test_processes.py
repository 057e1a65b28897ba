"""Worker processes give what one process gives, are replaced when they die, and never outlive the importer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.intake.job import Job
from bulk_importer.intake.workers.processes import WorkerProcesses
from bulk_importer.model import ReadPlan
from bulk_importer.sources import open_entries, open_source
from support.entries import numbered
from support.reading import read_file

_ENTRIES = 6000
_SEGMENT_BYTES = 32_768


@pytest.fixture(scope="module")
def content() -> bytes:
    """An array of many segments, with a bad entry now and then."""
    return json.dumps([numbered(i) if i % 100 else {"bad": i} for i in range(_ENTRIES)]).encode()


@pytest.fixture
def file(tmp_path: Path, content: bytes) -> Path:
    """The array in a file."""
    path = tmp_path / "source.json"
    path.write_bytes(content)
    return path


def workers_of(process: int) -> list[psutil.Process]:
    """The worker processes of a process."""
    return [child for child in psutil.Process(process).children() if "workers.main" in str(child.cmdline())]


def ignores_signals(process: psutil.Process) -> bool:
    """Whether it is past its start, in which it can still be ended."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGHUP - 1) & 1)


async def test_two_workers_see_what_one_process_sees(tmp_path: Path, content: bytes) -> None:
    """In the same order, to the byte."""
    alone = await read_file(tmp_path / "a.json", content, segment_bytes=_SEGMENT_BYTES)
    together = await read_file(tmp_path / "b.json", content, segment_bytes=_SEGMENT_BYTES, workers=2)
    assert together.outcome == alone.outcome
    assert together.keys == alone.keys
    assert len(alone.elements) == _ENTRIES
    assert len(alone.rejected) == _ENTRIES // 100


async def test_workers_find_a_break_where_one_process_finds_it(tmp_path: Path, content: bytes) -> None:
    """Segments behind the break are not given, although workers have had them already."""
    broken = content[:300_000] + content[300_001:]
    while json_is_whole(broken):
        broken = broken[:300_000] + broken[300_001:]
    alone = await read_file(tmp_path / "a.json", broken, segment_bytes=_SEGMENT_BYTES)
    together = await read_file(tmp_path / "b.json", broken, segment_bytes=_SEGMENT_BYTES, workers=2)
    assert together.elements == alone.elements
    assert together.broken_at == alone.broken_at


def json_is_whole(content: bytes) -> bool:
    """Whether `json` takes it."""
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


async def test_a_worker_that_is_killed_is_replaced(file: Path, content: bytes) -> None:
    """What it had is done again; nothing is lost and nothing comes twice."""
    source = await open_source(str(file))
    positions: list[int] = []
    killed = 0
    options = IntakeOptions(workers=2, segment_bytes=_SEGMENT_BYTES)
    async with Intake(source, ReadPlan(), Rules(), options) as intake:
        async for segment in intake:
            positions += [*segment.run.positions, *(each.position for each in segment.rejections)]
            if killed < 2:
                for worker in workers_of(os.getpid()):
                    worker.kill()
                    killed += 1
    await source.aclose()
    assert killed >= 2
    assert sorted(positions) == list(range(_ENTRIES))


async def test_a_job_that_kills_three_workers_ends_the_reading(file: Path) -> None:
    """With an error that names the bytes, how they died and what to try."""
    descriptor = os.open(file, os.O_RDONLY)
    dying = WorkerProcesses("source.json", partial(os._exit, 7), 1, descriptor)
    job = Job(
        0, 1000, comma=False, guessed=False, at_end=False, lines=False, max_entries=9, max_entry_bytes=9
    )
    with pytest.raises(SourceUnreadable, match=r"bytes 0 to 1000 .*exit status 7.*--segment-bytes"):
        await dying.perform(job, b"")
    await dying.aclose()
    os.close(descriptor)
    assert not workers_of(os.getpid())


async def test_leaving_early_ends_the_workers(file: Path) -> None:
    """Also when the iteration is cancelled while they are at work."""
    source = await open_source(str(file))
    begun = asyncio.Event()

    async def read() -> None:
        async with Intake(
            source, ReadPlan(), Rules(), IntakeOptions(workers=2, segment_bytes=4096)
        ) as intake:
            async for _ in intake:
                begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await source.aclose()
    assert not workers_of(os.getpid())


async def test_small_sources_start_no_process(tmp_path: Path) -> None:
    """A process takes longer to start than a segment to judge."""
    path = tmp_path / "small.json"
    path.write_bytes(json.dumps([numbered(1), numbered(2)]).encode())
    source = await open_source(str(path))
    async with Intake(source, ReadPlan(), Rules(), IntakeOptions(workers=2)) as intake:
        async for segment in intake:
            assert segment.key.count == 2
            assert not workers_of(os.getpid())
    await source.aclose()


async def test_a_slow_consumer_stops_the_reading() -> None:
    """Only what the workers can have at a time is read ahead, however long the consumer takes."""
    written = 0

    async def entries() -> AsyncIterator[dict[str, object]]:
        nonlocal written
        for number in range(200_000):
            written += 70
            yield numbered(number)

    source = open_entries(entries())
    async with Intake(source, ReadPlan(), Rules(), IntakeOptions(workers=2, segment_bytes=65_536)) as intake:
        await anext(intake)
        seen = -1
        while written > seen:
            seen = written
            for _ in range(50):
                await asyncio.sleep(0)
        assert written < 5 * 65_536 + 2 * (1 << 20)
    await source.aclose()


_SCRIPT = """
import asyncio, json, sys
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.model import ReadPlan
from bulk_importer.sources import open_source

async def main():
    source = await open_source(sys.argv[1])
    total = 0
    async with Intake(source, ReadPlan(), Rules(), IntakeOptions(workers=2, segment_bytes=32768)) as intake:
        async for segment in intake:
            if not total:
                print("begun", flush=True)
                if len(sys.argv) > 2:
                    await asyncio.Event().wait()
            total += segment.key.count
    await source.aclose()
    print(total, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program that has no main guard, as people write them."""
    path = tmp_path / "script.py"
    path.write_text(_SCRIPT)
    return path


@pytest.fixture
def waiting(script: Path, file: Path) -> Iterator[subprocess.Popen[str]]:
    """That program in a process group of its own, which has read one segment and waits."""
    with subprocess.Popen(
        [sys.executable, str(script), str(file), "wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
        process.kill()


def test_a_script_without_a_main_guard_has_workers(script: Path, file: Path) -> None:
    """Workers do not import the program that they work for."""
    ran = subprocess.run(
        [sys.executable, str(script), str(file)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
        timeout=60,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (f"begun\n{_ENTRIES}\n", "")


def test_workers_end_when_the_importer_is_killed(waiting: subprocess.Popen[str]) -> None:
    """The kernel closes their socket, and they see it."""
    workers = workers_of(waiting.pid)
    assert len(workers) == 2
    waiting.kill()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive


def test_an_interrupt_to_the_group_ends_importer_and_workers_quietly(waiting: subprocess.Popen[str]) -> None:
    """As Ctrl-C does: the importer decides, and no worker has last words of its own."""
    workers = workers_of(waiting.pid)
    os.killpg(waiting.pid, signal.SIGINT)
    _, err = waiting.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive
    assert "KeyboardInterrupt" in err
    assert "workers.main" not in err
    assert "workers/main" not in err


def test_workers_ignore_what_is_sent_to_them_as_part_of_a_group(waiting: subprocess.Popen[str]) -> None:
    """A supervisor that signals every process of a container does not take the workers away before their importer."""
    workers = workers_of(waiting.pid)
    for worker in workers:
        while not ignores_signals(worker):
            os.sched_yield()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            worker.send_signal(number)
    _, alive = psutil.wait_procs(workers, timeout=0.2)
    assert len(alive) == 2
