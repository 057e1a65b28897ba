"""`verify` of a plan proves the log of each shard, and that together they are the whole."""

from __future__ import annotations

import json

from integration.cli.conftest import Run

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from support.fleet.imported import import_shard, work_folder


async def test_a_plan_that_is_done_is_proven(place: FolderPlace, plan: Plan, run: Run) -> None:
    """Each log by itself, the cuts, and the sum."""
    for index in range(3):
        await import_shard(place, plan, index)
    done = await run("verify", place.name)
    assert done.code == 1
    assert "proven   each of 10 positions is in one of 3 shards" in done.out
    assert "proven   6 delivered + 4 rejected = 10 of the plan" in done.out
    assert "proven   the log of 3 shards: 0-2" in done.out
    assert "Every entry is accounted for, once." in done.out
    done = await run("verify", place.name, plan.source, "--json")
    claims = [each for it in json.loads(done.out)["checkpoints"] for each in it["claims"]]
    assert [each["holds"] for each in claims if each["claim"] == "source"] == [True] * 3
    assert done.code == 1


async def test_what_is_left_is_said_and_what_is_wrong_is_named(
    place: FolderPlace, plan: Plan, run: Run
) -> None:
    """By the shard, and with the code that says that something is not as it must be."""
    await import_shard(place, plan, 0)
    await import_shard(place, plan, 1)
    done = await run("verify", place.name)
    assert done.code == 9
    assert "Not finished (2 complete, 1 not begun); keep the source." in done.out
    (work_folder(place, 1) / "rejected.jsonl").write_bytes(b"")
    done = await run("verify", place.name, "--json")
    facts = json.loads(done.out)
    assert (done.code, facts["proven"]) == (7, False)
    assert [(each["shard"], each["proven"]) for each in facts["checkpoints"]] == [(0, True), (1, False)]


async def test_a_report_of_a_plan_is_made_by_gather(place: FolderPlace, plan: Plan, run: Run) -> None:
    """Which is said."""
    done = await run("report", place.name)
    assert done.code == 2
    assert f"'bulk-importer gather {place.name}' makes the report" in done.err
