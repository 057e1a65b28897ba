"""The commands that write and prove backups, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bulk_importer.cli.main import main
from bulk_importer.library.projects.backing_up import backup_labels
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.backups.scene import Scene

Run = Any


async def _project(sandbox: Sandbox, media: int = 4) -> list[str]:
    """A project `p`, whose media hold a bus each; their ids."""
    project = await sandbox.prepare(name="p", media=media)
    bus = [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]
    async with aiohttp.ClientSession() as session:
        scene = Scene(sandbox, project, session, None)
        await scene.upload(
            [{"internal_media_ID": each, "labels": {"bus": bus}} for each in project.media_ids]
        )
    return list(project.media_ids)


async def test_a_backup_is_announced_summed_up_and_not_made_twice(
    sandbox: Sandbox, run_process: Run, tmp_path: Path
) -> None:
    """The same command again says the same, and reads nothing."""
    await _project(sandbox)
    path = tmp_path / "p.backup"
    once = ("backup", "--server", sandbox.url, "--project", "p", "--output", path)
    first = await run_process(*once)
    assert first.code == 0
    assert "media       4, read once each, by a route that writes nothing" in first.err
    assert "4 labels of 4 media, in 4 entries of 4 media" in first.out
    assert "           4  bus" in first.out
    content, requests = path.read_bytes(), len(sandbox.requests)
    again = await run_process(*once, "--json")
    assert json.loads(again.out)["values"] == {"bus": 4}
    assert path.read_bytes() == content
    assert not [each for each in sandbox.requests[requests:] if "lcvalues" in each.path]


async def test_verify_tells_which_media_hold_something_else_by_now(
    sandbox: Sandbox, run_process: Run, tmp_path: Path
) -> None:
    """A person edits one after the backup; the command ends with 10 and names it."""
    media = await _project(sandbox)
    path = tmp_path / "p.backup"
    await backup_labels(path, Settings(server=sandbox.url, project="p"))
    same = await run_process("verify", path, "--against-server")
    assert same.code == 0
    assert "4 media hold on the server what is in it" in same.out
    changed = [{"internal_media_ID": media[2], "labels": {"poi": [{"point": [{"x": 1, "y": 1}]}]}}]
    async with aiohttp.ClientSession() as session:
        await Scene(sandbox, (await sandbox.find("p")), session, None).upload(changed)
    other = await run_process("verify", path, "--against-server")
    assert other.code == 10
    assert f"{media[2]} img000002.jpg: /labels/poi (1 only on the server)" in other.out
    facts = json.loads((await run_process("verify", path, "--against-server", "--json")).out)
    assert (facts["compared"], facts["differing"], facts["exit_code"]) == (4, 1, 10)


async def test_a_backup_that_is_cut_off_is_not_proven(sandbox: Sandbox, run: Run, tmp_path: Path) -> None:
    """Also where what is left of it would unpack."""
    await _project(sandbox)
    path = tmp_path / "p.backup"
    await backup_labels(path, Settings(server=sandbox.url, project="p"))
    assert (await run("verify", path)).code == 0
    path.write_bytes(path.read_bytes()[:-10])
    told = await run("verify", path)
    assert told.code == 7
    assert "is not finished" in told.err


def test_a_backup_needs_a_file_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output cannot be gone on with."""
    assert main(["backup", "--server", "http://gym.test", "--project", "p"]) == 2
    assert "--output FILE" in capsys.readouterr().err
