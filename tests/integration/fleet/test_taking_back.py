"""An import by a plan is taken back, all of it or a shard; what is done with one import alone is refused in words."""

from __future__ import annotations

import asyncio
import json
import secrets
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from integration.cli.conftest import Run

from bulk_importer.distributed.leases.lease import take
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.values import Plan
from bulk_importer.distributed.work import working
from bulk_importer.distributed.work.working import Worker
from bulk_importer.pipeline import Caller, ImportSpec, import_source
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary
from support.commands import COMMAND
from support.entries import entry
from support.fleet.imported import import_shard, leave_lease, work_folder
from support.fleet.plans import planned


def _labelled(labels: Mapping[str, Any]) -> set[str]:
    return {media_id for media_id, held in labels.items() if any(row["valid"] for row in held)}


async def undo_that_waits(place: FolderPlace, index: int) -> asyncio.subprocess.Process:
    """An undo of the plan that has come to wait for a shard, or has ended without that."""
    undo = await asyncio.create_subprocess_exec(
        *(*COMMAND, "undo", place.name, "--yes"), stdout=PIPE, stderr=PIPE
    )
    assert undo.stderr is not None
    while (line := await undo.stderr.readline()) and b"Shard %d of" % index not in line:
        pass
    return undo


async def test_undo_of_a_shard_takes_back_what_that_shard_brought_and_no_more(
    place: FolderPlace, plan: Plan, run_process: Run, sandbox: Sandbox
) -> None:
    """The source of a shard is its part of that of the plan, and no file of its name."""
    for index in (0, 1):
        assert (await run_process("work", place.name, "--index", index, "--no-report")).code == 1
    before = await sandbox.labels(plan.project)
    done = await run_process("undo", work_folder(place, 0), "--yes")
    assert done.code == 0, done.err
    after = await sandbox.labels(plan.project)
    assert (len(_labelled(before)), len(_labelled(after))) == (4, 2)
    assert _labelled(after) < _labelled(before)
    done = await run_process("retry", place.name)
    assert done.code == 7
    assert "What shard 0 brought was taken back by undo, so nothing is fed again of that." in done.err
    assert "Fed again: 1 entry, in 1 shard." in done.out


async def test_undo_of_a_plan_takes_back_all_shards_and_says_what_all_of_it_is(
    place: FolderPlace, plan: Plan, run_process: Run, sandbox: Sandbox
) -> None:
    """One preview, one exit code; a shard that was begun with before is resumed, and nothing is sent twice."""
    for index in (0, 1):
        await run_process("work", place.name, "--index", index, "--no-report")
    done = await run_process("undo", place.name, "--dry-run")
    assert done.code == 0, done.err
    assert "The import sent something to 4 media." in done.out
    assert "Nothing was sent." in done.out
    assert len(_labelled(await sandbox.labels(plan.project))) == 4
    assert (await run_process("undo", work_folder(place, 1), "--yes")).code == 0
    done = await run_process("undo", place.name, "--yes")
    assert done.code == 0, done.err
    assert "2 shards are taken back: 4 media hold again what was there before the import." in done.out
    assert _labelled(await sandbox.labels(plan.project)) == set()
    sent = dict(sandbox.commits)
    facts = json.loads((await run_process("undo", place.name, "--json", "--yes")).out)
    assert (facts["exit_code"], facts["media"], facts["restored"]) == (0, 4, 4)
    assert sandbox.commits == sent
    done = await run_process("gather", place.name, "--no-report")
    assert "What 2 shards (0-1) brought was taken back by undo" in done.out
    assert "left to work on" not in done.out
    for index in (0, 2):  # one that was finished, and one that was not begun
        done = await run_process("work", place.name, "--index", index)
        assert done.code == 7
        assert "was taken back by undo, so nothing more of it is imported" in done.err
    assert _labelled(await sandbox.labels(plan.project)) == set()
    assert "retry" not in done.out
    done = await run_process("retry", place.name)
    assert done.code == 7
    assert done.err.count("was taken back by undo") == 1
    assert "make a plan of it at another place" in done.err


async def test_media_that_somebody_changed_are_left_alone_and_said_of_all_shards(
    place: FolderPlace, plan: Plan, run_process: Run, sandbox: Sandbox
) -> None:
    """With 1, and with what has them restored as well."""
    for index in (0, 1):
        await run_process("work", place.name, "--index", index, "--no-report")
    lines = Path(plan.source).read_text()
    changed = place.name + "-changed.json"
    Path(changed).write_text(json.dumps([json.loads(lines)[0]]))
    asked = ("--server", plan.server, "--project", plan.project, "--no-report", "--onto-uploaded")
    assert (await run_process("import", changed, *asked)).code == 0
    done = await run_process("undo", place.name, "--yes")
    assert done.code == 1, done.err
    assert f"'bulk-importer undo {place.name} --force' restores these" in done.out
    assert f"Left alone, and why: {work_folder(place, 0)}/undo/0001/left_alone.jsonl" in done.out


async def test_a_shard_that_was_taken_back_before_it_was_finished_stays_so(
    place: FolderPlace, plan: Plan, run_process: Run
) -> None:
    """What to do instead is said of the plan: its worker names no checkpoint."""
    await import_shard(place, plan, 0, limit=1)
    assert (await run_process("undo", work_folder(place, 0), "--yes")).code == 0
    done = await run_process("work", place.name, "--index", 0, "--no-report")
    assert done.code == 7
    assert f"The import of shard 0 of {place.name} was taken back by undo" in done.out
    assert "make a plan of it at another place" in done.out


