"""The checkpoint as the stages see it: a call returns when its record is on disk; what may not be is not written."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bulk_importer.checkpoint import (
    Checkpoint,
    Contradiction,
    FolderOptions,
    lock_owner,
    read_state,
    rejected_lines,
    verify,
)
from bulk_importer.checkpoint.log.file import read_content
from bulk_importer.checkpoint.log.records import Suspicion
from bulk_importer.errors import CheckpointLocked, CheckpointMismatch, CheckpointUnusable
from bulk_importer.spans import Span
from support.checkpoints import FailingFile, header, no_room
from support.entries import batch_of, rejection_of, segment_of


class StepRecorder:
    """Opens files that record each step, and what the log held when it was synced last."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []
        self.synced = b""

    def open(self, path: Path) -> FailingFile:
        return FailingFile(path, self.note)

    def note(self, step: str, path: Path) -> None:
        self.steps.append((step, path.name))
        if step == "sync" and path.name == "log":
            self.synced = path.read_bytes()


async def test_sent_is_on_disk_when_the_call_returns(tmp_path: Path) -> None:
    """So the request that waits for it leaves after its record."""
    recorder = StepRecorder()
    checkpoint = Checkpoint.open(tmp_path, header(), FolderOptions(open_file=recorder.open))
    await checkpoint.record_segment(segment_of(0, 10))
    await checkpoint.record_sent(batch_of(4, [2, 3, 7]))
    assert b'{"type":"sent","batch":4,"spans":[[2,4],[7,8]]' in recorder.synced
    assert checkpoint.state.undecided[4].spans == (Span(2, 4), Span(7, 8))
    await checkpoint.close()


async def test_what_a_record_counts_on_is_synced_before_it_is_written(tmp_path: Path) -> None:
    """Digests and rejected entries first, their record last."""
    recorder = StepRecorder()
    checkpoint = Checkpoint.open(tmp_path, header(), FolderOptions(open_file=recorder.open))
    recorder.steps.clear()
    await checkpoint.record_segment(segment_of(0, 10, rejected=[4]))
    order = [step for step in recorder.steps if step != ("open", "log")]
    written = order.index(("append", "log"))
    assert order.index(("sync", "rejected.jsonl")) < written
    assert order.index(("sync", "digests")) < written
    assert order[-1] == ("sync", "log")
    await checkpoint.close()


async def test_many_who_wait_share_their_writes(tmp_path: Path) -> None:
    """A hundred records at once cost a few syncs."""
    recorder = StepRecorder()
    checkpoint = Checkpoint.open(tmp_path, header(), FolderOptions(open_file=recorder.open))
    await checkpoint.record_segment(segment_of(0, 100))
    recorder.steps.clear()
    async with asyncio.TaskGroup() as tasks:
        for number in range(100):
            tasks.create_task(checkpoint.record_sent(batch_of(number, [number])))
    assert recorder.steps.count(("sync", "log")) <= 3
    assert len(checkpoint.state.undecided) == 100
    await checkpoint.close()


async def test_one_who_is_cancelled_takes_nothing_from_the_others(tmp_path: Path) -> None:
    """Its own record may be there; then the batch is under way, and `record_owed` puts that right."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 30))
    batches = [batch_of(number, [number]) for number in range(30)]
    waiting = [asyncio.create_task(checkpoint.record_sent(batch)) for batch in batches]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(end, asyncio.CancelledError) for end in ended] == [True, False] * 15
    for batch in batches[::2]:
        if batch.number in checkpoint.state.undecided:
            await checkpoint.record_owed(batch, "not sent")
    await checkpoint.close()
    assert sorted(read_state(tmp_path)[1].undecided) == list(range(1, 30, 2))


async def test_closing_ends_what_is_being_written_even_when_it_is_cancelled(tmp_path: Path) -> None:
    """Until the disk has answered, the files are not given back, nor the lock to another writer."""
    writing, go_on = threading.Event(), threading.Event()

    def wait(step: str, path: Path) -> None:
        if (step, path.name) == ("sync", "log") and armed:
            writing.set()
            go_on.wait(60)

    armed = False
    checkpoint = Checkpoint.open(
        tmp_path, header(), FolderOptions(open_file=lambda path: FailingFile(path, wait))
    )
    await checkpoint.record_segment(segment_of(0, 10))
    armed = True
    sent = asyncio.create_task(checkpoint.record_sent(batch_of(0, [0])))
    await asyncio.to_thread(writing.wait, 30)
    closing = asyncio.create_task(checkpoint.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing], timeout=0)
    try:
        assert not closing.done()
        with pytest.raises(CheckpointLocked):
            Checkpoint.open(tmp_path, header("r2"))
    finally:
        go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await sent
    assert lock_owner(tmp_path) is None
    assert set(read_state(tmp_path)[1].undecided) == {0}


async def test_an_entry_that_is_not_owed_cannot_be_sent(tmp_path: Path) -> None:
    """Neither what is delivered, nor rejected, nor skipped, nor in doubt, nor under way, nor unread."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 10, rejected=[1], skipped=[2]))
    await checkpoint.record_sent(batch_of(1, [0]))
    await checkpoint.record_delivered(batch_of(1, [0]))
    await checkpoint.record_sent(batch_of(2, [3]))
    await checkpoint.record_in_doubt(batch_of(2, [3]), "reset")
    await checkpoint.record_sent(batch_of(3, [4]))
    size = len(read_content(tmp_path))
    for position in (0, 1, 2, 3, 4, 10):
        with pytest.raises(Contradiction):
            await checkpoint.record_sent(batch_of(9, [position]))
    assert len(read_content(tmp_path)) == size
    await checkpoint.record_sent(batch_of(9, [5]))
    await checkpoint.close()


