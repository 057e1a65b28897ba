"""The log on disk: what a crash leaves of it, what damage is, and what compaction may and may not do."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bulk_importer.checkpoint import Checkpoint, FolderOptions, read_state
from bulk_importer.checkpoint.log.file import CheckpointLog, read_content, read_log
from bulk_importer.checkpoint.log.frames import frame, split
from bulk_importer.checkpoint.log.records import Note, encode
from bulk_importer.checkpoint.log.replay import replay
from bulk_importer.checkpoint.log.snapshot import snapshot
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.files.durable import DurableFile
from support.checkpoints import FailingFile, header
from support.entries import batch_of, segment_of


async def begun(folder: Path, *, batches: int = 3) -> None:
    """A checkpoint with a segment, and some batches that were delivered."""
    checkpoint = Checkpoint.open(folder, header())
    await checkpoint.record_segment(segment_of(0, 10 * batches))
    for number in range(batches):
        batch = batch_of(number, range(10 * number, 10 * number + 10))
        await checkpoint.record_sent(batch)
        await checkpoint.record_delivered(batch)
    await checkpoint.close()


def test_a_frame_is_the_line_that_the_format_chapter_shows() -> None:
    """Length, its checksum, the checksum of the payload, the payload, a line feed; both depend on the place."""
    assert frame(b"{}", 0) == b"00000002" + b"%08x" % crc(b"00000002", 0) + b" %08x {}\n" % crc(b"{}", 0)
    assert frame(b"{}", 300) != frame(b"{}", 0)


def crc(content: bytes, seed: int) -> int:
    from zlib import crc32

    return crc32(content, seed)


async def test_a_torn_tail_is_ignored_by_readers_and_cut_by_the_next_writer(tmp_path: Path) -> None:
    """Reading changes nothing; opening for writing removes the half record for good."""
    await begun(tmp_path)
    whole = read_content(tmp_path)
    with (tmp_path / "log").open("ab") as log:
        log.write(frame(encode(Note(name="n", value=1)), len(whole))[:-3])
    torn = read_content(tmp_path)
    assert len(read_state(tmp_path)[1].delivered) == 30
    assert read_content(tmp_path) == torn
    await Checkpoint.open(tmp_path, header()).close()
    assert read_content(tmp_path).startswith(whole)
    assert not read_content(tmp_path).startswith(torn)


async def test_zeros_at_the_end_are_torn_and_not_damage(tmp_path: Path) -> None:
    """A file system may have given the file its new size before its bytes."""
    await begun(tmp_path)
    with (tmp_path / "log").open("ab") as log:
        log.write(bytes(4096))
    assert len(read_state(tmp_path)[1].delivered) == 30


async def test_damage_names_the_offset_of_the_record_that_is_not_what_was_written(tmp_path: Path) -> None:
    """A flipped bit at the very end is damage as well: a crash does not flip bits."""
    await begun(tmp_path)
    content = bytearray(read_content(tmp_path))
    starts = [start for start, _, _ in split(bytes(content))]
    for start in (starts[0], starts[4], starts[-1]):
        altered = bytearray(content)
        altered[start + 30] ^= 4
        (tmp_path / "log").write_bytes(altered)
        with pytest.raises(CheckpointDamaged) as damage:
            read_state(tmp_path)
        assert damage.value.offset == start
        assert "Do not delete" in str(damage.value)


async def test_a_folder_that_lost_its_log_is_not_begun_anew(tmp_path: Path) -> None:
    """It would send again what was delivered."""
    await begun(tmp_path)
    (tmp_path / "log").unlink()
    with pytest.raises(CheckpointUnusable, match="no log"):
        Checkpoint.open(tmp_path, header())


async def test_a_log_of_another_format_is_refused_with_both_numbers(tmp_path: Path) -> None:
    """A newer program may say what this one would misread."""
    await begun(tmp_path)
    payload = next(split(read_content(tmp_path)))[2].replace(b'"version":1', b'"version":2')
    (tmp_path / "log").write_bytes(frame(payload, 0))
    with pytest.raises(CheckpointDamaged, match="format 2, this program reads format 1"):
        read_state(tmp_path)


async def test_a_record_that_contradicts_the_others_is_damage(tmp_path: Path) -> None:
    """A log with right checksums that no writer of ours writes is not believed."""
    await begun(tmp_path)
    content = read_content(tmp_path)
    again = frame(b'{"type":"delivered","batch":1}', len(content))
    (tmp_path / "log").write_bytes(content + again)
    with pytest.raises(CheckpointDamaged, match="contradicts itself"):
        read_state(tmp_path)


async def test_compaction_keeps_what_the_log_says_and_shortens_it(tmp_path: Path) -> None:
    """Also with batches in flight and in doubt, notes, an end, and sums."""
    checkpoint = Checkpoint.open(tmp_path, header(), FolderOptions(compact_bytes=2000))
    await checkpoint.record_segment(segment_of(0, 400, rejected=[3], skipped=[5]))
    for number in range(38):
        batch = batch_of(number, range(10 + 10 * number, 20 + 10 * number))
        await checkpoint.record_sent(batch)
        if number == 7:
            await checkpoint.record_in_doubt(batch, "reset")
        elif number != 9:
            await checkpoint.record_delivered(batch)
    await checkpoint.record_note("gate", {"in_flight": 3})
    await checkpoint.record_end(400, 6401)
    live = snapshot(checkpoint.state)
    assert read_content(tmp_path).count(b"\n") < 40
    assert snapshot(read_state(tmp_path)[1]) == live
    await checkpoint.close()


async def test_a_compaction_for_which_there_is_no_room_leaves_the_log_as_it_is(tmp_path: Path) -> None:
    """The run goes on with the long log, and `log.new` does not stay behind."""

    def full(step: str, path: Path) -> None:
        if path.name == "log.new" and step == "append" and (tmp_path / "log").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    checkpoint = Checkpoint.open(
        tmp_path, header(), FolderOptions(compact_bytes=500, open_file=lambda path: FailingFile(path, full))
    )
    await checkpoint.record_segment(segment_of(0, 100))
    for number in range(10):
        await checkpoint.record_sent(batch_of(number, range(10 * number, 10 * number + 10)))
    await checkpoint.close()
    assert not (tmp_path / "log.new").exists()
    assert len(read_state(tmp_path)[1].undecided) == 10
    assert not read_log(tmp_path).header.compacted


KILLED_WHILE_COMPACTING = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from bulk_importer.files.durable import DurableFile
    from bulk_importer.checkpoint.log import file
    from bulk_importer.checkpoint.log.file import CheckpointLog, read_log

    folder, moment = Path(sys.argv[1]), sys.argv[2]

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    class Doomed(DurableFile):
        def append(self, content):
            if moment == "half-written" and self.path.name == "log.new" and self.size:
                super().append(content[: len(content) // 2])
                die()
            super().append(content)
        def sync(self):
            if moment == "written" and self.path.name == "log.new":
                die()
            super().sync()

    if moment == "synced":
        os.replace = lambda *_: die()
    if moment == "renamed":
        file.sync_folder = lambda _: die()
    replayed = read_log(folder)
    CheckpointLog(folder, replayed, compact_bytes=1, open_file=Doomed).compact(replayed.state)
    die()
""")


