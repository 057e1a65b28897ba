"""A server gets another URL, and its imports go on there; a server that is another one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.commands import Command
from support.entries import entry

SMALL = ("--max-batch-entries", "4", "--segment-bytes", "800")


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p` of twelve media, known by two names."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=12)
    sandbox.media = sandbox.project["media_ids"]
    sandbox.moved = sandbox.url.replace("127.0.0.1", "localhost")
    assert sandbox.moved != sandbox.url
    return sandbox


@pytest.fixture
def begun(command: Command, target: Any) -> list[str]:
    """Half an import of entries of which one is broken; the arguments of the import, but for the server."""
    entries = [dict(entry(media_id, number)) for number, media_id in enumerate(target.media)]
    entries[2]["labels"] = {"no-such-class": entries[2]["labels"]["poi"]}
    (command.folder / "l.json").write_text(json.dumps(entries))
    arguments = ["l.json", "--project", "p", "--max-errors", "none", *SMALL]
    assert command.summary(*arguments, "--server", target.url, "--limit", "5")["delivered"] == 5
    return arguments


def corrected(command: Command) -> str:
    """The rejected entry with a class that exists."""
    line = json.loads((command.folder / "l.json.checkpoint/rejected.jsonl").read_text())
    line["entry"]["labels"]["poi"] = line["entry"]["labels"].pop("no-such-class")
    (command.folder / "c.jsonl").write_text(json.dumps(line))
    return "c.jsonl"


def test_an_import_goes_on_under_the_new_name_and_it_is_recorded(
    command: Command, target: Any, begun: list[str]
) -> None:
    """The refusal names the flag; after it the new name is the server of the checkpoint, for every command."""
    refused = command("import", *begun, "--server", target.moved)
    assert refused.returncode == 7
    assert "--server-moved" in refused.stderr
    done = command.summary(*begun, "--server", target.moved, "--server-moved")
    assert (done["delivered"], done["rejected"], done["server"]) == (11, 1, target.moved)
    again = command.summary(*begun, "--server", target.moved)
    assert (again["delivered"], again["this_run"]["requests"]) == (11, 0)
    status = json.loads(command("status", "l.json.checkpoint", "--json").stdout)
    assert status["server"] == target.moved
    assert command("retry", "l.json.checkpoint", corrected(command)).returncode == 0
    assert command("verify", "l.json.checkpoint", "l.json").returncode == 0
    assert set(target.commits().values()) == {1}


def test_a_finished_import_can_be_told_too(command: Command, target: Any, begun: list[str]) -> None:
    """It sends nothing, and is refused without the flag like one that goes on."""
    command.summary(*begun, "--server", target.url)
    assert command("import", *begun, "--server", target.moved).returncode == 7
    done = command.summary(*begun, "--server", target.moved, "--server-moved")
    assert (done["server"], done["this_run"]["requests"]) == (target.moved, 0)


def test_a_retry_goes_on_under_the_new_name(command: Command, target: Any, begun: list[str]) -> None:
    """The refusal names the flag, and the checkpoint is told."""
    command.summary(*begun, "--server", target.url)
    file = corrected(command)
    refused = command("retry", "l.json.checkpoint", file, "--server", target.moved)
    assert refused.returncode == 2
    assert "--server-moved" in refused.stderr
    moved = command("retry", "l.json.checkpoint", file, "--server", target.moved, "--server-moved", "--json")
    assert moved.returncode == 0, moved.stderr
    assert json.loads(moved.stdout)["server"] == target.moved


def test_a_mended_source_and_a_comparison_find_the_server_again(
    command: Command, target: Any, begun: list[str]
) -> None:
    """`--settled-by` and `verify --against-server` name the flag, and go by it."""
    command.summary(*begun, "--server", target.url)
    source = command.folder / "l.json"
    (command.folder / "fixed.json").write_text(source.read_text().replace("no-such-class", "poi"))
    mended = ["fixed.json", *begun[1:], "--server", target.moved, "--settled-by", "l.json.checkpoint"]
    refused = command("import", *mended)
    assert refused.returncode == 7
    assert "--server-moved" in refused.stderr
    done = command.summary(*mended, "--server-moved")
    assert (done["delivered"], done["skipped"]) == (1, 11)
    compare = ["verify", "l.json.checkpoint", "l.json", "--against-server", "--server", target.moved]
    refused = command(*compare)
    assert refused.returncode == 2
    assert "--server-moved" in refused.stderr
    assert command(*compare, "--server-moved").returncode == 1


def test_another_server_is_not_taken_for_the_same(
    command: Command, target: Any, begun: list[str], sandbox_process: Callable[..., Any]
) -> None:
    """It has no project of that id, although one of that name; nothing is sent or recorded, whatever is checked."""
    other = sandbox_process("--seed", "2")
    other.prepare(name="p", media=12)
    moving = ["--server", other.url, "--server-moved"]
    by_id = ["--project", target.project["id"]]
    unchecked = ["--label-config", "none", "--no-check-media"]
    for arguments in ([], by_id, [*by_id, *unchecked]):
        done = command("import", *begun, *moving, *arguments)
        assert done.returncode in (6, 7)
    done = command("retry", "l.json.checkpoint", corrected(command), *moving)
    assert done.returncode == 7
    assert "under another name" in done.stderr
    assert not other.commits()
    assert json.loads(command("status", "l.json.checkpoint", "--json").stdout)["server"] == target.url
    assert command.summary(*begun, "--server", target.url)["delivered"] == 11
