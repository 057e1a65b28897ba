"""One writer at a time, held by the kernel, whatever becomes of the process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bulk_importer.checkpoint import Checkpoint, lock_owner, read_state
from bulk_importer.checkpoint.lock import FolderLock
from bulk_importer.errors import CheckpointLocked
from support.checkpoints import header

HOLDS = textwrap.dedent("""
    import sys
    from pathlib import Path
    from bulk_importer.checkpoint.lock import FolderLock

    lock = FolderLock(Path(sys.argv[1]), "their-run")
    print("held", flush=True)
    if sys.stdin.readline():
        lock.release()
        print("released", flush=True)
        sys.stdin.readline()
""")


@contextmanager
def held_by_another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that has the lock until it is told, or killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_is_turned_away_with_the_name_of_the_first(tmp_path: Path) -> None:
    """Exit 7, naming host, process, run and since when."""
    with held_by_another(tmp_path) as other:
        with pytest.raises(CheckpointLocked) as locked:
            FolderLock(tmp_path, "mine")
        assert f"process {other.pid} on {os.uname().nodename} since 2" in str(locked.value)
        assert "their-run" in str(locked.value)
        assert locked.value.exit_code == 7


def test_the_lock_ends_with_its_process_also_by_kill_9(tmp_path: Path) -> None:
    """What the file says then does not count."""
    with held_by_another(tmp_path) as other:
        other.kill()
        other.wait()
        assert (tmp_path / "lock").read_text()
        assert lock_owner(tmp_path) is None
        FolderLock(tmp_path, "mine").release()


def test_the_lock_is_to_be_had_when_it_is_given_back(tmp_path: Path) -> None:
    """And not before."""
    with held_by_another(tmp_path) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        with pytest.raises(CheckpointLocked):
            FolderLock(tmp_path, "mine")
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.readline() == "released\n"
        lock = FolderLock(tmp_path, "mine")
        owner = lock_owner(tmp_path)
        assert owner is not None
        assert (owner.run, owner.process) == ("mine", os.getpid())
        lock.release()


def test_two_opens_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    """The library may be asked twice by one program."""
    first = FolderLock(tmp_path, "one")
    with pytest.raises(CheckpointLocked, match="one"):
        FolderLock(tmp_path, "two")
    first.release()
    first.release()
    FolderLock(tmp_path, "two").release()


async def test_status_reads_while_another_process_writes(tmp_path: Path) -> None:
    """Without the lock, and saying who has it."""
    await Checkpoint.open(tmp_path, header()).close()
    with held_by_another(tmp_path):
        assert read_state(tmp_path)[0].run == "r1"
        owner = lock_owner(tmp_path)
        assert owner is not None
        assert owner.run == "their-run"


def test_a_child_made_by_fork_neither_keeps_nor_ends_the_lock(tmp_path: Path) -> None:
    """It closes its copy: the parent keeps the lock while it lives, and takes it with it when it dies."""
    lock = FolderLock(tmp_path, "parent")
    reading, writing = os.pipe()
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # in the child, which lives until the pipe is closed
        os.close(writing)
        os.write(telling, b".")
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    os.close(telling)
    try:
        assert os.read(told, 1) == b".", "it runs, and has closed what it closes"
        assert lock_owner(tmp_path) is not None
        lock.release()
        FolderLock(tmp_path, "next").release()
    finally:
        os.close(told)
        os.close(writing)
        os.waitpid(child, 0)


def test_a_folder_without_a_lock_file_has_no_owner(tmp_path: Path) -> None:
    """As one that was copied from elsewhere."""
    assert lock_owner(tmp_path) is None