async def test_two_who_take_the_same_entry_at_the_same_time_do_not_both_get_it(tmp_path: Path) -> None:
    """Also while the record of the first is on its way to the disk."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 10))
    first = asyncio.create_task(checkpoint.record_sent(batch_of(1, [5])))
    await asyncio.sleep(0)
    with pytest.raises(Contradiction, match="just taking"):
        await checkpoint.record_sent(batch_of(2, [5]))
    await first
    await checkpoint.close()


async def test_a_refused_batch_gives_back_its_innocent_entries(tmp_path: Path) -> None:
    """One bad entry costs one entry, and its bytes are kept."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 4))
    await checkpoint.record_sent(batch_of(1, [0, 1, 2, 3]))
    await checkpoint.record_rejected([rejection_of(2)], batch_of(1, [0, 1, 2, 3]))
    assert list(checkpoint.state.owed_within(0, 4)) == [Span(0, 2), Span(3, 4)]
    assert checkpoint.state.finding_counts == {"schema": 1}
    await checkpoint.close()
    assert [line.position for line in rejected_lines(tmp_path)] == [2]


async def test_a_run_that_died_leaves_its_requests_in_doubt(tmp_path: Path) -> None:
    """Kill -9 between send and record: owed would double, delivered could lose."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 4))
    await checkpoint.record_sent(batch_of(1, [0, 1]))
    await checkpoint.close()
    assert read_state(tmp_path)[1].counts.in_flight == 2
    resumed = Checkpoint.open(tmp_path, header("r2"))
    (doubt,) = resumed.state.doubts()
    assert doubt.batch == 1
    assert "ended before the answer" in doubt.reason
    assert list(resumed.state.owed_within(0, 4)) == [Span(2, 4)]
    await resumed.record_resolved(1, delivered=True, why="seen")
    assert resumed.state.counts.delivered == 2
    await resumed.close()


async def test_a_segment_that_is_read_again_must_hold_the_same_bytes(tmp_path: Path) -> None:
    """Else nothing of it is recorded or sent."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 4))
    with pytest.raises(CheckpointMismatch, match="byte 0"):
        await checkpoint.record_segment(segment_of(0, 4, key={"digest": "f" * 32}))
    await checkpoint.record_segment(segment_of(0, 4))
    assert len(checkpoint.state.segments) == 1
    await checkpoint.close()


async def test_sums_over_runs_count_a_killed_one_by_its_requests(tmp_path: Path) -> None:
    """A run that ends in its own time says what it took; a killed one is estimated from its `sent` records."""
    now = 1000.0
    first = Checkpoint.open(tmp_path, header("r1"), FolderOptions(clock=lambda: now))
    await first.record_segment(segment_of(0, 9))
    now = 1007.0
    await first.record_sent(batch_of(1, [1]))
    await first.close()
    second = Checkpoint.open(tmp_path, header("r2"), FolderOptions(clock=lambda: now))
    await second.record_run_ended(seconds=2.5, requests=4, retries=1)
    assert (second.state.seconds, second.state.requests, second.state.retries) == (9.5, 5, 1)
    await second.close()


