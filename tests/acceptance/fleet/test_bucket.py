"""A plan in a bucket: workers that are killed are taken over from there, and all is gathered from there."""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.s3 import put
from support.commands import Command
from support.entries import entry
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
    assert "put the corrected ones into a JSON array of their own" in gathered.stdout
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
