"""What is damaged or gone of a plan is named, with where it is; and what is said to be done about it is true."""

from __future__ import annotations

import shutil
from pathlib import Path

from integration.cli.conftest import Run

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from bulk_importer.sandbox import Sandbox


async def test_a_source_that_is_gone_is_said_with_what_the_plan_expects_and_may_be_elsewhere(
    place: FolderPlace, plan: Plan, run_process: Run, tmp_path: Path
) -> None:
    """By `work`, and by `retry`, which reads it to see what came after the rejected entries."""
    away = shutil.move(plan.source, tmp_path / "away.json")
    done = await run_process("work", place.name, "--index", 0)
    assert done.code == 3
    assert f"{plan.source} cannot be read" in done.err
    assert f"The plan at {place.name} was made of it (10 entries, {plan.bytes:,} bytes)" in done.err
    done = await run_process("work", place.name, "--index", 0, "--source", away)
    assert done.code == 1, done.err
    done = await run_process("retry", place.name)
    assert "was made of it (10 entries" in done.err
    done = await run_process("retry", place.name, "--source", away)
    assert "Fed again: 2 entries, in 1 shard." in done.out


async def test_a_damaged_lease_is_given_back_by_hand(
    place: FolderPlace, plan: Plan, run_process: Run
) -> None:
    """As it is said to be; a result that is damaged is written anew by the work that follows."""
    await run_process("work", place.name, "--index", 0)
    root = Path(place.name, "work", "00000")
    for name in ("lease-000001", "result.json"):
        (root / name).write_bytes(b"")
    (root / "free-000001").unlink()
    done = await run_process("work", place.name, "--index", 0)
    assert done.code == 7
    assert f"The place {place.name} cannot be used: work/00000/lease-000001" in done.err
    assert "put an empty file work/00000/free-000001 there" in done.err
    (root / "free-000001").touch()
    done = await run_process("work", place.name, "--index", 0)
    assert done.code == 1, done.err
    assert (root / "result.json").read_bytes().startswith(b"{")


async def test_a_plan_that_is_damaged_is_made_once_more_and_taken_from_there(
    run: Run, run_process: Run, plan: Plan, sandbox: Sandbox, tmp_path: Path
) -> None:
    """What was delivered by then is not sent again."""
    asked = (plan.source, "--server", sandbox.url, "--project", plan.project, "--shards", 2, "--workers", 0)
    one, other = tmp_path / "one", tmp_path / "other"
    await run_process("plan", *asked, "--max-errors", "100%", "--output", one)
    assert (await run_process("work", one, "--index", 0)).code == 1
    before = await sandbox.labels(plan.project)
    pieces = next(iter(sorted((one / "shards").iterdir())))
    for damaged in (one / "plan.json", pieces):
        damaged.write_bytes(b"{}")
        done = await run("gather", one)
        assert done.code == 7
        assert "make the same plan at another place, by 'bulk-importer plan'" in done.out + done.err
        await run_process("plan", *asked, "--max-errors", "100%", "--output", other)
        shutil.copy(other / damaged.relative_to(one), damaged)
    done = await run_process("work", one, "--index", 0)
    assert "nothing was sent" in done.out
    assert await sandbox.labels(plan.project) == before
