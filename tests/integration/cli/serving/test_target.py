"""Where uploads go is looked up when `serve` begins, and what is wrong with that is said at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bulk_importer.cli.serving.work import target
from bulk_importer.cli.serving.work.target import TargetProject
from bulk_importer.errors import ExitCode, ProjectNotFound
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings


async def test_a_project_that_is_not_there_is_an_error(sandbox: Sandbox) -> None:
    """As an import says it."""
    told: list[object] = []
    await sandbox.prepare(name="p", media=1)
    await TargetProject(Settings(server=sandbox.url, project="p"), told.append).find()
    with pytest.raises(ProjectNotFound):
        await TargetProject(Settings(server=sandbox.url, project="q"), told.append).find()
    assert told == []


async def test_a_server_that_is_away_is_said_and_looked_for_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the program runs and on the page, until it answers; also that it has no such project, then."""
    monkeypatch.setattr(target, "_SECONDS_BETWEEN", 0.0)
    told: list[str] = []
    await sandbox.prepare(name="p", media=1)
    away = Settings(server="http://127.0.0.1:9", project="p", wait_for_server=0)
    project = TargetProject(away, lambda text: told.append(str(text)))
    await project.find()
    assert "127.0.0.1:9" in project.missed
    assert told[0].startswith(project.missed)
    assert "Uploads are taken meanwhile" in told[0]
    monkeypatch.setattr(project, "_settings", Settings(server=sandbox.url, project="p"))
    await project.watch()
    assert (project.missed, told[1:]) == ("", ["The server answers."])


async def test_the_command_ends_where_its_project_is_not_there(
    sandbox: Sandbox, run_process: Any, tmp_path: Path
) -> None:
    """Before anybody has uploaded anything."""
    await sandbox.prepare(name="p", media=1)
    about = ["--server", sandbox.url, "--project", "streets", "--spool", tmp_path / "spool"]
    done = await run_process("serve", *about)
    assert (done.code, "streets" in done.err) == (ExitCode.SERVER, True), done
