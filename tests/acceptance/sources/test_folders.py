"""A folder is a source: the files in it that can be imported, in the order of their names."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from conftest import SandboxProcess, StartSandboxProcess

from bulk_importer.errors import ExitCode
from support.commands import Command
from support.entries import noted


@pytest.fixture
def server(sandbox_process: StartSandboxProcess) -> SandboxProcess:
    """A sandbox in a process of its own."""
    return sandbox_process("--seed", "1")


@pytest.fixture
def days(command: Command, server: SandboxProcess) -> Path:
    """A folder of three sources, and of what is none."""
    folder = command.folder / "days"
    (folder / "older").mkdir(parents=True)
    entries = [noted(each, at) for at, each in enumerate(server.prepare(name="p", media=6)["media_ids"])]
    (folder / "b.jsonl").write_text("\n".join(map(json.dumps, entries[2:4])))
    (folder / "a.json").write_text(json.dumps(entries[:2]))
    (folder / "C.JSON.gz").write_bytes(gzip.compress(json.dumps(entries[4:]).encode()))
    (folder / "read me.txt").write_text("for people")
    (folder / ".hidden.json").write_text("[]")
    return folder


def test_its_files_are_imported_in_order_and_what_is_left_out_is_said(
    command: Command, server: SandboxProcess, days: Path
) -> None:
    """Once for all; the same command again finds the checkpoints, and takes them for no sources."""
    target = ["days", "--server", server.url, "--project", "p"]
    for _ in range(2):
        done = command("import", *target)
        assert done.returncode == 0, done.stderr
        assert (
            done.stderr.count("days: 3 files in the order of their names. Left out: older, read me.txt.") == 1
        )
        rows = [line.split() for line in done.stdout.splitlines()[1:6]]
        assert [row[0] for row in rows] == ["source", "C.JSON.gz", "a.json", "b.jsonl", "together"]
        assert rows[4] == ["together", "complete", "6", "6", "0", "0", "0", "0"]
    told = command("import", *target, "--json")
    facts = json.loads(told.stdout)
    assert [Path(each["source"]).name for each in facts["sources"]] == ["C.JSON.gz", "a.json", "b.jsonl"]
    assert len(server.commits()) == 3
    assert len(json.loads(command("check", *target, "--json").stdout)["sources"]) == 3
    assert command("status", "days").returncode == command("verify", "days").returncode == 0
    assert days.is_dir()


def test_one_summary_for_all_names_what_is_wrong_with_each(
    command: Command, server: SandboxProcess, days: Path
) -> None:
    """One table, one list of findings, and a sentence for each source that ended otherwise."""
    (days / "a.json").write_text('[{"internal_media_ID": 3}, ')
    done = command("import", "days", "--server", server.url, "--project", "p")
    assert done.returncode == ExitCode.INPUT
    lines = done.stdout.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith(("  a.json ", "  b.json", "  C.JSON"))] == [
        "0",
        "3",
        "0",
    ]
    assert sum(line.strip().startswith("What was found (") for line in lines) == 1
    assert any(line.startswith("  days/a.json: days/a.json is malformed at byte") for line in lines)
    assert any(line.endswith("days/a.json.checkpoint/rejected.jsonl") for line in lines)


def test_a_folder_without_sources_says_what_it_would_take(
    command: Command, server: SandboxProcess, days: Path
) -> None:
    """A usage error, before anything is asked."""
    done = command("import", "days/older", "--server", server.url, "--project", "p")
    assert done.returncode == ExitCode.USAGE
    assert "days/older holds no file of a name that ends with .json" in done.stderr
    del days
