"""A correction that names a media of another shard by its file name comes after what that shard delivered for it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.routing import routed
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.work.feeding import Feed, feed_again
from bulk_importer.distributed.work.working import Worker, work_on
from bulk_importer.media.names.making import NAMES
from bulk_importer.pipeline import Caller
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.entries import entry
from support.fleet.memory import MemoryPlace
from support.fleet.plans import planned

WORKER = Worker(
    settings=Settings(workers=0),
    said=["workers"],
    tell=lambda _: None,
    observing=lambda *_: nullcontext(()),
)


def named(number: int, at: int, keep: bool | None = None, *, broken: bool = False) -> dict[str, object]:
    """An entry for the media with this number, by its name."""
    made = entry("", at, keep, broken=broken, external_media_ID=f"img{number:06}.jpg")
    del made["internal_media_ID"]
    return made


@pytest.mark.parametrize("where", ["folder", "bucket", "bucket without names"])
async def test_a_correction_by_name_wipes_nothing_that_another_shard_delivered(
    sandbox: Sandbox, tmp_path: Path, where: str
) -> None:
    """In a bucket, too; and where nobody can tell any more what names meant."""
    place: Place = FolderPlace(tmp_path / "plan") if where == "folder" else MemoryPlace()
    project = await sandbox.prepare(name="p", media=4)
    entries = [named(n, n, broken=n == 0) for n in range(4)]
    asked = {"server": sandbox.url, "project": project.id, "settings": {"media_by": "name"}}
    plan = planned(place, tmp_path / "l.json", [[0, 1], [2, 3]], entries, **asked)
    for index in (0, 1):
        await work_on(plan, index, place, WORKER, Caller())
    if where == "bucket without names":
        place.remove(f"work/00001/epoch-000001/{NAMES}")
    given = tmp_path / "c.jsonl"
    given.write_text(json.dumps({"position": 0, "entry": named(3, 9, keep=False)}) + "\n")
    (ours,) = routed(place, gather(place), given)
    given.write_bytes(b"".join(ours.lines))
    before = await sandbox.labels(project.id)
    fed = await feed_again(plan, 0, place, WORKER, Caller(), Feed(corrected=given))
    assert list(fed.held_back) == [0]
    assert await sandbox.labels(project.id) == before
