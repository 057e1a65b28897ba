"""A file that is replaced is the old one or the new one, whole, whatever happens on the way."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from array import array
from pathlib import Path

import pytest

from bulk_importer.files import durable
from bulk_importer.files.durable import DurableFile, replace_file

KILLED_WHILE_REPLACING = textwrap.dedent("""
    import os, signal, sys
    from pathlib import Path
    from bulk_importer.files import durable

    path, moment = Path(sys.argv[1]), sys.argv[2]

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    def write_half(fd, content, write=os.write):
        write(fd, content[: len(content) // 2])
        die()

    if moment == "half-written":
        os.write = write_half
    if moment == "written":
        durable.DurableFile.sync = die
    if moment == "synced":
        Path.replace = die
    if moment == "renamed":
        durable.sync_folder = die
    durable.replace_file(path, b"new ", b"content")
    die()
""")


@pytest.mark.parametrize("moment", ["half-written", "written", "synced", "renamed", "done"])
def test_a_kill_between_any_two_steps_leaves_the_old_file_or_the_new_one(tmp_path: Path, moment: str) -> None:
    """A real process, really killed; and the next one replaces the file whatever was left beside it."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_REPLACING, str(path), moment],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == -9
    assert path.read_bytes() == (b"new content" if moment in ("renamed", "done") else b"old")
    replace_file(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert os.listdir(tmp_path) == ["file"]


def test_the_name_is_changed_when_the_bytes_are_on_disk_and_is_on_disk_itself_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any other order a power cut could leave a name with nothing behind it."""
    path, steps = tmp_path / "file", list[str]()
    sync, replace, sync_folder = DurableFile.sync, Path.replace, durable.sync_folder

    def synced(file: DurableFile) -> None:
        steps.append(f"sync {file.path.read_bytes().decode()}")
        sync(file)

    def renamed(old: Path, new: Path) -> Path:
        steps.append(f"rename {old.name} to {new.name}")
        return replace(old, new)

    def synced_folder(folder: Path) -> None:
        steps.append(f"sync {' '.join(os.listdir(folder))}")
        sync_folder(folder)

    monkeypatch.setattr(DurableFile, "sync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    monkeypatch.setattr(durable, "sync_folder", synced_folder)
    replace_file(path, b"new")
    assert steps == ["sync new", "rename file.new to file", "sync file"]


def test_pieces_of_any_kind_lie_one_behind_the_other(tmp_path: Path) -> None:
    """Also those that are empty; numbers as this machine writes them."""
    numbers = array("Q", [1, 2**63])
    replace_file(tmp_path / "file", b"a", array("Q"), numbers, bytearray(b"bc"), b"", memoryview(b"d"))
    assert (tmp_path / "file").read_bytes() == b"a" + numbers.tobytes() + b"bcd"
    replace_file(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b""


def test_a_disk_that_refuses_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was half written would only take up room that is scarce."""
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(_: DurableFile) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(DurableFile, "sync", refuse)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]
