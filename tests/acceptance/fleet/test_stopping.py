"""A worker ends soon after it is told to, also where it is the first process of a container."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bulk_importer.distributed.leases.lease import take
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.errors import ExitCode
from support.commands import COMMAND, Command
from support.fleet.plans import planned

_ALONE = ("unshare", "--user", "--pid", "--fork", "--kill-child")


def _can_be_pid_1() -> bool:
    """Whether this machine lets a test have a name space of its own for processes."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_ALONE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("around", [(), _ALONE], ids=["child", "pid 1"])
def test_a_worker_that_waits_for_its_turn_ends_at_a_signal(command: Command, around: Sequence[str]) -> None:
    """It says who has the shard, and leaves a result for its scheduler."""
    if around and not _can_be_pid_1():
        pytest.skip("unshare --pid is not allowed here")
    place = FolderPlace(command.folder / "plan")
    planned(place, command.folder / "l.json", [[0, 1]])
    asyncio.run(take(place, "work/00000", holder="process 7 on pod-3", seconds=300))
    words = [*around, *COMMAND, "work", "plan", "--index", "0", "--result", "result"]
    process = subprocess.Popen(
        words, cwd=command.folder, env=command.environment, stderr=subprocess.PIPE, text=True
    )
    command.started.append(process)
    assert process.stderr is not None
    said = ""
    while "by process 7 on pod-3" not in said:
        said = process.stderr.readline()
        assert said, "it ended by itself"
    os.kill(_worker(process.pid, is_around=bool(around)), signal.SIGTERM)
    assert process.wait(60) == ExitCode.TERMINATED
    result = json.loads((command.folder / "result").read_text())
    assert (result["state"], result["exit_code"]) == ("stopped", ExitCode.TERMINATED)


def _worker(pid: int, *, is_around: bool) -> int:
    """The id of the worker: of the process that was started, or of the child of what is around it."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]) if is_around else pid
