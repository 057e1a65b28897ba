"""An import by a plan in a bucket is taken back from there, wherever who began with it died."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.values import Plan
from bulk_importer.distributed.work.undoing import UndoneShard, undo_shard
from bulk_importer.distributed.work.working import Worker, work_on
from bulk_importer.errors import BulkImporterError
from bulk_importer.pipeline import Caller
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.entries import entry
from support.fleet.memory import MemoryPlace
from support.fleet.plans import planned
from support.importing import import_file

WORKER = Worker(
    settings=Settings(workers=0, server_request_limit=0, doubt_wait=5, max_batch_entries=2),
    said=["workers", "server_request_limit", "doubt_wait", "max_batch_entries"],
    tell=lambda _: None,
    observing=lambda *_: nullcontext(()),
)


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr("bulk_importer.distributed.keeping.shipping._TRIES", 1)


async def labelled(sandbox: Sandbox, folder: Path) -> tuple[str, list[str]]:
    """A project of four media, of which the first two hold labels."""
    project = await sandbox.prepare(name="p", media=4)
    before = folder / "before.json"
    before.write_text(
        json.dumps([entry(media_id, 100 + n) for n, media_id in enumerate(project.media_ids[:2])])
    )
    await import_file(before, Settings(server=sandbox.url, project=project.id, workers=0))
    return project.id, list(project.media_ids)


async def imported(
    sandbox: Sandbox, project: str, media: list[str], folder: Path
) -> tuple[MemoryPlace, Plan]:
    """A plan in a bucket by which one media was emptied, one added to, and two were begun."""
    place = MemoryPlace()
    entries = [entry(media_id, n, False if n == 0 else None) for n, media_id in enumerate(media)]
    settings = {"onto_uploaded": True, "yes": True, "server_request_limit": 0}
    where = {"server": sandbox.url, "project": project, "settings": settings}
    plan = planned(place, folder / "l.json", [[0, 1, 2, 3]], entries, **where)
    await work_on(plan, 0, place, WORKER, Caller())
    return place, plan


async def undone(plan: Plan, place: MemoryPlace, *, dry_run: bool = False) -> UndoneShard:
    """Take it back."""
    return await undo_shard(plan, 0, place, WORKER, Caller(), force=False, dry_run=dry_run)


async def points(sandbox: Sandbox, project: str) -> Mapping[str, Any]:
    """The places of the points that each media holds."""
    held = await sandbox.labels(project)
    return {media_id: [row["g"] for row in rows if row["valid"]] for media_id, rows in held.items()}


def given_back(place: MemoryPlace) -> None:
    """As if the leases of who died had run out."""
    for name in [name for name in place.objects if "/lease-" in name]:
        place.objects.setdefault(name.replace("/lease-", "/free-"), b"")


async def test_what_a_plan_in_a_bucket_brought_is_taken_back(sandbox: Sandbox, tmp_path: Path) -> None:
    """Twice is once; what came of it is named by where it is for others."""
    project, media = await labelled(sandbox, tmp_path)
    before = await points(sandbox, project)
    place, plan = await imported(sandbox, project, media, tmp_path)
    assert await points(sandbox, project) != before
    looked = await undone(plan, place, dry_run=True)
    assert (looked.undone.plan.media, looked.folder) == (4, "")
    done = await undone(plan, place)
    assert await points(sandbox, project) == before
    assert done.folder == f"{place.name}/work/00000/epoch-000003/undo/0001"
    assert done.undone.summary is not None
    assert done.undone.summary.checkpoint == f"{done.folder}/checkpoint"
    sent = dict(sandbox.commits)
    again = await undone(plan, place)
    assert (again.undone.plan, sandbox.commits) == (done.undone.plan, sent)
    assert gather(place).standings[0].is_undone


@pytest.mark.slow
@pytest.mark.parametrize("is_done", [False, True])
async def test_wherever_an_undo_dies_the_next_one_goes_on(
    sandbox: Sandbox, tmp_path: Path, is_done: bool
) -> None:
    """At each object that it puts: of the copy, of its plan, of its own checkpoint."""
    project, media = await labelled(sandbox, tmp_path)
    before = await points(sandbox, project)
    lives, died = 0, True
    while died:
        place, plan = await imported(sandbox, project, media, tmp_path)
        place.lives, place.is_done, died = lives, is_done, False
        try:
            await undone(plan, place)
        except BulkImporterError:
            died = True
        died = died or place.lives < 0
        place.lives, place.is_done = 1 << 30, False
        given_back(place)
        done = await undone(plan, place)
        assert await points(sandbox, project) == before, lives
        assert done.undone.summary is None or done.undone.summary.exit_code == 0, lives
        lives += 3 if is_done else 1
    assert lives > 20
