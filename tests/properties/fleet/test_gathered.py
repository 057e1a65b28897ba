"""However a source is divided, its shards together are one import of the whole: sums, findings, rejected lines."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.rejects import in_order, rejected_in
from bulk_importer.distributed.gathering.totals import whole_of
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.sandbox import Sandbox, SandboxConfig
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary
from support.entries import entry
from support.fleet.imported import import_shard
from support.fleet.plans import planned
from support.importing import import_file
from support.profiles import examples

MEDIA = 5
KINDS = ("right", "broken", "unknown class", "configuration")
SAME = ("state", "exit_code", "entries", "delivered", "rejected", "skipped", "in_doubt", "owed", "findings")
SOURCES = some.lists(
    some.tuples(some.integers(0, MEDIA - 1), some.sampled_from(KINDS)), min_size=1, max_size=14
)


def element(media_id: str, position: int, kind: str) -> dict[str, object]:
    """One that tells its position; of a configuration alone nothing is sent."""
    if kind == "configuration":
        return {"label_classes": []}
    if kind == "unknown class":
        return entry(media_id, position, labels={f"no{position}": []})
    return entry(media_id, position, broken=kind == "broken")


def parts_of(source: Sequence[tuple[int, str]], shard_of_media: Sequence[int]) -> list[list[int]]:
    """The positions by shard: all of one media in one."""
    parts: dict[int, list[int]] = {}
    for position, (media, _) in enumerate(source):
        parts.setdefault(shard_of_media[media], []).append(position)
    return sorted(parts.values())


async def compared(source: Sequence[tuple[int, str]], shard_of_media: Sequence[int], folder: Path) -> None:
    """Import it both ways, into servers that are alike."""
    async with Sandbox(SandboxConfig(seed=1)) as one, Sandbox(SandboxConfig(seed=1)) as other:
        project = await one.prepare(name="p", media=MEDIA)
        await other.prepare(name="p", media=MEDIA)
        elements = [element(project.media_ids[media], at, kind) for at, (media, kind) in enumerate(source)]
        place = FolderPlace(folder / "plan")
        parts = parts_of(source, shard_of_media)
        plan = planned(place, folder / "l.json", parts, elements, server=one.url, project=project.id)
        for index in range(len(parts)):
            await import_shard(place, plan, index, check_media=False, max_batch_entries=3)
        wanted = Settings(server=other.url, project="p", workers=0, check_media=False, max_batch_entries=3)
        single = await import_file(folder / "l.json", wanted)
        assert await one.labels(project.id) == await other.labels(project.id)
    gathered = gather(place)
    _require_same(whole_of(gathered), single)
    lines = [line for _, line in in_order(rejected_in(place, gathered), folder, chunk_bytes=1)]
    written = Path(single.checkpoint, "rejected.jsonl").read_bytes().splitlines(keepends=True)
    assert lines == sorted(written, key=lambda line: json.loads(line)["position"])
    assert gathered.is_proven


def _require_same(whole: Summary, single: Summary) -> None:
    assert {name: getattr(whole, name) for name in SAME} == {name: getattr(single, name) for name in SAME}


@pytest.mark.slow
@settings(max_examples=examples(15), suppress_health_check=list(HealthCheck))
@given(source=SOURCES, shard_of_media=some.lists(some.integers(0, 3), min_size=MEDIA, max_size=MEDIA))
def test_shards_together_are_one_import_of_the_whole(
    source: list[tuple[int, str]], shard_of_media: list[int]
) -> None:
    """Whatever the cuts, and whatever was moved between them."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compared(source, shard_of_media, Path(folder)))
