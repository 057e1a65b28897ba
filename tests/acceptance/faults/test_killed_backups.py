"""A backup that is killed, stopped, or finds no room loses nothing: the same command makes the same file."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bulk_importer.backups.file.content import opened_backup
from bulk_importer.backups.making.comparing import differences
from bulk_importer.library.projects.backing_up import backup_labels
from bulk_importer.sandbox import Sandbox
from bulk_importer.sandbox.faults.script import Fault, FaultScript
from bulk_importer.settings import Settings
from support.backups.scene import Scene
from support.commands import Command

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]
_LABELS = "/api/lcvalues/*"
_MEDIA = 100


async def _slow_project(start_sandbox: StartSandbox) -> Sandbox:
    """A project whose media take their time to be read, and of which one answer in twenty is cut."""
    faults = [
        Fault("delay", _LABELS, seconds=0.02, probability=1.0),
        Fault("half an answer", _LABELS, probability=0.05),
    ]
    sandbox = await start_sandbox(seed=1, faults=FaultScript(faults))
    project = await sandbox.prepare(name="p", media=_MEDIA)
    async with aiohttp.ClientSession() as session:
        scene = Scene(sandbox, project, session, None)
        for first in range(0, _MEDIA, 50):
            some = project.media_ids[first : first + 50]
            await scene.upload([_entry(each, number) for number, each in enumerate(some)])
    return sandbox


def _entry(media_id: str, number: int) -> dict[str, Any]:
    points = [{"x": 0.1 * number, "y": number / 3} for _ in range(number % 3)]
    return {"internal_media_ID": media_id, "labels": {"poi": [{"point": [each]} for each in points]}}


def _started(command: Command, sandbox: Sandbox, path: Path) -> subprocess.Popen[str]:
    return command.start("backup", "--server", sandbox.url, "--project", "p", "--output", str(path), "--json")


async def _killed(
    command: Command, sandbox: Sandbox, path: Path, reads: int, how: signal.Signals
) -> tuple[int, str]:
    """Begin a backup, and end it when so many more media were read; its exit code, and what it printed."""
    enough = len(sandbox.requests) + reads
    process = _started(command, sandbox, path)
    while process.poll() is None and len(sandbox.requests) < enough:
        await asyncio.sleep(0.005)
    process.send_signal(how)
    out, _ = await asyncio.to_thread(process.communicate)
    return process.returncode, out


async def _rounds(command: Command, sandbox: Sandbox, path: Path, chance: random.Random, rounds: int) -> None:
    for _ in range(rounds):
        how = chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
        code, _ = await _killed(command, sandbox, path, chance.randrange(5, 80), how)
        assert code in (0, -signal.SIGKILL, 143, 130)
    settings = Settings(server=sandbox.url, project="p")
    assert (await backup_labels(path, settings)).media == _MEDIA
    whole = path.with_name("whole")
    await backup_labels(whole, settings)
    with opened_backup(path) as one, opened_backup(whole) as other:
        pairs = list(zip(one.media(), other.media(), strict=True))
    assert len(pairs) == _MEDIA
    assert not [pair for pair in pairs if differences(*pair)]


@pytest.mark.slow
async def test_a_backup_that_is_killed_goes_on(
    start_sandbox: StartSandbox, command: Command, tmp_path: Path
) -> None:
    """By -9 and by signals, at whatever moment; it holds the same as one that was left alone."""
    sandbox = await _slow_project(start_sandbox)
    await _rounds(command, sandbox, tmp_path / "p.backup", random.Random(4), 2)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(50))
async def test_backups_that_are_killed_at_random(
    seed: int, start_sandbox: StartSandbox, command: Command, tmp_path: Path
) -> None:
    """Two hundred kills, four a backup."""
    sandbox = await _slow_project(start_sandbox)
    await _rounds(command, sandbox, tmp_path / "p.backup", random.Random(seed), 4)