async def test_a_disk_without_room_ends_everyone_and_the_next_run_goes_on(tmp_path: Path) -> None:
    """Those who waited and those who come later are told; what was recorded before stays."""
    is_full = False

    def allowed(step: str, path: Path) -> None:
        if is_full and step == "append":
            no_room()

    checkpoint = Checkpoint.open(
        tmp_path, header(), FolderOptions(open_file=lambda path: FailingFile(path, allowed))
    )
    await checkpoint.record_segment(segment_of(0, 20))
    is_full = True
    calls = [checkpoint.record_sent(batch_of(number, [number])) for number in range(5)]
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(end, CheckpointUnusable) for end in ended)
    assert "Make room" in str(ended[0])
    is_full = False
    with pytest.raises(CheckpointUnusable):
        await checkpoint.record_note("n", 1)
    assert not checkpoint.state.undecided
    await checkpoint.close()
    resumed = Checkpoint.open(tmp_path, header())
    await resumed.record_sent(batch_of(7, [0]))
    await resumed.close()


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may write where nobody may; so act as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_only_be_read_is_refused_before_anything_is_sent() -> None:
    """Exit 7, with the advice to make it writable; `status` still reads it."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)  # so that it may be entered without privileges
        folder = Path(place) / "checkpoint"
        asyncio.run(Checkpoint.open(folder, header()).close())
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        with without_privileges():
            with pytest.raises(CheckpointUnusable, match="Make the folder writable") as refused:
                Checkpoint.open(folder, header())
            assert read_state(folder)[0].run == "r1"
        assert refused.value.exit_code == 7
        folder.chmod(0o755)


async def test_a_folder_that_is_taken_away_stops_the_run(tmp_path: Path) -> None:
    """As a network drive does; the stale file is noticed at the next write."""
    is_gone = False

    def allowed(*_: object) -> None:
        if is_gone:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    checkpoint = Checkpoint.open(
        tmp_path, header(), FolderOptions(open_file=lambda path: FailingFile(path, allowed))
    )
    await checkpoint.record_segment(segment_of(0, 9))
    is_gone = True
    with pytest.raises(CheckpointUnusable, match="nothing was sent without a record"):
        await checkpoint.record_sent(batch_of(1, [0]))
    await checkpoint.close()


WRITES_FOR_EVER = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from bulk_importer.checkpoint import Checkpoint, FolderOptions
    from support.checkpoints import header
    from support.entries import batch_of, rejection_of, segment_of

    async def carry(checkpoint, lane, batch_numbers):
        while True:
            number = next(batch_numbers)
            first = checkpoint.state.position
            positions = [p for start, stop in checkpoint.state.owed_within(lane * 50, lane * 50 + 50)
                         for p in range(start, stop)][:3]
            batch = batch_of(number, positions)
            await checkpoint.record_sent(batch)
            print("sent", number, *positions, flush=True)
            if number % 3:
                await checkpoint.record_owed(batch, "503")
            elif number % 7:
                await checkpoint.record_delivered(batch)
                print("delivered", *positions, flush=True)
            else:
                await checkpoint.record_rejected([rejection_of(positions[0])], batch)
                print("rejected", positions[0], flush=True)

    async def main():
        checkpoint = Checkpoint.open(Path(sys.argv[1]), header(), FolderOptions(compact_bytes=int(sys.argv[2])))
        numbers = iter(range(checkpoint.state.next_batch, 1 << 40))
        if not checkpoint.state.position:
            await checkpoint.record_segment(segment_of(0, 100_000))
        print("open", flush=True)
        async with asyncio.TaskGroup() as tasks:
            for lane in range(4):
                tasks.create_task(carry(checkpoint, 5 * int(sys.argv[3]) + lane, numbers))

    asyncio.run(main())
""")


@pytest.mark.parametrize("compact_bytes", [3000, 1 << 30])
def test_a_writer_that_is_killed_has_on_record_all_that_it_was_told(
    tmp_path: Path, compact_bytes: int
) -> None:
    """A real process, really killed in the middle of writing, several times over the same folder."""
    delivered: set[int] = set()
    rejected: set[int] = set()
    for life in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, str(tmp_path / "c"), str(compact_bytes), str(life)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process:
            assert process.stdout is not None
            for told, line in enumerate(process.stdout):
                verb, *numbers = line.split()
                if verb == "delivered":
                    delivered.update(map(int, numbers))
                elif verb == "rejected":
                    rejected.update(map(int, numbers))
                if told == 30 + 17 * life:
                    process.send_signal(signal.SIGKILL)
        assert process.returncode == -9
        proof = verify(tmp_path / "c")
        assert proof.holds, proof.claims
        assert all(position in proof.state.delivered for position in delivered)
        assert all(position in proof.state.rejected for position in rejected)
    assert len(delivered) > 20
    assert rejected


async def test_what_is_suspected_is_known_to_the_next_run(tmp_path: Path) -> None:
    """In flight, in doubt or owed; with how often it failed, and without what is settled by then."""
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_segment(segment_of(0, 10))
    await checkpoint.record_sent(batch := batch_of(0, [2, 3, 4, 5]))
    await checkpoint.record_in_doubt(batch, "reset")
    await checkpoint.record_suspected(batch.spans(), "reset")
    await checkpoint.record_resolved(0, delivered=False, why="its labels are not there")
    await checkpoint.record_sent(part := batch_of(1, [2, 3]))
    await checkpoint.record_delivered(part)
    await checkpoint.record_suspected([Span(5, 6)], "reset again", condemned=True)
    with pytest.raises(Contradiction):
        await checkpoint.record_suspected([Span(2, 3)], "but it is delivered")
    await checkpoint.close()
    _, state = read_state(tmp_path)
    assert state.suspects == (
        Suspicion((Span(4, 5),), 1, "reset"),
        Suspicion((Span(5, 6),), 2, "reset again", condemned=True),
    )
