"""What of a finished checkpoint is needed, and what may be deleted: as the README says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import StartSandboxProcess

from bulk_importer.errors import ExitCode
from support.commands import Command
from support.entries import noted
from support.places import TOP

KEPT = {"log", "digests", "rejected.jsonl", "retries"}


@pytest.fixture
def finished(command: Command, sandbox_process: StartSandboxProcess) -> Path:
    """A checkpoint with two rejected entries, of which a retry has delivered one; the other is in `again.jsonl`."""
    sandbox = sandbox_process("--seed", "1")
    entries = [noted(each, at) for at, each in enumerate(sandbox.prepare(name="p", media=4)["media_ids"])]
    lines = [json.dumps({"position": at, "entry": entries[at]}) for at in (1, 2)]
    broken = [{**each, "labels": {"no": []}} if at in (1, 2) else each for at, each in enumerate(entries)]
    (command.folder / "l.json").write_text(json.dumps(broken))
    (command.folder / "again.jsonl").write_text(lines[1])
    (command.folder / "first.jsonl").write_text(lines[0])
    command.environment |= {"BULK_IMPORTER_SERVER": sandbox.url, "BULK_IMPORTER_PROJECT": "p"}
    assert command("import", "l.json").returncode == ExitCode.REJECTIONS
    assert command("retry", "l.json.checkpoint", "first.jsonl").returncode == ExitCode.REJECTIONS
    return command.folder / "l.json.checkpoint"


def codes(command: Command) -> dict[str, int]:
    """What each command that takes the checkpoint ends with; the last one changes it."""
    folder = "l.json.checkpoint"
    return {
        "import": command("import", "l.json").returncode,
        "status": command("status", folder).returncode,
        "verify": command("verify", folder, "l.json").returncode,
        "settled": command("import", "l.json", "--checkpoint", "c", "--settled-by", folder).returncode,
        "retry": command("retry", folder, "again.jsonl").returncode,
    }


def test_what_is_not_needed_may_be_deleted(command: Command, finished: Path) -> None:
    """All at once; every command does what it does with it."""
    spare = [each for each in finished.iterdir() if each.name not in KEPT]
    assert {each.name for each in spare} >= {"summary.json", "run.log", "mentions", "media.index", "lock"}
    for each in spare:
        each.unlink()
    assert codes(command) == {"import": 1, "status": 1, "verify": 1, "settled": 1, "retry": 0}


@pytest.mark.parametrize("name", ["log", "digests", "rejected.jsonl"])
def test_what_is_needed_is_missed_with_a_sentence(command: Command, finished: Path, name: str) -> None:
    """By each command that needs it, and `verify` notices any of them."""
    (finished / name).unlink()
    found = codes(command)
    assert found["verify"] == ExitCode.CHECKPOINT
    assert set(found.values()) <= {ExitCode.REJECTIONS, ExitCode.CHECKPOINT}


def test_the_readme_names_what_is_to_be_kept() -> None:
    """All of it."""
    said = re.search(r"Of a finished import keep (.*?):", (TOP / "README.md").read_text(), re.DOTALL)
    assert said
    assert set(re.findall(r"`([^`]+)`", said[1])) == KEPT
