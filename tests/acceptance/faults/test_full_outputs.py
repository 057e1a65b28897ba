"""What is printed and cannot be written is not passed over: a list that is cut short would be taken for a whole one."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.commands import COMMAND, Command
from support.entries import noted

FULL = Path("/dev/full")
SAID = "standard output could not be written: "


@pytest.fixture
def target(sandbox_process: Callable[..., Any], command: Command) -> Any:
    """A sandbox with a project of 100 media and an import into it, one entry of which was rejected."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="traffic", media=100)
    command.environment |= {"BULK_IMPORTER_SERVER": sandbox.url, "BULK_IMPORTER_PROJECT": "traffic"}
    entries = [
        noted(media_id, number) for number, media_id in enumerate([*project["media_ids"][:30], "nobody"])
    ]
    (command.folder / "l.json").write_text(json.dumps(entries))
    assert command("import", "l.json").returncode == 1
    (command.folder / "good.json").write_text(json.dumps(entries[:30]))
    return sandbox


def into(
    command: Command, output: Any, *arguments: str, limit: int | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it with its standard output there, and with files of so many bytes at most."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=command.folder,
        env={**command.environment, **environment},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=limited,
    )


def lists() -> Iterator[tuple[str, ...]]:
    """Every command whose answer is on standard output and that ends with 0."""
    for look_up in ("projects", "datasets", "media", "label-config"):
        for form in ((), ("--json",), ("--csv",)):
            yield (look_up, *form)
    for one in ("settings", "doctor"):
        yield from ((one,), (one, "--json"))
    yield from (("explain",), ("explain", "media-unknown"), ("--version",), ("import", "--help"))
    for form in ((), ("--json",)):
        yield ("check", "good.json", "--onto-uploaded", *form)
        yield ("resolve", "l.json.checkpoint", "--not-delivered", *form)


def test_no_command_ends_with_0_where_its_output_meets_a_full_disk(command: Command, target: Any) -> None:
    """Nor with a traceback; and where nobody listens any more it is no mistake."""
    for arguments in lists():
        with FULL.open("w") as full:
            done = into(command, full, *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert f"{SAID}No space left on device" in done.stderr, arguments
        assert "Traceback" not in done.stderr, arguments
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        for arguments in (("media", "--csv"), ("settings",), ("import", "--help")):
            done = into(command, pipe, *arguments)
            assert (done.returncode, done.stderr) == (0, ""), arguments


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("media", "--csv"), ("media", "--json"), ("label-config", "--json")])
def test_a_list_of_which_a_part_found_room_is_not_taken_for_whole(
    command: Command, target: Any, arguments: tuple[str, ...], unbuffered: str
) -> None:
    """Also where the interpreter was told to have no buffers, as in many containers."""
    path = command.folder / "list"
    with path.open("w") as file:
        done = into(command, file, *arguments, limit=1024, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, SAID in done.stderr, path.stat().st_size) == (2, True, 1024)


def test_another_code_than_0_stays_what_it_is(command: Command, target: Any) -> None:
    """It says more than that the summary is cut short; that is said besides."""
    with FULL.open("w") as full:
        for arguments in (
            ["import", "l.json", "--json"],
            ["verify", "l.json.checkpoint", "--json"],
            ["status", "l.json.checkpoint"],
        ):
            done = into(command, full, *arguments)
            assert (done.returncode, SAID in done.stderr) == (1, True), done.stderr


def test_findings_and_other_files_that_cannot_be_written_are_named(command: Command, target: Any) -> None:
    """Whenever they are written: a few at the end, or many meanwhile."""
    (command.folder / "many.json").write_text(json.dumps([{"internal_media_ID": 5}] * 20_000))
    for source in ("l.json", "many.json"):
        done = command("check", source, "--findings", "/dev/full")
        assert done.returncode == 2
        assert "--findings /dev/full cannot be written: No space left on device" in done.stderr
    done = command("sandbox", "--port", "0", "--ready-file", "nowhere/file")
    assert (done.returncode, "nowhere/file cannot be written: there is no such folder" in done.stderr) == (
        2,
        True,
    )
