"""However a source is divided, its shards together are one import of the whole: sums, findings, rejected lines.

Also when rejected entries were fed again, corrected, and for other media than before.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.rejects import in_order, rejected_in
from bulk_importer.distributed.gathering.routing import routed
from bulk_importer.distributed.gathering.totals import whole_of
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from bulk_importer.distributed.work.feeding import Feed, feed_again
from bulk_importer.distributed.work.working import Worker
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.retry.plan import RetrySpec
from bulk_importer.pipeline.retry.retrying import retry_rejected
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
OF_MEDIA = ("media_delivered", "media_undelivered", "media_without_entry")
SAME = ("state", "exit_code", "entries", "delivered", "rejected", "skipped", "in_doubt", "owed", "findings")
SOURCES = some.lists(
    some.tuples(some.integers(0, MEDIA - 1), some.sampled_from(KINDS)), min_size=1, max_size=14
)
SHARDS_OF_MEDIA = some.lists(some.integers(0, 3), min_size=MEDIA, max_size=MEDIA)
CORRECTIONS = some.dictionaries(
    some.integers(0, 13), some.tuples(some.integers(0, MEDIA - 1), some.booleans()), min_size=1
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


async def compared(
    source: Sequence[tuple[int, str]],
    shard_of_media: Sequence[int],
    folder: Path,
    corrections: Mapping[int, tuple[int, bool]],
) -> None:
    """Import it both ways, into servers that are alike, and feed the same corrections, by position, to both."""
    async with Sandbox(SandboxConfig(seed=1)) as one, Sandbox(SandboxConfig(seed=1)) as other:
        project = await one.prepare(name="p", media=MEDIA)
        await other.prepare(name="p", media=MEDIA)
        elements = [element(project.media_ids[media], at, kind) for at, (media, kind) in enumerate(source)]
        place = FolderPlace(folder / "plan")
        parts = parts_of(source, shard_of_media)
        plan = planned(place, folder / "l.json", parts, elements, server=one.url, project=project.id)
        same = Settings(workers=0, check_media=bool(corrections), max_batch_entries=3)
        for index in range(len(parts)):
            await import_shard(place, plan, index, check_media=same.check_media, max_batch_entries=3)
        wanted = replace(same, server=other.url, project="p")
        single = await import_file(folder / "l.json", wanted)
        assert await one.labels(project.id) == await other.labels(project.id)
        fed = [
            {"position": at, "entry": entry(project.media_ids[media], at, broken=is_broken)}
            for at, (media, is_broken) in corrections.items()
            if at < len(source) and source[at][1] in ("broken", "unknown class")
        ]
        if fed:
            (folder / "c.jsonl").write_text("".join(json.dumps(each) + "\n" for each in fed))
            await feed_shards(place, plan, folder / "c.jsonl", folder)
            again = replace(wanted, onto_uploaded=True)
            spec = RetrySpec(Path(single.checkpoint), again, corrected=folder / "c.jsonl")
            single = (await retry_rejected(spec, Caller())).summary
    gathered = gather(place)
    _require_same(whole_of(gathered), single)
    lines = [line for _, line in in_order(rejected_in(place, gathered), folder, chunk_bytes=1)]
    written = Path(single.checkpoint, "rejected.jsonl").read_bytes().splitlines(keepends=True)
    assert lines == sorted(written, key=lambda line: json.loads(line)["position"])
    assert gathered.is_proven


async def feed_shards(place: FolderPlace, plan: Plan, corrected: Path, folder: Path) -> None:
    """Feed the corrections in a file, each in the shard that its position belongs to."""
    own = Settings(workers=0, max_batch_entries=3, onto_uploaded=True)
    worker = Worker(
        settings=own,
        said=["workers", "onto_uploaded"],
        tell=lambda _: None,
        observing=lambda *_: nullcontext(()),
    )
    for each in routed(place, gather(place), corrected):
        ours = folder / "ours.jsonl"
        ours.write_bytes(b"".join(each.lines))
        await feed_again(plan, each.standing.shard.index, place, worker, Caller(), Feed(corrected=ours))


def _require_same(whole: Summary, single: Summary) -> None:
    names = (*SAME, *OF_MEDIA)
    assert {name: getattr(whole, name) for name in names} == {name: getattr(single, name) for name in names}


@pytest.mark.slow
@settings(max_examples=examples(15), suppress_health_check=list(HealthCheck))
@given(source=SOURCES, shard_of_media=SHARDS_OF_MEDIA)
def test_shards_together_are_one_import_of_the_whole(
    source: list[tuple[int, str]], shard_of_media: list[int]
) -> None:
    """Whatever the cuts, and whatever was moved between them."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compared(source, shard_of_media, Path(folder), {}))


@pytest.mark.slow
@settings(max_examples=examples(15), suppress_health_check=list(HealthCheck))
@given(source=SOURCES, shard_of_media=SHARDS_OF_MEDIA, corrections=CORRECTIONS)
def test_shards_together_are_one_import_of_the_whole_after_corrections_too(
    source: list[tuple[int, str]], shard_of_media: list[int], corrections: dict[int, tuple[int, bool]]
) -> None:
    """A media of another shard to which one brought something is counted once."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compared(source, shard_of_media, Path(folder), corrections))
