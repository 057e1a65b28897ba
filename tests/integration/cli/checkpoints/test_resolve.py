"""A person may decide what nobody else can know, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.checkpoint import Checkpoint, read_state, verify
from bulk_importer.spans import Span
from support.checkpoints import header
from support.entries import batch_of, segment_of


@pytest.fixture
async def doubtful(tmp_path: Path) -> Path:
    """A checkpoint with two batches in doubt, and one that a dead run left under way."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 30))
    for number in range(3):
        await checkpoint.record_sent(batch_of(number, range(10 * number, 10 * number + 10)))
    await checkpoint.record_in_doubt(batch_of(0, range(10)), "connection reset")
    await checkpoint.record_in_doubt(batch_of(1, range(10, 20)), "504")
    await checkpoint.close()
    return tmp_path


async def test_what_landed_is_delivered(run: Callable[..., Any], doubtful: Path) -> None:
    """All that is in doubt, and what a dead run left under way; exit 0, because nothing is in doubt now."""
    done = await run("resolve", doubtful, "--delivered")
    assert done.code == 0
    assert "batch 2: 10 entries are delivered now" in done.out
    _, state = read_state(doubtful)
    assert state.delivered.spans == (Span(0, 30),)
    assert verify(doubtful).holds


async def test_what_did_not_land_is_owed_and_the_risk_is_said(
    run: Callable[..., Any], doubtful: Path
) -> None:
    """The next import sends it."""
    done = await run("resolve", doubtful, "--not-delivered", "--batch", 1)
    assert done.code == 5
    assert "they are there twice" in done.out
    assert "2 batches are still unconfirmed" in done.out
    _, state = read_state(doubtful)
    assert list(state.owed_within(0, 30)) == [Span(10, 20)]


async def test_a_batch_that_is_not_in_doubt_is_a_usage_error(run: Callable[..., Any], doubtful: Path) -> None:
    """Which names those that are; nothing is recorded about the others."""
    done = await run("resolve", doubtful, "--not-delivered", "--batch", 1, "--batch", 7)
    assert done.code == 2
    assert "Batch 7 is not unconfirmed" in done.err
    assert "unconfirmed: 0, 1, 2" in done.err
    assert len(read_state(doubtful)[1].doubts()) == 3


async def test_a_decision_is_needed_and_only_one(run: Callable[..., Any], doubtful: Path) -> None:
    """Neither is a default."""
    assert (await run("resolve", doubtful)).code == 2
    assert (await run("resolve", doubtful, "--not-delivered", "--delivered")).code == 2


async def test_json_says_what_was_resolved_and_how_much_is_left(
    run: Callable[..., Any], doubtful: Path
) -> None:
    """One object."""
    done = await run("resolve", doubtful, "--delivered", "--batch", 0, "--json")
    assert json.loads(done.out) == {
        "delivered": True,
        "resolved": [{"batch": 0, "spans": [[0, 10]], "entries": 10}],
        "still_in_doubt": 2,
        "retries_in_doubt": [],
    }


async def test_a_run_that_goes_on_is_not_overruled(run: Callable[..., Any], doubtful: Path) -> None:
    """Exit 7: it holds the lock, and will ask the server itself."""
    running = Checkpoint.open(doubtful, header("other-run"))
    done = await run("resolve", doubtful, "--not-delivered")
    assert done.code == 7
    assert "other-run" in done.err
    await running.close()
