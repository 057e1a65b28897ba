"""A plan of three shards over ten entries, into a sandbox; and the command line in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration.cli.conftest import run, run_process

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from bulk_importer.sandbox import Sandbox
from support.entries import entry
from support.fleet.plans import planned

__all__ = ["run", "run_process"]

PARTS = [[0, 1, 2, 7], [3, 4, 5], [6, 8, 9]]
BROKEN = (2, 5, 7, 8)


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    """Where the plan lies."""
    return FolderPlace(tmp_path / "plan")


@pytest.fixture
async def plan(place: FolderPlace, tmp_path: Path, sandbox: Sandbox) -> Plan:
    """Three shards of ten entries, of which four are rejected, the one that was moved among them."""
    project = await sandbox.prepare(name="p", media=10)
    entries = [entry(media_id, n, broken=n in BROKEN) for n, media_id in enumerate(project.media_ids)]
    return planned(place, tmp_path / "labels.json", PARTS, entries, server=sandbox.url, project=project.id)
