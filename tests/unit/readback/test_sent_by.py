"""By which clock a batch was sent is known to whoever goes on with a log, however many did before."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.checkpoint import Checkpoint, Header, SourceIdentity
from bulk_importer.datagym.reads.server_clock import ServerClock
from bulk_importer.model import Batch
from bulk_importer.readback.sent_by import clock_of, note_clock
from bulk_importer.spans import Span
from support.entries import run_of, segment_of

ENTRIES = 8


def ahead(seconds: float | None) -> ServerClock:
    """A server whose clock is ahead by so much; None: it gives no dates."""
    clock = ServerClock()
    if seconds is not None:
        clock.note(0.0, 0.0, seconds)
    return clock


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """A log in which nothing is on record."""
    header = Header(source="s", identity=SourceIdentity(), server="http://s", project="p", run="r")
    return Checkpoint.open(tmp_path / "c", header)


async def test_each_batch_is_by_the_clock_of_the_run_that_sent_it(checkpoint: Checkpoint) -> None:
    """Also where runs between have sent nothing that is in doubt, and one had a server that gives no dates."""
    raws = [b"{}"] * ENTRIES
    run = run_of([f"m{n}" for n in range(ENTRIES)], raws)
    await checkpoint.record_segment(segment_of(0, ENTRIES, run=run, key={"length": len(run.data)}))
    clocks = [7.0, 100.0, None, -50.0]
    for seconds in clocks:
        await note_clock(checkpoint, ahead(seconds))
        await note_clock(checkpoint, ahead(seconds))
        first = checkpoint.state.next_batch
        for number in (first, first + 1):
            batch = Batch(number, (run.at([Span(number, number + 1)]),), b"[{}]", 1, 1)
            await checkpoint.record_sent(batch)
            await checkpoint.record_in_doubt(batch, "reset")
        if seconds == 100.0:
            for number in (first, first + 1):
                await checkpoint.record_resolved(number, delivered=True, why="they are there")
    state = checkpoint.state
    assert [doubt.batch for doubt in state.doubts()] == [0, 1, 4, 5, 6, 7]
    least = [clock_of(state, doubt.batch).least_ahead for doubt in state.doubts()]
    assert least == [7.0, 7.0, float("-inf"), float("-inf"), -50.0, -50.0]
    assert str(state.notes["server_clock"]).count("batch") == 3
    await checkpoint.close()


async def test_of_a_log_without_such_notes_nothing_is_known(checkpoint: Checkpoint) -> None:
    """It was written before there were any."""
    assert not clock_of(checkpoint.state, 0).is_known
    await checkpoint.close()
