"""A plan in a bucket: workers that are killed are taken over from there, and all is gathered from there."""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.values import Seat
from bulk_importer.errors import ExitCode
from support.around.s3 import put
from support.commands import Command
from support.entries import entry
from support.fleet.plans import planned
from support.fleet.shard import OneShard, undisturbed, uploads_of


def killed_and_taken_over(command: Command, sandbox: Any, name: str, chance: random.Random) -> list[Any]:
    """Kill two workers at random moments, let a third finish, and gather; the labels."""
    shard = OneShard(command, sandbox, name, seed=7, place=f"s3://labels/{secrets.token_hex(4)}")
    for _ in range(2):
        worker, enough = shard.start("1s"), uploads_of(sandbox) + chance.randint(1, 25)
        until = time.monotonic() + 60
        while worker.poll() is None and uploads_of(sandbox) < enough:
            assert time.monotonic() < until
        worker.kill()
        worker.communicate()
    last = shard.start("20s")
    said, trouble = last.communicate(timeout=90)
    assert last.returncode == ExitCode.DELIVERED, trouble
    assert json.loads(said)["epoch"] == 3
    gathered = command("gather", shard.plan, "--json")
    assert gathered.returncode == ExitCode.DELIVERED, gathered.stderr
    assert json.loads(gathered.stdout)["delivered"] == 240
    return shard.labels()


@pytest.mark.slow
def test_source_plan_and_work_may_all_be_in_a_bucket(
    bucket: str, command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Planned, worked on by two at a time, gathered and proven; what is said of it names nothing of this machine."""
    sandbox = sandbox_process("--seed", "1")
    media = sandbox.prepare(name="p", media=40)["media_ids"]
    entries = [entry(each, number, broken=number in (3, 30)) for number, each in enumerate(media)]
    place = f"s3://labels/{secrets.token_hex(4)}"
    put(bucket, f"{place.removeprefix('s3://labels/')}/labels.json", json.dumps(entries).encode())
    plan, asked = f"{place}/plan", ("--server", sandbox.url, "--project", "p", "--max-errors", "50%")
    made = command(
        "plan", f"{place}/labels.json", *asked, "--shards", "2", "--at-once", "2", "--output", plan
    )
    assert made.returncode in (ExitCode.DELIVERED, ExitCode.REJECTIONS), made.stderr
    workers = [command.start("work", plan, "--index", str(index)) for index in range(2)]
    for index, worker in enumerate(workers):
        said, trouble = worker.communicate(timeout=60)
        assert worker.returncode == ExitCode.REJECTIONS, trouble
        assert f"bulk-importer gather {plan} --output FOLDER" in said
        assert f"Report: {plan}/work/{index:05d}/epoch-000001/report.html" in said
        assert "/bulk-importer-" not in said + trouble
    gathered = command("gather", plan, "--output", "all")
    assert "38 of 40 entries delivered, 2 rejected" in gathered.stdout, gathered.stderr
    assert f"bulk-importer retry {plan} CORRECTED.jsonl --output all" in gathered.stdout
    rejected = (command.folder / "all" / "rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["position"] for line in rejected] == [3, 30]
    assert "Every entry is accounted for, once." in command("verify", plan).stdout


@pytest.mark.slow
def test_what_killed_workers_left_in_a_bucket_is_gone_on_with(
    bucket: str, command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """On any machine: nothing of it was on this one. The labels are those of an undisturbed run, each once."""
    sandbox = sandbox_process("--seed", "1")
    assert killed_and_taken_over(command, sandbox, "p", random.Random(3)) == undisturbed(command, sandbox)
    assert set(sandbox.commits().values()) == {1}


def corrected(command: Command, media: list[str]) -> str:
    """A file of what `gather` put into `all`, mended."""
    lines = (command.folder / "all" / "rejected.jsonl").read_text().splitlines()
    mended = [{**json.loads(line), "entry": entry(media[json.loads(line)["position"]], 1)} for line in lines]
    path = command.folder / "corrected.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in mended))
    return str(path)


@pytest.mark.slow
def test_a_retry_in_a_bucket_that_was_killed_is_gone_on_with(
    bucket: str, command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Twice, half-way through one of its shards: each entry is delivered once, and proven right afterwards."""
    sandbox, place = sandbox_process("--seed", "1"), f"s3://labels/{secrets.token_hex(4)}"
    project = sandbox.prepare(name="p", media=40)
    media = project["media_ids"]
    entries = [entry(each, number, broken=number % 3 > 0) for number, each in enumerate(media)]
    planned(
        open_place(place),
        command.folder / "l.json",
        [range(10), range(10, 40)],
        entries,
        server=sandbox.url,
        project=project["id"],
        settings={"max_batch_entries": 1, "server_request_limit": "1s", "doubt_wait": "30s"},
        seats=(Seat(max_in_flight=1),),
    )
    for index in ("0", "1"):
        assert command("work", place, "--index", index, "--max-errors", "100%").returncode == 1
    command("gather", place, "--output", "all")
    command.environment["BULK_IMPORTER_LEASE"] = "1s"
    again = ("retry", place, corrected(command, media), "--output", "all")
    for more in (2, 9):
        killed, enough = command.start(*again), uploads_of(sandbox) + more
        until = time.monotonic() + 60
        while uploads_of(sandbox) < enough:
            assert killed.poll() is None, killed.communicate()
            assert time.monotonic() < until
        killed.kill()
        killed.communicate()
    done = command(*again)
    if done.returncode == ExitCode.IN_DOUBT:  # what was in flight when it was killed is asked for
        assert (
            f"is unconfirmed. To find out what became of it, run\n      bulk-importer retry {place}\n"
            in done.stdout
        )
        done = command("retry", place, "--output", "all")
    assert done.returncode == ExitCode.DELIVERED, done.stderr + done.stdout
    assert "all 40 entries are delivered" in done.stdout
    labels = sandbox.labels(project["id"])
    assert [len([row for row in labels[each] if row["valid"]]) for each in media] == [1] * 40
    assert set(sandbox.commits().values()) == {1}
    assert "Every entry is accounted for, once." in command("verify", place).stdout
    assert (command.folder / "all" / "rejected.jsonl").read_text() == ""


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_kills_at_random_moments_double_and_lose_nothing(
    bucket: str, command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """The long form."""
    sandbox = sandbox_process("--seed", "1")
    wanted, chance = undisturbed(command, sandbox), random.Random()
    for number in range(40):
        assert killed_and_taken_over(command, sandbox, f"p{number}", chance) == wanted
    assert set(sandbox.commits().values()) == {1}
