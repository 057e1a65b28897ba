"""`retry` of a plan: each correction is fed in the shard that its position belongs to, under the lease of that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from integration.cli.conftest import Run

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import Sandbox
from support.entries import entry
from support.fleet.imported import import_shard, work_folder


@pytest.fixture
async def imported(place: FolderPlace, plan: Plan) -> Plan:
    """All shards, of which four entries are rejected."""
    for index in range(3):
        await import_shard(place, plan, index)
    return plan


async def corrections(place: FolderPlace, run: Run) -> list[dict[str, Any]]:
    """What `gather` puts together, mended."""
    await run("gather", place.name, "--no-report")
    lines = Path(place.name, "gathered", "rejected.jsonl").read_text().splitlines()
    read = [json.loads(line) for line in lines]
    return [{**line, "entry": entry(line["media_id"], line["position"])} for line in read]


def written(path: Path, lines: list[dict[str, Any]]) -> Path:
    """A file of them."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("ended", [None, ExitCode.SERVER, ExitCode.TERMINATED])
async def test_a_retry_that_ended_early_leaves_nothing_to_work_on(
    place: FolderPlace, imported: Plan, run: Run, ended: ExitCode | None
) -> None:
    """All was settled before, and a worker would find that; so it is, however the retry ended, also by a kill."""
    checkpoint = Checkpoint.reopen(work_folder(place, 0), "retry")
    if ended is not None:
        await checkpoint.record_run_ended(exit_code=ended, why="It ended so.")
    await checkpoint.close()
    done = await run("gather", place.name, "--no-report")
    assert done.code == 1
    assert "3 complete" in done.out
    assert "left to work on" not in done.out
    assert (await run("verify", place.name)).code == 1


async def test_what_the_server_does_not_hold_any_more_stays_wrong(
    place: FolderPlace, imported: Plan, run: Run
) -> None:
    """That all is settled does not make it right."""
    checkpoint = Checkpoint.reopen(work_folder(place, 0), "retry")
    await checkpoint.record_run_ended(exit_code=ExitCode.DIFFERS, why="It ended so.")
    await checkpoint.close()
    done = await run("gather", place.name, "--no-report")
    assert done.code == 10
    assert "1 failed" in done.out


