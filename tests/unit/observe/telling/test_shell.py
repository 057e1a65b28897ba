"""A command of the shell runs to its end, or is ended with all that it started."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from bulk_importer.observe.telling.shell import run_in_shell


async def run(command: str, folder: Path, **environment: str) -> tuple[int, str]:
    """Its exit code, and what it wrote."""
    with (folder / "out").open("wb+") as file:
        code = await run_in_shell(command, {"PATH": os.environ["PATH"], **environment}, output=file.fileno())
        file.seek(0)
        return code, file.read().decode()


async def gone(pid: int) -> None:
    """Return when a process is no more, or is only waited for by whoever adopted it."""
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        await asyncio.sleep(0.01)


async def noted(path: Path) -> int:
    """The number that a command writes into a file."""
    while not path.exists() or not path.read_text().endswith("\n"):
        await asyncio.sleep(0.01)
    return int(path.read_text())


async def test_it_has_the_environment_and_nothing_to_read(tmp_path: Path) -> None:
    """Both streams go the same way."""
    command = 'cat; echo "$WHAT"; echo wrong >&2; exit 3'
    assert await run(command, tmp_path, WHAT="a 'b' $(c)") == (3, "a 'b' $(c)\nwrong\n")


async def test_a_signal_that_ends_it_is_told(tmp_path: Path) -> None:
    """By a number below zero, as for processes everywhere."""
    assert await run("kill -9 $$", tmp_path) == (-9, "")


@pytest.mark.parametrize(
    "command",
    [
        "echo $$ > pid; exec sleep 1000",
        "sleep 1000 & echo $! > pid; wait",
        'trap "" TERM; sleep 1000 & echo $! > pid; while :; do wait; done',
    ],
    ids=["a command", "what it started", "one that does not listen"],
)
async def test_a_hung_one_is_ended_with_all_that_it_started(command: str, tmp_path: Path) -> None:
    """Also where it does not listen."""
    running = asyncio.ensure_future(run(f"cd {tmp_path}; {command}", tmp_path))
    pid = await noted(tmp_path / "pid")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await gone(pid)


async def test_what_it_leaves_in_the_background_is_left_alone(tmp_path: Path) -> None:
    """It is not waited for, either, although it holds the streams."""
    assert (await run(f"sleep 1000 & echo $! > {tmp_path}/pid", tmp_path))[0] == 0
    process = psutil.Process(await noted(tmp_path / "pid"))
    assert process.is_running()
    process.kill()
