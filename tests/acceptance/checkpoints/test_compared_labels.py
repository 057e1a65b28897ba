"""`verify --against-server` says whether the server still holds what was delivered to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.commands import Command
from support.entries import noted


@pytest.fixture
def imported(command: Command, sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project of thirty media, two entries for each, all delivered."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=30)
    ids = sandbox.project["media_ids"]
    entries = [noted(media_id, number) for number, media_id in enumerate([*ids, *ids])]
    (command.folder / "l.json").write_text(json.dumps(entries))
    done = command("import", "l.json", "--server", sandbox.url, "--project", "p")
    assert done.returncode == 0, done.stderr
    return sandbox


@pytest.mark.parametrize("sample", [(), ("--sample", "7")], ids=["all", "a sample"])
def test_labels_that_are_there_are_found(command: Command, imported: Any, sample: tuple[str, ...]) -> None:
    """Whatever people added since."""
    more = [noted(imported.project["media_ids"][0], 99)]
    imported.ask(f"/api/v1/project/{imported.project['id']}/prediction", more)
    done = command("verify", "l.json.checkpoint", "l.json", "--against-server", *sample)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{7 if sample else 30} media hold on the server what was delivered" in done.stdout


def test_labels_that_are_gone_are_missed_and_the_media_named(command: Command, imported: Any) -> None:
    """Exit 7; the log itself is proven."""
    wiped = imported.project["media_ids"][4]
    imported.ask(
        f"/api/v1/project/{imported.project['id']}/prediction",
        [{"internal_media_ID": wiped, "keepData": False}],
    )
    done = command("verify", "l.json.checkpoint", "l.json", "--against-server", "--json")
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["proven"]) == (ExitCode.DIFFERS, False)
    assert [claim["claim"] for claim in facts["claims"] if not claim["holds"]] == ["server"]
    assert wiped in facts["claims"][-1]["text"]


def test_it_needs_the_source(command: Command, imported: Any) -> None:
    """What was delivered is not kept in the checkpoint."""
    done = command("verify", "l.json.checkpoint", "--against-server")
    assert done.returncode == ExitCode.USAGE
    assert "SOURCE" in done.stderr


def test_of_what_a_retry_delivered_the_correction_is_looked_for(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """The source has something else there, which was never sent."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=3)
    entries = [dict(noted(media_id, number)) for number, media_id in enumerate(project["media_ids"])]
    right = entries[1]["labels"]
    entries[1]["labels"] = {"no-such-class": right["poi"]}
    (command.folder / "l.json").write_text(json.dumps(entries))
    command("import", "l.json", "--server", sandbox.url, "--project", "p", "--max-errors", "none")
    corrected = {"position": 1, "entry": {**entries[1], "labels": right}}
    (command.folder / "c.jsonl").write_text(json.dumps(corrected))
    assert command("retry", "l.json.checkpoint", "c.jsonl").returncode == 0
    compare = ("verify", "l.json.checkpoint", "l.json", "--against-server")
    done = command(*compare)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 media hold on the server" in done.stdout
    assert "1 retry delivered 1 rejected entry, all on record here" in done.stdout
    wiped = [{"internal_media_ID": project["media_ids"][1], "keepData": False}]
    sandbox.ask(f"/api/v1/project/{project['id']}/prediction", wiped)
    assert command(*compare).returncode == ExitCode.DIFFERS
