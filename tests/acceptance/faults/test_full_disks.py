"""A disk that fills up at whatever moment: the run ends with 7 and says what to do, and doing it goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import SandboxProcess, StartSandboxProcess

from support.around.alone import alone_with
from support.commands import Command
from support.entries import noted

MEDIA = 1500
KIB = 1024
# Begins the program with files limited to so many bytes.
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
os.execv(sys.executable, [sys.executable, "-m", "bulk_importer", *sys.argv[2:]])
"""


class SmallDisk:
    """A file system of its own, small at first."""

    advice = "Make room, then run the same command again"

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            pytest.skip(f"nothing can be mounted here: {error}")
        if done.returncode:
            pytest.skip(f"nothing can be mounted here: {done.stderr}")

    def run(self, command: Command, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return command(*arguments, **environment)

    def mend(self) -> None:
        subprocess.run(["mount", "-o", "remount,size=30m", str(self.folder)], check=True)

    def close(self) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)


class SmallFiles:
    """A limit on the size of files, where nothing can be mounted; it hits the longest file first."""

    advice = "Allow files to be larger (ulimit -f), then run the same command again"

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        folder.mkdir()
        self.size = size

    def run(self, command: Command, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", LIMITED, str(self.size), *arguments],
            cwd=command.folder,
            env={**command.environment, **environment},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def mend(self) -> None:
        """The next command is started without it."""

    def close(self) -> None:
        """Nothing is held."""


Disk = SmallDisk | SmallFiles


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[Callable[[str, int], Disk]]:
    """Make a disk that is small at first: the kind, and its bytes."""
    made: list[Disk] = []

    def make(kind: str, size: int) -> Disk:
        made.append((SmallDisk if kind == "disk" else SmallFiles)(tmp_path / "disk", size))
        return made[-1]

    yield make
    for disk in made:
        disk.close()


@pytest.fixture
def server(sandbox_process: StartSandboxProcess) -> SandboxProcess:
    """A sandbox in a process of its own."""
    return sandbox_process("--seed", "1")


def prepared(command: Command, server: SandboxProcess) -> tuple[str, list[str]]:
    """The id of a project, and an import of an entry for each of its media, every tenth of them wrong."""
    project = server.prepare(name="p", media=MEDIA)
    entries = [dict(noted(media_id, number)) for number, media_id in enumerate(project["media_ids"])]
    for each in entries[::10]:
        each["labels"] = {"tram": []}
    (command.folder / "l.json").write_text("[" + ",\n".join(map(json.dumps, entries)) + "]")
    target = ["--server", server.url, "--project", "p", "--workers", "0", "--max-errors", "none"]
    return project["id"], ["import", "l.json", *target, "--server-request-limit", "0", "--json"]


def points(server: SandboxProcess, project_id: str) -> list[int]:
    """How many points each media holds, of those that hold any."""
    held = [sum(value["k"] == "poi" for value in values) for values in server.labels(project_id).values()]
    return [count for count in held if count]


@pytest.mark.parametrize(
    ("kind", "size", "more"),
    [
        *(("disk", kib * KIB, []) for kib in (4, 20, 100, 330)),
        *(("disk", kib * KIB, ["--no-check-media", "--segment-bytes", "8kB"]) for kib in (60, 84, 108)),
        *(("files", size, []) for size in (100, 700, 20_000, 200_000)),
        # What is read in one segment: `mentions` is sixteen bytes longer than `digests`.
        *(("files", size, ["--no-check-media"]) for size in (1500, 12_004, 13_000)),
    ],
)
def test_an_import_says_to_make_room_and_goes_on_when_there_is(
    command: Command,
    server: SandboxProcess,
    make_disk: Callable[[str, int], Disk],
    kind: str,
    size: int,
    more: list[str],
) -> None:
    """Whichever file it is that does not fit; nothing is doubled and nothing left out."""
    disk = make_disk(kind, size)
    project_id, arguments = prepared(command, server)
    arguments += ["--checkpoint", str(disk.folder / "cp"), *more]
    full = disk.run(command, *arguments)
    assert full.returncode == 7, full.stderr
    assert disk.advice in full.stderr
    assert "Traceback" not in full.stderr
    assert not list((disk.folder / "cp").glob("*.new"))
    disk.mend()
    done = command(*arguments)
    summary = json.loads(done.stdout)
    assert (summary["exit_code"], summary["delivered"], summary["rejected"]) == (1, 1350, 150), done.stderr
    assert points(server, project_id) == [1] * 1350
    assert json.loads((disk.folder / "cp" / "summary.json").read_text())["state"] == "complete"
    for line in (disk.folder / "cp" / "run.log").read_text().splitlines():
        json.loads(line)


@pytest.mark.parametrize("room", [0, 3000])
def test_a_retry_says_to_make_room_and_goes_on_when_there_is(
    command: Command, server: SandboxProcess, tmp_path: Path, room: int
) -> None:
    """For the log that it adds to, and for what it sends."""
    disk = SmallFiles(tmp_path / "disk", 0)
    project_id, arguments = prepared(command, server)
    cp = disk.folder / "cp"
    command(*arguments, "--checkpoint", str(cp))
    lines = [json.loads(line) for line in (cp / "rejected.jsonl").read_text().splitlines()]
    for each in lines:
        each["entry"] = noted(each["media_id"], each["position"])
    (command.folder / "mended.jsonl").write_text("\n".join(map(json.dumps, lines)))
    retry = ["retry", str(cp), "mended.jsonl", "--workers", "0", "--server-request-limit", "0", "--json"]
    disk.size = (cp / "log").stat().st_size + room
    full = disk.run(command, *retry)
    assert full.returncode == 7, full.stderr
    assert disk.advice in full.stderr
    again = command(*retry)
    if again.returncode == 2:  # it was begun, and is gone on with
        again = command(*(each for each in retry if each != "mended.jsonl"))
    assert again.returncode == 0, again.stderr
    assert points(server, project_id) == [1] * MEDIA


def test_a_list_of_positions_that_a_full_disk_cut_short_is_not_in_the_way(
    command: Command, server: SandboxProcess
) -> None:
    """As a retry left it that wrote it in its place."""
    project_id, arguments = prepared(command, server)
    command(*arguments)
    begun = command.folder / "l.json.checkpoint" / "retries" / "0001"
    begun.mkdir(parents=True)
    (begun / "positions.json").write_text("[0, 1")
    done = command("retry", "l.json.checkpoint", "--json", "--workers", "0")
    assert (done.returncode, json.loads(done.stdout)["delivered"]) == (1, 1350)
    assert points(server, project_id) == [1] * 1350


def test_a_summary_that_cannot_be_written_is_no_success(
    command: Command, server: SandboxProcess, tmp_path: Path
) -> None:
    """Programs would read that the run still goes on; the same command writes it when it can."""
    _, arguments = prepared(command, server)
    blocked = tmp_path / "l.json.checkpoint" / "summary.json.new"
    blocked.mkdir(parents=True)
    done = command(*arguments)
    assert (done.returncode, json.loads(done.stdout)["delivered"]) == (7, 1350)
    assert "summary.json cannot be used: Is a directory" in done.stderr
    blocked.rmdir()
    assert command(*arguments).returncode == 1
    assert json.loads((blocked.parent / "summary.json").read_text())["exit_code"] == 1


def test_a_check_without_room_for_its_index_says_where_to_make_some(
    command: Command, server: SandboxProcess, make_disk: Callable[[str, int], Disk]
) -> None:
    """It has no checkpoint, so nothing of one is said."""
    disk = make_disk("files", 20_000)
    _, arguments = prepared(command, server)
    full = disk.run(command, "check", *arguments[1:-3], TMPDIR=str(disk.folder))
    assert full.returncode == 2
    assert "Make room there, or set TMPDIR" in full.stderr
    assert not list(disk.folder.iterdir())


def test_a_check_without_room_for_its_findings_says_so(
    command: Command, server: SandboxProcess, make_disk: Callable[[str, int], Disk]
) -> None:
    """Whether it is noticed while they are written or at the end."""
    disk = make_disk("disk", 8 * KIB)
    _, arguments = prepared(command, server)
    done = command("check", *arguments[1:-3], "--findings", str(disk.folder / "found.jsonl"))
    assert done.returncode == 2
    assert (
        "found.jsonl cannot be written: No space left on device. Make room, or name another file"
        in done.stderr
    )


@pytest.mark.parametrize(("kind", "size"), [("disk", 2 << 20), ("files", 700_000)])
def test_a_demo_without_room_says_so(
    command: Command, make_disk: Callable[[str, int], Disk], kind: str, size: int
) -> None:
    """It names the way out."""
    disk = make_disk(kind, size)
    with alone_with("demo"):
        done = disk.run(command, "demo", "--entries", "2000", "--folder", str(disk.folder / "demo"))
    assert done.returncode == 2, done.stderr
    assert "Make room, or name another --folder" in done.stderr
    assert "Traceback" not in done.stderr