@pytest.mark.parametrize("moment", ["half-written", "written", "synced", "renamed", "done"])
async def test_a_kill_at_any_step_of_a_compaction_leaves_the_old_log_or_the_new_one(
    tmp_path: Path, moment: str
) -> None:
    """A real process, really killed, between each two of its system calls."""
    await begun(tmp_path, batches=20)
    before = snapshot(read_state(tmp_path)[1])
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_COMPACTING, str(tmp_path), moment],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == -9
    assert snapshot(read_state(tmp_path)[1]) == before
    assert read_log(tmp_path).header.compacted == (moment in ("renamed", "done"))
    checkpoint = Checkpoint.open(tmp_path, header())
    assert not (tmp_path / "log.new").exists()
    await checkpoint.record_note("n", 1)
    await checkpoint.close()
    assert len(read_state(tmp_path)[1].delivered) == 200


WRITES_UNTIL_FULL = textwrap.dedent("""
    import asyncio, resource, signal, sys
    from pathlib import Path
    from bulk_importer.checkpoint import Checkpoint
    from bulk_importer.errors import CheckpointUnusable
    from support.checkpoints import header
    from support.entries import batch_of, segment_of

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    async def main():
        checkpoint = Checkpoint.open(Path(sys.argv[1]), header())
        await checkpoint.record_segment(segment_of(0, 100))
        acknowledged = 0
        try:
            for number in range(100):
                await checkpoint.record_sent(batch_of(number, [number]))
                acknowledged += 1
        except CheckpointUnusable as error:
            print(acknowledged, error.exit_code, error)
        try:
            await checkpoint.record_note("after", 1)
        except CheckpointUnusable:
            print("and nothing after that")
        await checkpoint.close()

    asyncio.run(main())
""")


def test_a_full_disk_stops_the_run_with_a_clear_error_and_a_log_that_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    """The kernel really refuses the bytes; what was acknowledged before is there, and nothing half."""
    done = subprocess.run(
        [sys.executable, "-c", WRITES_UNTIL_FULL, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    first, second = done.stdout.splitlines()
    acknowledged, code = map(int, first.split()[:2])
    assert code == 7
    assert "nothing was sent without a record" in first
    assert second == "and nothing after that"
    content = read_content(tmp_path)
    assert replay(content).length == len(content) <= 6000
    assert acknowledged == len(read_state(tmp_path)[1].undecided) > 10
    reopened = Checkpoint.open(tmp_path, header())
    assert len(reopened.state.doubts()) == acknowledged
    asyncio.run(reopened.close())


def test_a_file_takes_back_what_it_could_not_write_whole(tmp_path: Path) -> None:
    """So that a full disk leaves whole records only."""
    file = DurableFile(tmp_path / "f")
    file.append(b"x" * 50)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (80, hard))
        with pytest.raises(OSError, match="File too large"):
            file.append(b"y" * 50)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert (tmp_path / "f").read_bytes() == b"x" * 50
    assert file.size == 50
    file.close()


async def test_a_failed_fsync_is_final(tmp_path: Path) -> None:
    """Asking again would be told that all is well; so nothing is written after it."""
    broken = False

    def fails_to_sync(step: str, path: Path) -> None:
        if broken and step == "sync":
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    checkpoint = Checkpoint.open(
        tmp_path, header(), FolderOptions(open_file=lambda path: FailingFile(path, fails_to_sync))
    )
    await checkpoint.record_segment(segment_of(0, 10))
    broken = True
    with pytest.raises(CheckpointUnusable, match="Input/output error"):
        await checkpoint.record_sent(batch_of(0, [0]))
    broken = False
    size = (tmp_path / "log").stat().st_size
    with pytest.raises(CheckpointUnusable, match="Input/output error"):
        await checkpoint.record_sent(batch_of(1, [1]))
    assert (tmp_path / "log").stat().st_size == size
    await checkpoint.close()


def test_a_log_that_was_never_begun_is_named_as_such(tmp_path: Path) -> None:
    """Also by commands that only look."""
    with pytest.raises(CheckpointUnusable, match="there is no log in it"):
        read_log(tmp_path / "nowhere")
    assert not CheckpointLog.exists(tmp_path)
