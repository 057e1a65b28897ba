"""`status` of a plan: how many shards stand how, who has which, and whether they still give a sign of life."""

from __future__ import annotations

import json
import re

import pytest
from integration.cli.conftest import Run

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from support.fleet.imported import import_shard, leave_lease, work_folder


async def test_a_fleet_that_is_at_work_is_shown_with_who_has_what(
    place: FolderPlace, plan: Plan, run: Run
) -> None:
    """Shards that a worker has are named, with the worker; how to go on stands below."""
    await import_shard(place, plan, 0)
    leave_lease(place, 1, holder="host-7 (pid 12)")
    leave_lease(place, 2, epoch=3, holder="host-8", seconds=-1)
    place.create("seats/0/lease-000001", place.read("work/00001/lease-000001") or b"")
    done = await run("status", place.name)
    assert done.code == 9
    assert "Running, 40% done" in done.out
    assert "shards                 3: 1 complete, 2 held" in done.out
    assert "not read yet           6" in done.out
    silent, lively = re.findall(r"  shard (\d.*)", done.out)
    assert re.match(r"2: host-8, epoch 3, no sign of life for \d+ s, since 2026-", silent)
    assert lively == "1: host-7 (pid 12), since 2026-11-28T01:00:00+00:00"
    assert "1 of 2 seats taken" in done.out
    assert f"bulk-importer work {place.name} --index 2" in done.out


async def test_programs_get_the_same_with_its_rate(place: FolderPlace, plan: Plan, run: Run) -> None:
    """The rate is that of the last minute, by the logs of those who are at work."""
    await import_shard(place, plan, 0, is_free=False)
    facts = json.loads((await run("status", place.name, "--json")).out)
    assert (facts["exit_code"], facts["state"], facts["delivered"]) == (9, "stopped", 2)
    assert (facts["entries_per_second"], facts["seats"]) == (None, [None, None])
    assert [each["state"] for each in facts["shards"]] == ["complete", "not begun", "not begun"]


async def test_it_is_watched_until_nobody_is_at_work(
    place: FolderPlace, plan: Plan, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object on each line; one look more, because between two shards nobody has any for a moment."""
    await import_shard(place, plan, 0)
    leave_lease(place, 1)
    looks: list[float] = []

    def give_back(seconds: float) -> None:
        looks.append(seconds)
        place.create("work/00001/free-000001", b"")

    monkeypatch.setattr("bulk_importer.cli.fleet.status.time.sleep", give_back)
    done = await run("status", place.name, "--watch", "0.5", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[0]["states"] == {"complete": 1, "held": 1, "not begun": 1}
    assert lines[-1]["states"] == {"complete": 1, "not begun": 2}
    assert (done.code, looks) == (9, [0.5, 0.5])


async def test_a_damaged_shard_is_told_beside_the_others(place: FolderPlace, plan: Plan, run: Run) -> None:
    """And makes it 7."""
    await import_shard(place, plan, 0)
    await import_shard(place, plan, 1)
    (work_folder(place, 1) / "log").write_bytes(b"nothing of ours")
    done = await run("status", place.name)
    assert done.code == 7
    assert "What is on record of shard 1 cannot be used" in done.out
    assert "1 complete, 1 not begun, 1 unusable" in done.out


async def test_a_plan_has_no_page(place: FolderPlace, plan: Plan, run: Run) -> None:
    """What has one is named."""
    done = await run("status", place.name, "--page")
    assert done.code == 2
    assert "bulk-importer gather PLAN" in done.err
