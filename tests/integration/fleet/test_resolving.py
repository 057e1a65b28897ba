"""A person decides what became of lost answers of a plan, wherever it lies; nobody who is at work is disturbed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import StartSandbox
from integration.cli.conftest import Run

from bulk_importer.distributed.leases.lease import take
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.values import Seat
from bulk_importer.sandbox import FaultScript, Sandbox
from support.entries import entry
from support.fleet.plans import planned

MEDIA = 4
PATIENT = ("--doubt-wait", "0s", "--no-report")


@pytest.fixture
async def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    """A sandbox that forgets the first upload."""
    return await start_sandbox(faults=FaultScript(["reset before commit"]), seed=1)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where the plan lies."""
    if request.param == "folder":
        return open_place(str(tmp_path / "plan"))
    request.getfixturevalue("bucket")
    return open_place(f"s3://labels/{secrets.token_hex(4)}")


@pytest.fixture
async def project(place: Place, sandbox: Sandbox, tmp_path: Path) -> str:
    """A project, for which the place has a plan of two shards."""
    made = await sandbox.prepare(name="p", media=MEDIA)
    planned(
        place,
        tmp_path / "labels.json",
        [[0, 1], [2, 3]],
        [entry(media_id, n) for n, media_id in enumerate(made.media_ids)],
        server=sandbox.url,
        project=made.id,
        seats=(Seat(max_in_flight=1),),
    )
    return made.id


def labelled(labels: Mapping[str, Any]) -> int:
    """How many media hold something."""
    return sum(any(row["valid"] for row in held) for held in labels.values())


async def test_what_was_not_delivered_is_sent_by_the_next_worker(
    place: Place, project: str, sandbox: Sandbox, run_process: Run, tmp_path: Path
) -> None:
    """Which shards that is about, and what to run, is said; before, and after."""
    assert (await run_process("work", place.name, "--index", 0, *PATIENT)).code == 5
    said = (await run_process("gather", place.name, "--no-report", "--output", tmp_path / "all")).out
    assert f"bulk-importer resolve {place.name} --delivered" in said
    done = await run_process("resolve", place.name, "--not-delivered")
    assert done.code == 0, done.err
    assert "shard 0: 2 entries are to be sent now" in done.out
    assert f"bulk-importer work {place.name} --index 0" in done.out
    assert "they are there twice" in done.out
    for index in (0, 1):
        assert (await run_process("work", place.name, "--index", index, *PATIENT)).code == 0
    assert labelled(await sandbox.labels(project)) == MEDIA


async def test_what_was_delivered_is_not_sent_again(
    place: Place, project: str, sandbox: Sandbox, run_process: Run, tmp_path: Path
) -> None:
    """A plan of which nothing else is left is complete, and an undo of it may begin."""
    assert (await run_process("work", place.name, "--index", 0, *PATIENT)).code == 5
    assert (await run_process("work", place.name, "--index", 1, *PATIENT)).code == 0
    refused = await run_process("undo", place.name, "--yes")
    assert refused.code == 5
    assert f"'bulk-importer resolve {place.name} --delivered'" in refused.err
    facts = json.loads((await run_process("resolve", place.name, "--delivered", "--json")).out)
    assert facts["shards"] == [{"index": 0, "entries": 2}]
    assert facts["still_in_doubt"] == []
    done = await run_process("gather", place.name, "--no-report", "--output", tmp_path / "all")
    assert done.code == 0
    assert labelled(await sandbox.labels(project)) == MEDIA - 2
    assert (await run_process("resolve", place.name, "--delivered")).out == "Nothing is unconfirmed.\n"


async def test_a_shard_that_is_worked_on_is_left_to_its_worker(
    place: Place, project: str, run_process: Run
) -> None:
    """It may be asking the server at this moment; who it is, and what to do, is said."""
    assert (await run_process("work", place.name, "--index", 0, *PATIENT)).code == 5
    lease = await take(place, "work/00000", holder="process 7 on pod-3", seconds=30)
    done = await run_process("resolve", place.name, "--delivered")
    assert done.code == 5
    assert "shard 0 has unconfirmed entries, and is worked on, by process 7 on pod-3" in done.out
    await lease.give_back()
    done = await run_process("resolve", place.name, "--delivered")
    assert done.code == 0, done.err


async def test_batches_are_those_of_one_shard(place: Place, project: str, run_process: Run) -> None:
    """Which is named by its checkpoint."""
    assert (await run_process("work", place.name, "--index", 0, *PATIENT)).code == 5
    done = await run_process("resolve", place.name, "--delivered", "--batch", 0)
    assert done.code == 2
    assert "names batches of one shard" in done.err
    shard = f"{place.name}/work/00000/epoch-000001"
    done = await run_process("resolve", shard, "--delivered", "--batch", 9)
    assert done.code == 2
    assert "Batch 9 is not unconfirmed" in done.err
    done = await run_process("resolve", shard, "--delivered", "--batch", 0)
    assert done.code == 0, done.err


async def test_what_a_retry_has_in_doubt_is_decided_as_well(
    place: Place, start_sandbox: StartSandbox, run_process: Run, tmp_path: Path
) -> None:
    """Its checkpoint lies in that of the shard."""
    sandbox = await start_sandbox(faults=FaultScript(["ok", "reset before commit"]), seed=1)
    made = await sandbox.prepare(name="p", media=2)
    broken = [entry(media_id, n, broken=n == 1) for n, media_id in enumerate(made.media_ids)]
    where = {"server": sandbox.url, "project": made.id, "seats": (Seat(max_in_flight=1),)}
    planned(place, tmp_path / "labels.json", [[0, 1]], broken, **where)
    assert (await run_process("work", place.name, "--index", 0, "--max-errors", "9", *PATIENT)).code == 1
    corrected = tmp_path / "corrected.jsonl"
    corrected.write_text(json.dumps({"position": 1, "entry": entry(made.media_ids[1], 1)}) + "\n")
    fed = await run_process(
        "retry", place.name, corrected, "--doubt-wait", "0s", "--no-report", "--output", tmp_path / "all"
    )
    assert fed.code == 5, fed.err
    done = await run_process("resolve", place.name, "--not-delivered")
    assert done.code == 0, done.err
    assert f"Then run, for what was fed again: bulk-importer retry {place.name}" in done.out
    again = await run_process("retry", place.name, "--no-report", "--output", tmp_path / "all")
    assert again.code == 0, again.err
    assert labelled(await sandbox.labels(made.id)) == 2
