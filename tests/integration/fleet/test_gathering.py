"""What came of the shards of a plan is put together: the sums, the proof, the rejected entries, the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.rejects import in_order, rejected_in
from bulk_importer.distributed.gathering.totals import facts_of, whole_of
from bulk_importer.distributed.gathering.values import ShardState
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.planning.reading import encoded_plan, id_of
from bulk_importer.distributed.values import PLAN, Plan
from bulk_importer.errors import ExitCode
from bulk_importer.settings import Settings
from bulk_importer.summary import Replacement, RunState
from support.entries import entry
from support.fleet.imported import import_shard, leave_lease, leave_result, work_folder
from support.fleet.plans import planned
from support.importing import import_file


async def test_all_shards_together_are_one_import_of_the_whole(
    place: FolderPlace, plan: Plan, start_sandbox: Callable[..., Any]
) -> None:
    """The same sums, the same findings, and the same rejected lines to the byte, but for their order in one file."""
    for index in range(3):
        await import_shard(place, plan, index)
    gathered = gather(place)
    whole = whole_of(gathered)
    other = await start_sandbox(seed=1)
    await other.prepare(name="p", media=10)
    settings = Settings(server=other.url, project=plan.project, workers=0)
    single = await import_file(Path(plan.source), settings)
    for name in ("state", "exit_code", "entries", "delivered", "rejected", "findings", "media_delivered"):
        assert getattr(whole, name) == getattr(single, name), name
    assert (whole.media_undelivered, whole.media_without_entry) == (single.media_undelivered, 0)
    lines = [line for _, line in in_order(rejected_in(place, gathered))]
    written = Path(single.checkpoint, "rejected.jsonl").read_bytes().splitlines(keepends=True)
    assert lines == sorted(written, key=lambda line: json.loads(line)["position"])
    assert gathered.is_proven
    assert gathered.exit_code is ExitCode.REJECTIONS


async def test_shards_that_are_left_make_the_whole_unfinished(place: FolderPlace, plan: Plan) -> None:
    """Not begun, held and stopped ones count with what they have; every position is in one sum."""
    await import_shard(place, plan, 0, limit=1)
    leave_lease(place, 1, holder="host-7 (pid 12)")
    gathered = gather(place)
    assert [each.state for each in gathered.standings] == [
        ShardState.STOPPED,
        ShardState.HELD,
        ShardState.NOT_BEGUN,
    ]
    holder = gathered.standings[1].holder
    assert holder is not None
    assert (holder.name, holder.epoch) == ("host-7 (pid 12)", 1)
    assert (gathered.exit_code, gathered.state) == (ExitCode.UNFINISHED, RunState.RUNNING)
    assert gathered.is_proven
    assert "not read yet" in gathered.claims[1].text


async def test_the_last_epoch_counts_and_no_other(place: FolderPlace, plan: Plan) -> None:
    """What a lost worker still writes, it writes where nobody reads."""
    await import_shard(place, plan, 1, epoch=1)
    leave_lease(place, 1, epoch=2, holder="second")
    work_folder(place, 1, 2).mkdir()
    assert gather(place).standings[1].state is ShardState.COMPLETE
    (work_folder(place, 1, 2) / "log").write_bytes((work_folder(place, 1, 1) / "log").read_bytes())
    (work_folder(place, 1, 1) / "log").write_bytes(b"what a lost worker left")
    standing = gather(place).standings[1]
    assert (standing.state, standing.folder) == (ShardState.COMPLETE, "work/00001/epoch-000002")


async def test_a_damaged_log_is_said_and_the_others_are_gathered(place: FolderPlace, plan: Plan) -> None:
    """The whole ends with 7, and says of which shard it cannot tell."""
    for index in (0, 2):
        await import_shard(place, plan, index)
    log = work_folder(place, 0) / "log"
    log.write_bytes(log.read_bytes()[:80] + b"#" + log.read_bytes()[81:])
    gathered = gather(place)
    assert gathered.standings[0].state is ShardState.UNUSABLE
    assert str(log) in gathered.standings[0].message
    assert gathered.exit_code is ExitCode.CHECKPOINT
    assert whole_of(gathered).entries == 3
    assert [position for position, _ in in_order(rejected_in(place, gathered))] == [8]


async def test_a_log_of_something_else_is_not_counted(place: FolderPlace, plan: Plan) -> None:
    """The log of another shard, put there by hand, has another number of entries."""
    await import_shard(place, plan, 0)
    work_folder(place, 0).rename(work_folder(place, 2).parent.with_name("away"))
    (work_folder(place, 1)).parent.mkdir(parents=True, exist_ok=True)
    work_folder(place, 2).parent.with_name("away").rename(work_folder(place, 1))
    standing = gather(place).standings[1]
    assert standing.state is ShardState.UNUSABLE
    assert "counts 4 entries, and the shard has 3" in standing.message


def test_why_a_worker_gave_up_before_it_had_a_log_is_known_by_its_result(
    place: FolderPlace, plan: Plan
) -> None:
    """The server was not there: exit code 6 is that of the whole, and what it said is told."""
    leave_lease(place, 1, is_free=True)
    leave_result(place, plan, 1, exit_code=6, message="The server is away.")
    gathered = gather(place)
    assert gathered.standings[1].state is ShardState.FAILED
    assert gathered.exit_code is ExitCode.SERVER
    assert "Shard 1: The server is away." in whole_of(gathered).message


def test_shards_that_do_not_hold_each_position_once_are_a_plan_that_contradicts_itself(
    place: FolderPlace, tmp_path: Path
) -> None:
    """A plan that says that there are more entries than its shards hold."""
    plan = planned(place, tmp_path / "labels.json", [[0, 1], [2]], entries=[entry(f"m{n}") for n in range(3)])
    assert gather(place).is_proven
    place.replace(PLAN, encoded_plan(replace(plan, entries=4, id=id_of(replace(plan, entries=4)))))
    gathered = gather(place)
    assert [claim.name for claim in gathered.claims if not claim.holds] == ["pieces"]
    assert gathered.exit_code is ExitCode.CHECKPOINT


def test_pieces_that_are_not_what_was_written_are_said(place: FolderPlace, tmp_path: Path) -> None:
    """And the shards are gathered all the same."""
    planned(place, tmp_path / "labels.json", [[0, 1], [2]])
    shard = next((tmp_path / "plan" / "shards").iterdir())
    shard.write_bytes(shard.read_bytes() + b" ")
    gathered = gather(place)
    assert gathered.exit_code is ExitCode.CHECKPOINT
    assert "its digest is another one" in whole_of(gathered).message


async def test_facts_have_the_keys_of_an_import_and_the_shards(place: FolderPlace, plan: Plan) -> None:
    """What programs read of an import they read of a fleet."""
    single = await import_shard(place, plan, 1)
    gathered = gather(place)
    facts = facts_of(gathered, whole_of(gathered))
    assert single.to_builtins().keys() <= facts.keys()
    assert [each["state"] for each in facts["shards"]] == ["not begun", "complete", "not begun"]
    assert facts["shards"][1]["delivered"] == 2
    assert facts["states"] == {"not begun": 2, "complete": 1}


async def test_what_was_complete_a_moment_ago_is_not_read_again(place: FolderPlace, plan: Plan) -> None:
    """For who looks every other second."""
    await import_shard(place, plan, 1)
    before = gather(place)
    (work_folder(place, 1) / "log").write_bytes(b"")
    assert gather(place, before=before).standings[1] is before.standings[1]


async def test_a_shard_is_said_to_replace_labels_of_no_more_media_than_it_has_entries(
    place: FolderPlace, plan: Plan
) -> None:
    """Each knows at most how many media of the project hold labels: these add up to more than the project has."""
    for index in range(3):
        await import_shard(place, plan, index)
    gathered = gather(place)
    said = Replacement(media=1000, is_exact=False, is_whole=True)
    standings = [
        replace(each, summary=replace(each.summary, replacement=said))
        for each in gathered.standings
        if each.summary is not None
    ]
    replaced = whole_of(replace(gathered, standings=standings)).replacement
    assert replaced is not None
    assert (replaced.media, replaced.is_exact, replaced.is_whole) == (10, False, True)
