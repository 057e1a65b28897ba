"""What cannot be read has the same exit code in every command: input 3, a setting 2, a checkpoint 7."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.cli.help.exit_codes import EVERYWHERE, MEANINGS
from bulk_importer.errors import ExitCode
from support.commands import Command
from support.entries import entry, noted

CHECKPOINT = "l.json.checkpoint"
INPUTS = (
    ("import", "{}", "SERVER"),
    ("check", "{}", "SERVER"),
    ("verify", CHECKPOINT, "{}"),
    ("retry", CHECKPOINT, "{}"),
    ("retry", CHECKPOINT, "--source", "{}"),
)
SETTINGS = (
    ("import", "l.json", "SERVER", "--checkpoint", "new", "--label-config", "{}"),
    ("import", "l.json", "SERVER", "--checkpoint", "new", "--media-list", "{}"),
    ("import", "l.json", "SERVER", "--checkpoint", "named", "--media-by", "name", "--media-map", "{}"),
    ("import", "l.json", "SERVER", "--checkpoint", "new", "--token-file", "{}"),
    ("import", "l.json", "SERVER", "--checkpoint", "new", "--config", "{}"),
    ("check", "l.json", "--label-config", "{}"),
    ("check", "l.json", "--media-list", "{}"),
    ("retry", CHECKPOINT, "--token-file", "{}"),
    ("retry", CHECKPOINT, "--label-config", "{}"),
    ("verify", CHECKPOINT, "--config", "{}"),
    ("projects", "SERVER", "--token-file", "{}"),
    ("doctor", "SERVER", "--config", "{}"),
    ("sandbox", "--faults", "{}"),
    ("sandbox", "--cost-model", "{}"),
    ("sandbox", "--project", "p", "--label-config", "{}"),
    ("settings", "--config", "{}"),
)
CHECKPOINTS = (
    ("status", "{}"),
    ("verify", "{}"),
    ("retry", "{}"),
    ("resolve", "{}", "--not-delivered"),
    ("import", "l.json", "SERVER", "--checkpoint", "new", "--settled-by", "{}"),
)

READABLE: dict[tuple[str, ...], tuple[str, ...]] = {
    # What it holds is not what was imported, which `verify` has another code for.
    ("verify", CHECKPOINT, "{}"): ("broken", "letters"),
    # Like a pattern that matches nothing: no source is named by that.
    ("import", "{}", "SERVER"): ("folder",),
    ("check", "{}", "SERVER"): ("folder",),
    # Any line of text may be a token.
    **{row: ("broken",) for row in SETTINGS if "--token-file" in row},
}
"""Of what is not readable as one thing, that which is as another."""


@pytest.fixture
def arguments(command: Command, sandbox_process: Callable[..., Any]) -> Callable[..., list[str]]:
    """Makes a command line of a row above; there is a checkpoint with a rejected entry, and files that are none."""
    sandbox = sandbox_process("--seed", "1")
    ids = sandbox.prepare(name="p", media=4)["media_ids"]
    entries = [noted(ids[0], 1), entry(ids[1], 1, broken=True), noted(ids[1], 2)]
    (command.folder / "l.json").write_text(json.dumps(entries))
    server = ["--server", sandbox.url, "--project", "p"]
    assert command("import", "l.json", *server).returncode == ExitCode.REJECTIONS
    (command.folder / "folder").mkdir()
    (command.folder / "broken").write_text('{"position": 3')
    (command.folder / "letters").write_bytes(b"\xff\xfe{\0}\0")
    (command.folder / "locked").write_text("[]")
    (command.folder / "locked").chmod(0)

    def fill(row: tuple[str, ...], name: str) -> list[str]:
        *_, one = ([], server[:2]) if row[0] in ("projects", "doctor") else ([], server)
        words = (one if word == "SERVER" else [word.format(name)] for word in row)
        return [word for some in words for word in some]

    return fill


def kinds() -> Iterator[str]:
    """Names of what cannot be read."""
    yield from ("missing", "folder", "broken", "letters")
    if os.geteuid():
        yield "locked"


@pytest.mark.slow
def test_what_cannot_be_read_has_the_code_of_its_kind(
    command: Command, arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    """Each says which file it is, and the table of the command has the code."""
    wrong = []
    for rows, expected in (
        (INPUTS, ExitCode.INPUT),
        (SETTINGS, ExitCode.USAGE),
        (CHECKPOINTS, ExitCode.CHECKPOINT),
    ):
        for row in rows:
            for name in kinds():
                if name in READABLE.get(row, ()):
                    continue
                done = command(*arguments(row, name))
                said = done.stdout + done.stderr
                told = name in said and not any(raw in said for raw in ("Traceback", "[Errno"))
                known = expected in EVERYWHERE or row[0] in MEANINGS[expected].by_command
                if (done.returncode, told, known) != (expected, True, True):
                    wrong.append((row, name, done.returncode, said[-300:]))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_retry_without_its_corrections_leaves_the_import_as_it_was(
    command: Command, arguments: Callable[..., list[str]]
) -> None:
    """It says 3; the import is as finished as before, and `status` says how the retry ended."""
    del arguments
    for name in ("missing", "broken"):
        assert command("retry", CHECKPOINT, name).returncode == ExitCode.INPUT
        done = command("status", CHECKPOINT)
        assert done.returncode == ExitCode.REJECTIONS
        assert "with exit code 3" in done.stdout
        assert command("verify", CHECKPOINT).returncode == ExitCode.REJECTIONS
