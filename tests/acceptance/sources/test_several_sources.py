"""Several sources of one command know what they do to each other, as the entries of one source do."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from conftest import SandboxProcess, StartSandboxProcess

from support.commands import Command
from support.entries import noted

WIPED = "earlier-entry-wiped"


@pytest.fixture
def server(sandbox_process: StartSandboxProcess) -> SandboxProcess:
    """A sandbox in a process of its own."""
    return sandbox_process("--seed", "1")


@pytest.fixture
def ids(server: SandboxProcess) -> list[str]:
    """The media of its project."""
    media_ids: list[str] = server.prepare(name="p", media=20)["media_ids"]
    return media_ids


def write(folder: Path, name: str, media_ids: Iterable[str], keep_data: bool | None = False) -> str:
    """A source with an entry for each of these media."""
    entries = [noted(media_id, number, keep_data) for number, media_id in enumerate(media_ids)]
    (folder / name).write_text("[" + ",\n".join(map(json.dumps, entries)) + "]")
    return name


def found(done: dict[str, Any]) -> list[int]:
    """How often each source of a command wipes what an earlier entry brings."""
    return [each["findings"].get(WIPED, 0) for each in done["sources"]]


def target(server: SandboxProcess, *more: str) -> list[str]:
    """Where to, and without processes of their own for reading."""
    return ["--server", server.url, "--project", "p", "--workers", "0", *more]


def test_what_a_later_source_wipes_is_found_as_in_one_joined_source(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """And said before anything is sent."""
    sources = [write(command.folder, "a.json", ids[:10]), write(command.folder, "b.json", ids[5:15])]
    done = command("import", *sources, *target(server))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(WIPED) == 1
    said = done.stderr.splitlines()
    assert said[0].startswith("b.json: 5 x keepData false behind an entry for the same media"), said
    assert ids[5] in said[0]
    write(command.folder, "joined.json", [*ids[:10], *ids[5:15]])
    checked = json.loads(command("check", "joined.json", *target(server), "--json").stdout)
    assert checked["findings"][WIPED] == 5


def test_a_check_of_several_sources_finds_the_same(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """As do the findings that it writes."""
    sources = [write(command.folder, "a.json", ids[:10]), write(command.folder, "b.json", ids[5:15])]
    done = command("check", *sources, *target(server), "--json", "--findings", "found.jsonl")
    assert found(json.loads(done.stdout)) == [0, 5]
    assert (command.folder / "found.jsonl").read_text().count("of another source") == 5


@pytest.mark.parametrize("flag", ["--deny=earlier-entry-wiped", "--strict"])
def test_where_it_is_denied_the_labels_of_the_earlier_source_stay(
    command: Command, server: SandboxProcess, ids: list[str], flag: str
) -> None:
    """The later entries are rejected."""
    sources = [write(command.folder, "a.json", ids[:10]), write(command.folder, "b.json", ids[5:15])]
    # Without a label configuration nothing else is a warning.
    done = command("import", *sources, *target(server, "--json", flag, "--label-config", "none"))
    first, second = json.loads(done.stdout)["sources"]
    assert (done.returncode, first["delivered"], second["delivered"], second["rejected"]) == (1, 10, 5, 5)
    against = command("verify", "a.json.checkpoint", "a.json", "--against-server")
    assert against.returncode == 0, against.stdout


def test_what_is_allowed_is_only_counted(command: Command, server: SandboxProcess, ids: list[str]) -> None:
    """As in one source."""
    sources = [write(command.folder, "a.json", ids[:10]), write(command.folder, "b.json", ids[5:15])]
    done = command("import", *sources, *target(server, "--json", "--allow", WIPED))
    assert found(json.loads(done.stdout)) == [0, 5]
    assert WIPED not in done.stderr


def test_entries_that_append_wipe_nothing_of_other_sources(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """Nor does keepData false on other media."""
    sources = [
        write(command.folder, "a.json", ids[:10]),
        write(command.folder, "b.json", ids[5:15], keep_data=True),
        write(command.folder, "c.json", ids[15:]),
    ]
    done = command("import", *sources, *target(server, "--json", "--log-level", "warning"))
    assert (done.returncode, found(json.loads(done.stdout))) == (0, [0, 0, 0])
    assert done.stderr == ""


def coco(folder: Path, name: str, numbers: Iterable[int]) -> str:
    """A source of another tool, with a point of interest on each of these pictures."""
    images = [{"id": each, "file_name": f"img{each:06}.jpg", "width": 640, "height": 480} for each in numbers]
    boxes = [
        {"id": each["id"], "image_id": each["id"], "category_id": 1, "bbox": [1, 1, 5, 5], "segmentation": []}
        for each in images
    ]
    whole = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "bus"}]}
    (folder / name).write_text(json.dumps(whole))
    return name


def test_what_sources_of_other_tools_wipe_is_found_before_anything_is_sent(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """They are converted for that, and not once more for their import. Those that add to labels wipe nothing."""
    sources = [coco(command.folder, "a.json", range(10)), coco(command.folder, "b.json", range(5, 15))]
    more = target(server, "--json", "--log-level", "warning")
    added = command("import", *sources, *more, "--checkpoint", "added")
    assert (added.returncode, WIPED in added.stderr) == (0, False), added.stderr
    replaced = command("import", *sources, *more, "--no-keep-data", "--checkpoint", "replaced", "--yes")
    assert found(json.loads(replaced.stdout)) == [0, 5], replaced.stderr
    assert "b.json: 5 x keepData false behind an entry for the same media" in replaced.stderr
    entries = write(command.folder, "c.json", ids[:5])
    mixed = command("import", sources[0], entries, *more, "--checkpoint", "mixed", "--onto-uploaded", "--yes")
    assert found(json.loads(mixed.stdout)) == [0, 5], mixed.stderr
    assert "c.json: 5 x keepData false behind an entry for the same media" in mixed.stderr


def test_an_interrupted_command_finds_it_when_it_goes_on(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """Wherever it was interrupted: what counts is what was delivered before, not what stands before."""
    sources = [write(command.folder, "a.json", ids[:10]), write(command.folder, "b.json", ids[5:15])]
    more = target(server, "--json", "--segment-bytes", "200")
    for _ in range(3):
        command("import", *sources, *more, "--limit", "3")
    done = json.loads(command("import", *sources, *more).stdout)
    assert [each["delivered"] for each in done["sources"]] == [10, 10]
    assert found(done) == [5, 0]  # three at a time, b.json comes to each of these media first


def test_a_source_that_is_gone_on_with_behind_a_finished_one_knows_of_it(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """Nothing of the finished source is read again for that."""
    sources = [write(command.folder, "a.json", ids[:10]), write(command.folder, "b.json", ids[5:15])]
    more = target(server, "--json", "--segment-bytes", "200")
    command("import", "a.json", *more)
    command("import", *sources, *more, "--limit", "4")
    done = json.loads(command("import", *sources, *more).stdout)
    assert (done["sources"][1]["this_run"]["delivered"], found(done)) == (6, [0, 5])


def test_a_new_source_that_is_sorted_before_an_imported_one_knows_of_it(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """What came first is what was delivered first, not what stands first on the command line."""
    write(command.folder, "b.json", ids[5:15])
    command("import", "b.json", *target(server))
    write(command.folder, "a.json", ids[:10])
    done = command("import", "*.json", *target(server, "--json"))
    assert found(json.loads(done.stdout)) == [5, 0]


def test_sources_that_can_be_read_once_are_followed_as_they_are_read(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """A source that comes through a pipe is not opened before its turn; that this is so is said."""
    write(command.folder, "a.json", ids[:10])
    write(command.folder, "b.json", ids[5:15])
    import subprocess
    import sys

    done = subprocess.run(
        [
            "sh",
            "-c",
            'cat b.json | "$0" -m bulk_importer import a.json - --checkpoint cp "$@"',
            sys.executable,
            *target(server, "--json"),
        ],
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert found(json.loads(done.stdout)) == [0, 5]
    assert (
        "-: whether it wipes labels that other sources bring cannot be said before it is sent" in done.stderr
    )


@pytest.mark.parametrize("lost", ["mentions", "log"])
def test_what_is_not_known_of_an_earlier_source_is_said(
    command: Command, server: SandboxProcess, ids: list[str], lost: str
) -> None:
    """In place of nothing, which would be taken for none."""
    write(command.folder, "a.json", ids[:10])
    write(command.folder, "b.json", ids[5:15])
    command("import", "a.json", *target(server))
    path = command.folder / "a.json.checkpoint" / lost
    if lost == "log":
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        path.unlink()
    done = command("import", "a.json", "b.json", *target(server, "--json"))
    second = json.loads(done.stdout)["sources"][1]
    assert (second["delivered"], second["findings"].get(WIPED)) == (10, None)
    assert "It is not known whether 10 entries with keepData false wipe" in second["message"]


def test_the_reading_before_can_be_interrupted(
    command: Command, server: SandboxProcess, ids: list[str]
) -> None:
    """By a signal, as anything else; nothing was sent and no checkpoint begun."""
    sources = [write(command.folder, name, ids, keep_data=True) for name in ("a.json", "b.json")]
    for path in (command.folder / name for name in sources):
        part = path.read_text()[1:-1]
        path.write_text("[" + ",\n".join([part] * 20_000) + "]")
    running = command.start("import", *sources, *target(server))
    while not server.requests():  # it asks for the project before it reads
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert not [each for each in server.requests() if each["method"] == "POST"]
    assert not (command.folder / "a.json.checkpoint" / "log").exists()


LATE = '[[fault]]\nwhat = "late commit"\nseconds = 4.0\n'


def test_a_media_that_is_in_doubt_in_one_source_waits_in_the_others(
    command: Command, sandbox_process: StartSandboxProcess
) -> None:
    """The request whose answer was lost may still be running: what comes behind it would be wiped by it."""
    (command.folder / "faults.toml").write_text(LATE)
    server = sandbox_process("--seed", "1", "--faults", str(command.folder / "faults.toml"))
    project = server.prepare(name="p", media=15)
    ids = project["media_ids"]
    sources = [
        write(command.folder, "a.json", ids[:10], keep_data=False),
        write(command.folder, "b.json", ids[5:], keep_data=True),
    ]
    more = target(server, "--json", "--max-batch-entries", "10", "--doubt-wait", "0")
    done = command("import", *sources, *more)
    first, second = json.loads(done.stdout)["sources"]
    assert (done.returncode, first["in_doubt"], second["delivered"], second["owed"]) == (5, 10, 5, 5)
    assert (second["exit_code"], second["state"]) == (5, "stopped")
    assert "5 entries were not sent: the answers to requests of other sources" in second["message"]
    while sum(map(bool, server.labels(project["id"]).values())) < 15:
        time.sleep(0.1)
    done = command("import", *sources, *more)
    assert done.returncode == 0, done.stdout
    held = server.labels(project["id"])
    points = [sum(value["k"] == "poi" for value in held[media_id]) for media_id in ids]
    assert points == [1] * 5 + [2] * 5 + [1] * 5
