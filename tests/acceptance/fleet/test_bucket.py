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
from support.commands import Command
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
