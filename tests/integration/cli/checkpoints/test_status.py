"""Where a run stands, told from its log, while it runs and after."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bulk_importer.checkpoint import Checkpoint, FolderOptions, LogTail
from bulk_importer.checkpoint.log.frames import frame
from bulk_importer.checkpoint.log.records import Delivered, Owed, Sent
from bulk_importer.checkpoint.log.snapshot import snapshot
from bulk_importer.checkpoint.log.throughput import Throughput
from bulk_importer.spans import Span
from support.checkpoints import header
from support.entries import batch_of, segment_of


async def begun(folder: Path, *, compact_bytes: int = 1 << 30) -> Checkpoint:
    """A run that goes on: 20 delivered, 10 in doubt, 10 in flight, 10 owed, one batch given back once."""
    checkpoint = Checkpoint.open(folder, header(), FolderOptions(compact_bytes=compact_bytes))
    await checkpoint.record_segment(segment_of(0, 50))
    batches = [batch_of(number, range(10 * number, 10 * number + 10)) for number in range(4)]
    await checkpoint.record_sent(batches[0])
    await checkpoint.record_owed(batches[0], "503 from the server")
    for batch in batches:
        await checkpoint.record_sent(batch)
    await checkpoint.record_delivered(batches[0])
    await checkpoint.record_delivered(batches[1])
    await checkpoint.record_in_doubt(batches[2], "connection reset")
    return checkpoint


async def test_a_run_that_goes_on_is_told_with_its_pace_and_its_troubles(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """Counts, who runs, how fast, how long still, what is in doubt and why, what was sent again."""
    checkpoint = await begun(tmp_path)
    facts = json.loads((await run("status", tmp_path, "--json")).out)
    counts = {name: facts[name] for name in ("entries", "delivered", "in_doubt", "in_flight", "owed")}
    assert counts == {"entries": 50, "delivered": 20, "in_doubt": 10, "in_flight": 10, "owed": 10}
    assert "(run r1)" in facts["runs_now"]
    assert set(facts["entries_per_second"]) == {"last_minute", "while_it_ran"}
    assert (facts["settled"], facts["state"], facts["exit_code"]) == (20, "running", 9)
    assert [doubt["spans"] for doubt in facts["doubts"]] == [[[20, 30]]]
    assert [trouble["reason"] for trouble in facts["troubles"]] == ["503 from the server", "connection reset"]
    text = (await run("status", tmp_path)).out
    assert "runs now, 0% done: process" in text
    assert "unconfirmed: batch 2" in text
    await checkpoint.close()


async def test_a_run_that_is_over_is_said_to_be_over(run: Callable[..., Any], tmp_path: Path) -> None:
    """And what goes on with it; watching it ends at once."""
    await (await begun(tmp_path)).close()
    done = await run("status", tmp_path, "--watch")
    assert done.code == 5
    assert "does not run now, not finished" in done.out
    assert (
        "it did not say how it ended: it was killed, the machine went down, or it could not write" in done.out
    )
    assert "The same import command resumes." in done.out


async def test_watching_ends_when_the_run_does(tmp_path: Path) -> None:
    """One JSON object on a line for each look; the last one says that nobody runs."""
    checkpoint = await begun(tmp_path)
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bulk_importer", "status", str(tmp_path), "--watch", "0.1", "--json"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert watching.stdout is not None
    first = json.loads(await watching.stdout.readline())
    await checkpoint.record_delivered(batch_of(3, range(30, 40)))
    await checkpoint.close()
    rest, _ = await watching.communicate()
    last = json.loads(rest.splitlines()[-1])
    assert (first["runs_now"] is None, first["delivered"]) == (False, 20)
    assert (last["runs_now"], last["delivered"]) == (None, 30)


async def test_a_folder_without_a_log_is_exit_7(run: Callable[..., Any], tmp_path: Path) -> None:
    """With what to give instead."""
    done = await run("status", tmp_path / "nothing")
    assert done.code == 7
    assert "Give the folder that a run named as its checkpoint" in done.err


async def test_a_tail_sees_what_is_appended_and_survives_a_compaction(tmp_path: Path) -> None:
    """After each look it says what the writer knows."""
    checkpoint = await begun(tmp_path, compact_bytes=3000)
    tail = LogTail(tmp_path)
    inodes = set()
    for number in range(10, 60):
        await checkpoint.record_segment(segment_of(40 + number, 1))
        await checkpoint.record_sent(batch_of(number, [40 + number]))
        if number % 3:
            await checkpoint.record_delivered(batch_of(number, [40 + number]))
        inodes.add((tmp_path / "log").stat().st_ino)
        tail.look()
        assert snapshot(tail.state) == snapshot(checkpoint.state)
    assert len(inodes) > 1
    assert (tail.throughput.rate(time.time() + 50, 60) or 0) * 60 > 20
    tail.close()
    await checkpoint.close()


def test_the_throughput_counts_what_was_settled_and_forgets() -> None:
    """What is owed again does not count until it is delivered."""
    throughput = Throughput()
    for second in range(10_000):
        throughput.note(Sent(batch=second, spans=(Span(0, 5),), at=float(second)))
        throughput.note(Owed(batch=second, reason="503") if second % 2 else Delivered(batch=second))
    assert throughput.rate(9_999, 10) == 2.5
    assert throughput.rate(9_999, 100) == 2.5
    assert throughput.rate(9_999, 60, since=9_989) == 2.5
    assert throughput.rate(20_000, 60) == 0
    assert len(throughput.failed_attempts) == 20


async def test_the_folder_of_several_sources_tells_each_of_them(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """It holds a checkpoint for each."""
    for name in ("a.json.checkpoint", "b.json.checkpoint"):
        (tmp_path / name).mkdir()
        await (await begun(tmp_path / name)).close()
    told = await run("status", tmp_path)
    assert told.code == 5
    rows = [line.split() for line in told.out.splitlines()]
    assert [row[0] for row in rows[:4]] == ["source", "labels.json", "labels.json", "together"]
    assert rows[3][2:] == ["100", "40", "0", "40", "20", "5"]


async def test_the_throughput_of_a_compacted_log_is_that_of_what_it_still_tells() -> None:
    """What stands before the first time that it tells of is not known, and does not make the rate lower."""
    throughput = Throughput()
    for second in range(100, 110):
        throughput.note(Sent(batch=second, spans=(Span(0, 6),), at=float(second)))
        throughput.note(Delivered(batch=second))
    throughput.until(110.0)
    assert throughput.rate(110.0, 60) == 6.0
    assert throughput.rate(100.1, 60) is None


async def test_a_log_of_before_runs_said_how_they_ended_is_told_without_that(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """It has no time and no code; what is left follows from the counts."""
    checkpoint = await begun(tmp_path)
    await checkpoint.record_run_ended(seconds=1.0)
    await checkpoint.close()
    log = tmp_path / "log"
    content = log.read_bytes()
    at = content.rindex(b'{"type":"run_ended"')
    old = b'{"type":"run_ended","seconds":1.0,"requests":0,"retries":0}'
    begin = content.rindex(b"\n", 0, at) + 1
    log.write_bytes(content[:begin] + frame(old, begin))
    facts = json.loads((await run("status", tmp_path, "--json")).out)
    assert (facts["run"]["ended"], facts["run"]["exit_code"], facts["state"]) == (None, None, "stopped")
    assert (facts["exit_code"], facts["in_doubt"], facts["owed"]) == (5, 20, 10)
    text = (await run("status", tmp_path)).out
    assert "killed" not in text