async def test_what_people_corrected_is_delivered_and_the_whole_is_complete(
    place: FolderPlace, imported: Plan, run: Run, run_process: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Three of four first, with one of them still wrong; then the rest: nothing is left, and nothing is doubled."""
    lines = await corrections(place, run)
    assert [line["position"] for line in lines] == [2, 5, 7, 8]
    wrong = {**lines[2], "entry": entry(lines[2]["media_id"], 7, broken=True)}
    done = await run_process("retry", place.name, written(tmp_path / "c.jsonl", [lines[3], wrong, lines[0]]))
    assert done.code == 1
    assert "Fed again: 3 entries, in 2 shards." in done.out
    assert "8 of 10 entries delivered, 2 rejected" in done.out
    again = Path(place.name, "gathered", "rejected-again.jsonl")
    assert [json.loads(line)["position"] for line in again.read_text().splitlines()] == [7]
    done = await run_process("retry", place.name, written(tmp_path / "c.jsonl", lines), "--json")
    facts = json.loads(done.out)
    assert (done.code, facts["exit_code"], facts["state"], facts["delivered"]) == (0, 0, "complete", 10)
    assert (facts["fed_again"], facts["left_out"]) == (2, [2, 8])
    assert not again.exists()
    held = await sandbox.labels(imported.project)
    assert len(held) == 10
    assert len({len(labels) for labels in held.values()}) == 1


async def test_without_a_file_all_that_is_rejected_is_sent_as_it_is(
    place: FolderPlace, imported: Plan, run_process: Run
) -> None:
    """As after a change of the label configuration; here it is rejected once more, in each shard."""
    done = await run_process("retry", place.name, "--json")
    facts = json.loads(done.out)
    assert (done.code, facts["fed_again"], facts["rejected"]) == (1, 4, 4)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"position": 3, "entry": {}}, "corrections for positions that are not rejected: 3."),
        ({"position": 99, "entry": {}}, "corrections for positions that are not rejected: 99."),
        ({"position": 2}, "line 1: there is no 'entry' for position 2"),
        ({"entry": {}}, "line 1: not a line of rejected.jsonl"),
    ],
)
async def test_a_line_that_cannot_be_meant_stops_it_before_anything_is_sent(
    place: FolderPlace, imported: Plan, run: Run, tmp_path: Path, line: dict[str, Any], said: str
) -> None:
    """By the number that the line has in the file of the person, and by positions of the source."""
    done = await run("retry", place.name, written(tmp_path / "c.jsonl", [line]))
    assert done.code == 3
    assert said in done.err
    assert not (work_folder(place, 0) / "retries").exists()


async def test_a_position_that_is_there_twice_is_said(
    place: FolderPlace, imported: Plan, run: Run, tmp_path: Path
) -> None:
    """Nobody knows which is meant."""
    lines = await corrections(place, run)
    done = await run("retry", place.name, written(tmp_path / "c.jsonl", [*lines, lines[0]]))
    assert done.code == 3
    assert "line 5: position 2 is there twice." in done.err


async def test_a_shard_alone_is_not_fed_beside_its_plan(
    place: FolderPlace, plan: Plan, run: Run, run_process: Run, tmp_path: Path
) -> None:
    """Another worker may have its lease. What is said in its place is true, and so is what `work` says."""
    done = await run_process("work", place.name, "--index", 0)
    assert f"bulk-importer gather {place.name}\n" in done.out
    assert "epoch-000001 CORRECTED" not in done.out + (work_folder(place, 0) / "report.html").read_text()
    done = await run("retry", work_folder(place, 0))
    assert done.code == 2
    assert (
        f"'bulk-importer retry {place.name} CORRECTED.jsonl' feeds a corrected copy of that file." in done.err
    )
    done = await run_process(
        "retry", place.name, written(tmp_path / "c.jsonl", await corrections(place, run))
    )
    assert "6 not read yet" in done.out
    assert "Fed again: 2 entries, in 1 shard." in done.out


def moved(line: dict[str, Any], to: str, keep: bool | None = None) -> dict[str, Any]:
    """The correction, for another media."""
    return {**line, "entry": entry(to, line["position"], keep)}


async def media_of(plan: Plan) -> list[str]:
    """The media that the source names, by position."""
    return [each["internal_media_ID"] for each in json.loads(Path(plan.source).read_text())]


async def test_a_correction_for_a_media_of_another_shard_wipes_nothing_of_that(
    place: FolderPlace, imported: Plan, run: Run, run_process: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    """As in an import of the whole: what was delivered for the media stands behind it, in the log of another worker."""
    media = await media_of(imported)
    lines = await corrections(place, run)
    given = written(tmp_path / "c.jsonl", [moved(lines[0], media[9], keep=False), lines[1]])
    before = (await sandbox.labels(imported.project))[media[9]]
    done = await run_process("retry", place.name, given)
    assert "Fed again: 1 entry, in 2 shards." in done.out
    assert "Held back: positions 2." in done.out
    assert (await sandbox.labels(imported.project))[media[9]] == before
    done = await run_process("retry", place.name, given, "--out-of-order", "--yes")
    assert "Held back" not in done.out
    assert (await sandbox.labels(imported.project))[media[9]] != before


async def test_a_correction_does_not_wipe_what_a_retry_of_another_shard_moved_to_its_media(
    place: FolderPlace, imported: Plan, run: Run, run_process: Run, tmp_path: Path
) -> None:
    """Of the two in one file the first shard is fed first; a later file finds it as well."""
    media = await media_of(imported)
    lines = await corrections(place, run)
    given = [moved(lines[2], media[5]), moved(lines[1], media[5], keep=False)]
    assert [line["position"] for line in given] == [7, 5]
    for fed in ("Fed again: 1 entry, in 2 shards.", "Nothing was fed again."):
        done = await run_process("retry", place.name, written(tmp_path / "c.jsonl", given))
        assert fed in done.out
        assert "Held back: positions 5." in done.out


async def test_a_correction_for_another_media_waits_until_all_shards_are_complete(
    place: FolderPlace, plan: Plan, run: Run, run_process: Run, tmp_path: Path
) -> None:
    """A worker may still send for that media; what stays with its media waits for nobody."""
    await import_shard(place, plan, 0)
    media = await media_of(plan)
    lines = await corrections(place, run)
    given = written(tmp_path / "c.jsonl", [moved(lines[0], media[3]), lines[1]])
    done = await run_process("retry", place.name, given)
    assert "Fed again: 1 entry, in 1 shard." in done.out
    assert "Held back: positions 2." in done.out
    for index in (1, 2):
        await import_shard(place, plan, index)
    done = await run_process("retry", place.name, given)
    assert "Fed again: 1 entry, in 1 shard." in done.out