async def test_nothing_is_taken_back_where_that_of_one_shard_cannot_be_looked_at(
    place: FolderPlace, plan: Plan, run_process: Run, sandbox: Sandbox
) -> None:
    """No numbers are said of the others: they would look like those of the whole."""
    for index in (0, 1):
        await run_process("work", place.name, "--index", index, "--no-report")
    before = await sandbox.labels(plan.project)
    place.create("work/00001/lease-000002", b"scribble")
    for flags in (["--yes"], ["--dry-run"]):
        done = await run_process("undo", place.name, *flags)
        assert done.code == 7
        assert "Shard 1: " in done.err
        assert done.out == "Nothing was sent: it is not known of all shards what taking them back comes to.\n"
    assert await sandbox.labels(plan.project) == before


async def test_a_shard_that_is_begun_meanwhile_is_taken_back_as_well(
    place: FolderPlace, plan: Plan, run_process: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker had the lease, and had looked whether the plan is in force, when nothing was on record of it yet."""
    assert (await run_process("work", place.name, "--index", 0, "--no-report")).code == 1
    is_about_to_begin, may_begin = asyncio.Event(), asyncio.Event()

    async def import_later(spec: ImportSpec, caller: Caller) -> Summary:
        is_about_to_begin.set()
        await may_begin.wait()
        return await import_source(spec, caller)

    monkeypatch.setattr(working, "import_source", import_later)
    worker = Worker(
        settings=Settings(workers=0), said=(), tell=lambda _: None, observing=lambda *_: nullcontext(())
    )
    work = asyncio.create_task(working.work_on(plan, 1, place, worker, Caller()))
    await is_about_to_begin.wait()
    undo = await undo_that_waits(place, 1)
    may_begin.set()
    assert (await work).summary.delivered == 2
    out, _ = await undo.communicate()
    assert undo.returncode == 0
    assert b"2 shards are taken back" in out
    assert _labelled(await sandbox.labels(plan.project)) == set()


async def test_nothing_is_said_to_be_delivered_while_a_worker_is_about_to_begin(
    place: FolderPlace, plan: Plan, sandbox: Sandbox
) -> None:
    """It has its lease; what it brings then is waited for, and taken back."""
    lease = await take(place, "work/00000", holder="process 7 on pod-3", seconds=100)
    undo = await undo_that_waits(place, 0)
    await import_shard(place, plan, 0, is_free=False)
    await lease.give_back()
    out, _ = await undo.communicate()
    assert undo.returncode == 0
    assert b"1 shard is taken back" in out
    assert _labelled(await sandbox.labels(plan.project)) == set()


@pytest.mark.parametrize("is_held", [True, False])
async def test_of_a_shard_whose_worker_ended_before_it_had_begun_nothing_is_taken_back(
    place: FolderPlace, plan: Plan, run_process: Run, is_held: bool
) -> None:
    """Whether or not it gave its lease back."""
    assert (await run_process("work", place.name, "--index", 0, "--no-report")).code == 1
    leave_lease(place, 1, is_free=not is_held, seconds=0.2)
    done = await run_process("undo", place.name, "--yes")
    assert done.code == 0, done.err
    assert "1 shard is taken back" in done.out


async def test_a_plan_in_a_bucket_is_taken_back_as_well(
    run_process: Run, bucket: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Nothing that is said of it names a folder that goes with the process."""
    project = await sandbox.prepare(name="p", media=4)
    name = f"s3://labels/{secrets.token_hex(4)}"
    entries = [entry(media_id, n) for n, media_id in enumerate(project.media_ids)]
    where = {"server": sandbox.url, "project": project.id}
    planned(open_place(name), tmp_path / "labels.json", [[0, 1], [2, 3]], entries, **where)
    for index in (0, 1):
        assert (await run_process("work", name, "--index", index, "--no-report")).code == 0
    done = await run_process("verify", name, tmp_path / "labels.json", "--against-server")
    assert "Every entry is accounted for, once." in done.out
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps([entry(project.media_ids[0], 9)]))
    asked = ("--server", sandbox.url, "--project", project.id, "--no-report", "--onto-uploaded")
    assert (await run_process("import", changed, *asked)).code == 0
    done = await run_process("undo", name, "--yes")
    assert done.code == 1, done.err
    assert "2 shards are taken back: 3 media hold again what was there before the import." in done.out
    assert f"Left alone, and why: {name}/work/00000/epoch-000003/undo/0001/left_alone.jsonl" in done.out
    assert "/bulk-importer-" not in done.out + done.err
    assert _labelled(await sandbox.labels(project.id)) == {project.media_ids[0]}
    done = await run_process("work", name, "--index", 0)
    assert done.code == 7
    assert "was taken back by undo, so nothing more of it is imported" in done.err


@pytest.mark.parametrize(
    "command",
    [["complete", "--dry-run"], ["control"]],
    ids=lambda command: command[0],
)
async def test_what_takes_a_checkpoint_says_of_a_plan_which_ones_to_give(
    place: FolderPlace, plan: Plan, run: Run, command: list[str]
) -> None:
    """A plan has no log of its own: that 'there is no log in it' would send people looking for the wrong thing."""
    name, *flags = command
    asked = [name, place.name, *flags, *(["pause"] if name == "control" else [])]
    done = await run(*asked)
    assert done.code == 2
    assert "is a plan, and this is done for one shard at a time" in done.err
    assert str(Path(place.name, "work", "00000")) in done.err


@pytest.mark.parametrize("command", [["complete", "--dry-run"], ["control"], ["report"]], ids=" ".join)
async def test_what_takes_a_folder_says_so_of_a_plan_in_a_bucket(run: Run, command: list[str]) -> None:
    """By its name, which is no path; nobody is asked for it."""
    name, *flags = command
    done = await run(name, "s3://labels/plan", *flags, *(["pause"] if name == "control" else []))
    assert done.code == 2
    assert done.err.startswith("bulk-importer: s3://labels/plan is ")
