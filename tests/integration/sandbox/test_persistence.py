"""What was answered is kept, whatever happens to the process; nothing is kept by half."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.sandbox import Sandbox, SandboxConfig
from support.entries import entry

StartSandboxProcess = Callable[..., Any]


def test_a_killed_sandbox_holds_what_it_answered_and_nothing_by_half(
    sandbox_process: StartSandboxProcess, tmp_path: Path
) -> None:
    """Each request writes one number to all media: a media with a number that others lack is half a request."""
    database = str(tmp_path / "sandbox.db")
    chance = random.Random(11)
    sandbox = sandbox_process("--database", database, "--seed", "3")
    project = sandbox.prepare(media=20)
    answered: list[int] = []
    for round_number in range(4):
        killer = threading.Timer(chance.uniform(0.05, 0.4), sandbox.process.kill)
        killer.start()
        _upload_until_it_dies(sandbox.url, project, round_number * 100_000, answered)
        killer.join()
        sandbox.kill()
        sandbox = sandbox_process("--database", database)
    held = [
        sorted(value["g"][0] for value in labels if value["k"] == "poi")
        for labels in sandbox.labels(project["id"]).values()
    ]
    assert len(held) == 20
    assert all(numbers == held[0] for numbers in held)
    assert set(answered) <= set(held[0])
    assert len(answered) > 10


def _upload_until_it_dies(url: str, project: dict[str, Any], number: int, answered: list[int]) -> None:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        while True:
            number += 1
            body = json.dumps([entry(media_id, number) for media_id in project["media_ids"]])
            connection.request("POST", f"/api/v1/project/{project['id']}/prediction", body)
            if json.load(connection.getresponse()) == {"errorMessages": ""}:
                answered.append(number)
    except (OSError, HTTPException, ValueError):
        return
    finally:
        connection.close()


def test_a_stopped_sandbox_ends_cleanly_and_leaves_one_file(
    sandbox_process: StartSandboxProcess, tmp_path: Path
) -> None:
    sandbox = sandbox_process(
        "--database", str(tmp_path / "sandbox.db"), "--project", "first", "--media", "2"
    )
    assert sandbox.ready["media"] == 2
    assert sandbox.stop() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["sandbox.db"]


async def test_the_same_database_has_the_same_ids_and_projects_again(tmp_path: Path) -> None:
    config = SandboxConfig(database=tmp_path / "sandbox.db")
    async with Sandbox(config) as sandbox:
        first = await sandbox.prepare(name="kept", media=3)
    async with Sandbox(config) as sandbox:
        assert await sandbox.find("kept") == first
        assert await sandbox.find("lost") is None


async def test_a_seed_makes_ids_reproducible_and_none_makes_them_differ() -> None:
    found = []
    for seed in (5, 5, None, None):
        async with Sandbox(SandboxConfig(seed=seed)) as sandbox:
            found.append((await sandbox.prepare(media=2)).media_ids)
    assert found[0] == found[1]
    assert len({*found[0], *found[2], *found[3]}) == 6


async def test_a_file_that_is_no_sandbox_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database" * 100)
    foreign = tmp_path / "other.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    for path in (text, foreign, tmp_path / "no folder" / "x.db"):
        before = path.read_bytes() if path.exists() else None
        with pytest.raises(UsageError, match=path.name):
            async with Sandbox(SandboxConfig(database=path)):
                pass
        assert before is None or path.read_bytes() == before


async def test_hundreds_of_thousands_of_media_are_prepared_and_found() -> None:
    async with Sandbox(SandboxConfig(seed=1)) as sandbox:
        project = await sandbox.prepare(media=200_000)
        assert len(set(project.media_ids)) == len(set(project.task_ids)) == 200_000
        found = await sandbox.find("sandbox")
        assert found == project
