"""Labels of one project are moved into another, and nothing is lost without a word."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bulk_importer.library.migrating import migrate
from bulk_importer.migration.moving import Migrated
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.backups.scene import built_scene, plain
from support.places import VECTORS

SEMANTICS: dict[str, Any] = json.loads((VECTORS / "semantics.json").read_text("utf-8"))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """What a person asks a server with."""
    async with aiohttp.ClientSession() as session:
        yield session


async def _migrate(origin: Sandbox, target: Sandbox, folder: Path, **how: Any) -> Migrated:
    more = how.pop("settings", {})
    return await migrate(
        Settings(server=origin.url, project="p"),
        Settings(server=target.url, project="q", checkpoint=str(folder), workers=0, **more),
        **how,
    )


def _listed(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


async def test_every_kind_of_label_is_in_the_other_project_but_for_what_is_reported(
    sandbox: Sandbox, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """From one project into another of the same server, whose media have the same names and other ids."""
    scene = await built_scene(sandbox, session)
    target = await sandbox.prepare(
        name="q", media=len(scene.project.media_ids), label_config=SEMANTICS["label_config"]
    )
    moved = await _migrate(sandbox, sandbox, tmp_path / "cp")
    assert moved.summary is not None
    assert moved.moved is not None
    account = moved.moved
    assert account.read == account.carried + account.left_behind
    assert account.compared == account.equal
    before = plain(await sandbox.labels(scene.project.id))
    after = plain(await sandbox.labels(target.id))
    left = {each["media_id"] for each in _listed(tmp_path / "cp", "left_behind.jsonl")}
    there = dict(zip(scene.project.media_ids, target.media_ids, strict=True))
    differing = {media_id for media_id in before if before[media_id] != after.get(there[media_id], [])}
    assert differing <= left
    assert account.carried.total() > 70
