"""A correction that names a media of another shard: that media is counted once, in a folder and in a bucket."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.routing import routed
from bulk_importer.distributed.gathering.totals import whole_of
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import Plan
from bulk_importer.distributed.work.feeding import Feed, feed_again
from bulk_importer.distributed.work.working import Worker, work_on
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.wiped.mentions import MENTIONS
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.entries import entry
from support.fleet.memory import MemoryPlace
from support.fleet.plans import planned

WORKER = Worker(
    settings=Settings(workers=0, onto_uploaded=True),
    said=["workers", "onto_uploaded"],
    tell=lambda _: None,
    observing=lambda *_: nullcontext(()),
)


async def worked_on(place: Place, sandbox: Sandbox, folder: Path) -> tuple[Plan, Sequence[str]]:
    """Two shards of three media each; the entries of the last of each are rejected."""
    project = await sandbox.prepare(name="p", media=7)
    media = project.media_ids
    entries = [entry(media[n], n, broken=n % 3 == 2) for n in range(6)]
    parts = [[0, 1, 2], [3, 4, 5]]
    plan = planned(place, folder / "l.json", parts, entries, server=sandbox.url, project=project.id)
    for index in (0, 1):
        await work_on(plan, index, place, WORKER, Caller())
    return plan, media


async def corrected(place: Place, plan: Plan, folder: Path, entries: dict[int, object]) -> None:
    """Feed corrections by position."""
    given = folder / "c.jsonl"
    given.write_text("".join(json.dumps({"position": at, "entry": it}) + "\n" for at, it in entries.items()))
    for each in routed(place, gather(place), given):
        ours = folder / "ours.jsonl"
        ours.write_bytes(b"".join(each.lines))
        await feed_again(plan, each.standing.shard.index, place, WORKER, Caller(), Feed(corrected=ours))


def media_of(place: Place) -> tuple[int | None, ...]:
    """With labels, without, and without an entry."""
    whole = whole_of(gather(place))
    return whole.media_delivered, whole.media_undelivered, whole.media_without_entry


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where the plan lies."""
    return FolderPlace(tmp_path / "plan") if request.param == "folder" else MemoryPlace()


async def test_a_media_of_another_shard_that_a_correction_names_is_counted_once(
    place: Place, sandbox: Sandbox, tmp_path: Path
) -> None:
    """One that holds something there, then one that holds nothing there."""
    plan, media = await worked_on(place, sandbox, tmp_path)
    assert media_of(place) == (4, 2, 1)
    await corrected(place, plan, tmp_path, {2: entry(media[3], 2)})
    assert media_of(place) == (4, 1, 2)
    await corrected(place, plan, tmp_path, {5: entry(media[2], 5)})
    assert media_of(place) == (5, 0, 2)


async def test_a_media_that_corrections_of_several_shards_name_is_counted_once(
    place: Place, sandbox: Sandbox, tmp_path: Path
) -> None:
    """No entry of the source names it."""
    plan, media = await worked_on(place, sandbox, tmp_path)
    await corrected(place, plan, tmp_path, {2: entry(media[6], 2), 5: entry(media[6], 5)})
    assert media_of(place) == (5, 0, 2)


async def test_where_nobody_can_tell_which_media_a_shard_has_media_are_not_counted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """The file that says it can be done without; counts that may be too high are no counts."""
    place = FolderPlace(tmp_path / "plan")
    plan, media = await worked_on(place, sandbox, tmp_path)
    next(Path(place.name).glob(f"work/00001/*/{MENTIONS}")).unlink()
    assert media_of(place) == (4, 2, 1)
    await corrected(place, plan, tmp_path, {2: entry(media[3], 2)})
    assert media_of(place) == (None, None, None)
