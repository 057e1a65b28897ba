"""Two workers on one shard: one sends at a time, whatever the other one does, and the labels are there once."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.commands import Command
from support.fleet.shard import OneShard, undisturbed, uploads_of


def freeze_one(command: Command, sandbox: Any, chance: random.Random, number: int) -> list[Any]:
    """Freeze a worker at a random moment, let another one finish, and let the first continue; the labels."""
    shard = OneShard(command, sandbox, f"p{number}", seed=7)
    before, after = uploads_of(sandbox), chance.randint(1, 40)
    frozen = shard.start("1s")
    while frozen.poll() is None and uploads_of(sandbox) < before + after:
        pass
    frozen.send_signal(signal.SIGSTOP)
    other = shard.start("20s")
    said, trouble = other.communicate(timeout=90)
    assert other.returncode == ExitCode.DELIVERED, trouble
    executed = uploads_of(sandbox)
    frozen.send_signal(signal.SIGCONT)
    _, trouble = frozen.communicate(timeout=60)
    assert frozen.returncode in (ExitCode.CHECKPOINT, ExitCode.DELIVERED), trouble
    assert uploads_of(sandbox) == executed
    if frozen.returncode == ExitCode.CHECKPOINT:
        assert "The lease of" in trouble
        assert '"epoch": 2' in said
    return shard.labels()


@pytest.mark.slow
def test_a_worker_that_was_frozen_for_longer_than_its_lease_sends_nothing_more(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Another one takes over with its log; the labels are those of an undisturbed run, and nothing is doubled."""
    sandbox = sandbox_process("--seed", "1")
    assert freeze_one(command, sandbox, random.Random(5), 1) == undisturbed(command, sandbox)
    assert set(sandbox.commits().values()) == {1}


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_freezes_at_random_moments_double_and_lose_nothing(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """The long form."""
    sandbox = sandbox_process("--seed", "1")
    wanted, chance = undisturbed(command, sandbox), random.Random()
    for number in range(40):
        assert freeze_one(command, sandbox, chance, number) == wanted
    assert set(sandbox.commits().values()) == {1}
