"""The token leaves in one header, and is seen nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from support.commands import Command
from support.entries import entry

TOKEN = "6d9f9c1e-5ec7-4a0b-9d5e-0f7a3b1c2d3e"


def traces(folder: Path) -> list[Path]:
    """The files of a folder, at any depth, that hold the token; the token file itself aside."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != "token" and TOKEN.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("by_file", [True, False], ids=["token file", "variable"])
@pytest.mark.parametrize("fault", ["", 'what = "reset after commit"', "what = 500", "what = 401"])
def test_it_is_in_no_output_no_file_and_no_process_list(
    command: Command, sandbox_process: Callable[..., Any], fault: str, by_file: bool
) -> None:
    """While a run goes well, and when it fails; the command line of each process is looked at while it runs."""
    (command.folder / "token").write_text(TOKEN + "\n")
    (command.folder / "faults.toml").write_text(
        (f"[[fault]]\n{fault}\n" if fault else "") + '[[fault]]\nwhat = "delay"\nseconds = 0.3\n'
    )
    sandbox = sandbox_process(
        "--seed", "1", "--token", TOKEN, "--faults", str(command.folder / "faults.toml")
    )
    project = sandbox.prepare(name="p", media=20)
    labels = [entry(media_id, number) for number, media_id in enumerate(project["media_ids"])]
    labels[3]["labels"]["tram"] = []
    (command.folder / "l.json").write_text(json.dumps(labels))
    arguments = ["import", "l.json", "--server", sandbox.url, "--project", "p"]
    if by_file:
        arguments += ["--token-file", "token"]
    else:
        command.environment["DATAGYM_TOKEN"] = TOKEN
    process = command.start(*arguments)
    command_lines = set()
    while process.poll() is None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it may end between two looks
                command_lines.add(path.read_bytes())
    said = "".join(process.communicate())

    assert any(b"l.json" in line for line in command_lines)
    mine = {line for line in command_lines if b"sandbox" not in line}
    assert not [line for line in mine if TOKEN.encode() in line]
    assert TOKEN not in said
    assert TOKEN not in command("status", "l.json.checkpoint").stdout
    assert TOKEN not in command("settings").stdout
    assert traces(command.folder) == []
    assert not [request for request in sandbox.requests() if TOKEN in request["path"]]


def test_a_wrong_token_is_said_to_be_wrong_without_saying_it(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Exit 6, with what to do."""
    sandbox = sandbox_process("--token", "11111111-1111-4111-8111-111111111111")
    (command.folder / "l.json").write_text("[]")
    done = command("import", "l.json", "--server", sandbox.url, "--project", "p", DATAGYM_TOKEN=TOKEN)
    assert done.returncode == 6
    assert "token" in done.stderr
    assert TOKEN not in done.stderr
