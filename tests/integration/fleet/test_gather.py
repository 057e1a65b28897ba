"""`gather` on the command line: files of the whole, what is said, and the code that it ends with."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from integration.cli.conftest import Run

from bulk_importer.distributed.gathering.writing import alone_in
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from support.fleet.imported import import_shard, leave_lease, leave_result, work_folder


async def test_a_plan_that_is_done_is_summed_up_with_its_rejected_entries_and_a_page(
    place: FolderPlace, plan: Plan, run: Run
) -> None:
    """One file of rejected entries, in the order of the source, one summary, one page, and what to do with them."""
    for index in range(3):
        await import_shard(place, plan, index)
    done = await run("gather", place.name)
    assert done.code == 1
    assert "Complete: 6 of 10 entries delivered, 4 rejected" in done.out
    assert "shards                 3: 3 complete" in done.out
    assert f"bulk-importer retry {place.name} CORRECTED.jsonl" in done.out
    folder = Path(place.name, "gathered")
    lines = [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]
    assert [line["position"] for line in lines] == [2, 5, 7, 8]
    content = Path(plan.source).read_bytes()
    assert all(content[line["offset"] :].startswith(b'{"internal_media_ID"') for line in lines)
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["state"], summary["delivered"], len(summary["shards"])) == ("complete", 6, 3)
    page = (folder / "report.html").read_text()
    assert "6 of 10 entries delivered, 4 rejected." in page
    assert "Position 7, media" in page
    assert 'href="rejected.jsonl#:~:text=%22position%22%3A2%2C">line 1 of rejected.jsonl</a>' in page


async def test_shards_that_need_something_are_named_with_the_command(
    place: FolderPlace, plan: Plan, run: Run
) -> None:
    """One command for one shard, one line for all; who is at work, and why somebody gave up."""
    leave_lease(place, 0, is_free=True)
    leave_result(place, plan, 0, exit_code=6, message="The server is away.")
    await import_shard(place, plan, 1, limit=1)
    leave_lease(place, 2, holder="host-7 (pid 12)")
    done = await run("gather", place.name)
    assert done.code == 6
    assert "Running: 1 of 10 entries delivered" in done.out
    assert "Shard 0: The server is away." in done.out
    assert "2: host-7 (pid 12)" in done.out
    assert "2 shards (0-1) are left to work on." in done.out
    assert f"      bulk-importer work {place.name} --index 0\n" in done.out
    loop = f"for index in $(seq 0 1); do bulk-importer work {place.name} --index $index; done"
    assert f"      {loop}\n" in done.out


async def test_a_worker_without_a_sign_of_life_is_told(place: FolderPlace, plan: Plan, run: Run) -> None:
    """Whoever is told takes its shard over by the command that is named."""
    leave_lease(place, 2, holder="host-7", seconds=-1)
    done = await run("gather", place.name)
    assert re.search(r"2: host-7, no sign of life for \d+ s", done.out)
    assert (
        "The worker of shard 2 gives no sign of life any more. To take over what it leaves, run" in done.out
    )


async def test_programs_get_all_of_it_and_nothing_else(place: FolderPlace, plan: Plan, run: Run) -> None:
    """`--json` prints what `summary.json` holds."""
    await import_shard(place, plan, 0)
    done = await run("gather", place.name, "--json", "--no-report")
    facts = json.loads(done.out)
    assert facts == json.loads(Path(place.name, "gathered", "summary.json").read_text())
    assert (done.code, facts["exit_code"], facts["report"]) == (9, 9, None)
    assert facts["shards"][0]["rejected"] == 2
    assert not Path(place.name, "gathered", "report.html").exists()


async def test_another_folder_and_another_page_may_be_named(
    place: FolderPlace, plan: Plan, run: Run, tmp_path: Path
) -> None:
    """Nothing is written where the plan lies then."""
    done = await run("gather", place.name, "--output", tmp_path / "out", "--report", tmp_path / "r.html")
    assert done.code == 9
    assert "Not begun: 0 of 10 entries delivered, 10 not read yet" in done.out
    assert sorted(path.name for path in (tmp_path / "out").glob("[!.]*")) == [
        "rejected.jsonl",
        "summary.json",
    ]
    assert (tmp_path / "r.html").exists()
    assert not Path(place.name, "gathered").exists()


async def test_rejected_entries_that_somebody_cut_off_make_it_7_and_the_others_are_there(
    place: FolderPlace, plan: Plan, run: Run
) -> None:
    """The file beside the log of a shard is not what that counts on."""
    for index in range(3):
        await import_shard(place, plan, index)
    (work_folder(place, 0) / "rejected.jsonl").write_bytes(b"")
    done = await run("gather", place.name)
    assert done.code == 7
    assert "its log counts 2 rejected entries, and rejected.jsonl has 0" in done.out
    lines = Path(place.name, "gathered", "rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["position"] for line in lines] == [5, 8]


@pytest.mark.parametrize("made", [False, True])
async def test_where_no_plan_lies_it_says_how_one_is_made(tmp_path: Path, run: Run, made: bool) -> None:
    """Neither a folder that is not there, nor an empty one, is filled."""
    folder = tmp_path / "nothing"
    if made:
        folder.mkdir()
    done = await run("gather", folder)
    assert done.code == 2
    assert "bulk-importer plan SOURCE" in done.err
    assert folder.exists() == made
    assert not made or not list(folder.iterdir())


async def test_a_plan_that_is_not_what_was_written_is_refused(
    place: FolderPlace, plan: Plan, run: Run
) -> None:
    """Sums over a plan that somebody changed would be those of another one."""
    path = Path(place.name, "plan.json")
    path.write_bytes(path.read_bytes().replace(b'"entries":10', b'"entries":11'))
    done = await run("gather", place.name)
    assert done.code == 7
    assert "plan.json is not what was written" in done.err


async def test_a_shard_whose_log_was_lost_is_not_said_to_be_not_begun(
    place: FolderPlace, plan: Plan, run_process: Run
) -> None:
    """The worker said what it delivered: whoever believes that nothing is done looks for the wrong thing."""
    await run_process("work", place.name, "--index", 1)
    (work_folder(place, 1) / "log").unlink()
    done = await run_process("gather", place.name, "--no-report")
    assert done.code == 7
    assert (
        "The log of shard 1 is gone, and the last work on it says that 2 of 3 entries were delivered."
        in done.out
    )
    assert "work/00001" in done.out


async def test_where_nothing_can_be_put_together_another_folder_is_named(
    place: FolderPlace, plan: Plan, run: Run, tmp_path: Path
) -> None:
    """A plan that can only be read is gathered all the same."""
    Path(place.name, "gathered").write_text("")
    done = await run("gather", place.name)
    assert done.code == 7
    assert f"The folder {place.name}/gathered cannot be used" in done.err
    assert "or name another one with --output." in done.err
    assert (await run("gather", place.name, "--output", tmp_path / "out")).code == 9


async def test_two_that_put_together_the_same_do_it_one_after_the_other(
    place: FolderPlace, plan: Plan, run: Run
) -> None:
    """Else one of them would take the unfinished file of the other for its own."""
    for index in range(3):
        await import_shard(place, plan, index)
    with alone_in(Path(place.name, "gathered"), print):
        waiting = asyncio.ensure_future(run("gather", place.name))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
    assert "Another process puts something together" in (await waiting).err
    folder = Path(place.name, "gathered")
    assert len((folder / "rejected.jsonl").read_text().splitlines()) == 4


async def test_where_there_is_no_plan_no_folder_is_made(run: Run, tmp_path: Path) -> None:
    """A folder with what was put together would look like one."""
    assert (await run("gather", tmp_path / "nothing")).code == 2
    assert not (tmp_path / "nothing").exists()
