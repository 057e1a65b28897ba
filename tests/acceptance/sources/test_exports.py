"""An export of DataGym itself is recognised, and what is said to help another project take it does help."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import StartSandboxProcess

from support.commands import Command
from support.places import VECTORS

VECTOR = VECTORS / "export.json"


@pytest.fixture
def target(command: Command, sandbox_process: StartSandboxProcess) -> tuple[str, ...]:
    """A project with three media, which is not the one that an export came from."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.prepare(name="p", media=3)
    return ("--server", sandbox.url, "--project", "p", "--workers", "0")


def exported(names: list[str]) -> list[dict[str, Any]]:
    """As an export has them: the classes first, and ids of another project."""
    return [
        {"label_classes": [{"class_name": "poi", "geometry_type": "point"}]},
        *(
            {
                "internal_media_ID": f"old-{name}",
                "external_media_ID": name,
                "labeler": None,
                "status": "completed",
                "global_classifications": {},
                "labels": {"poi": [{"point": [{"x": 1, "y": 2}], "nested_geometries": {}}]},
            }
            for name in names
        ),
    ]


def test_an_export_that_is_taken_as_entries_is_told_and_taken_as_advised(
    command: Command, tmp_path: Path, target: tuple[str, ...]
) -> None:
    """It fails whole at first; without `--from entries` it is converted, and delivered whole."""
    rows = json.loads(command("media", *target[:4], "--json").stdout)
    entries = exported([row["name"] for row in rows])
    source = tmp_path / "export.json"
    source.write_text(json.dumps(entries))
    done = command("import", "export.json", *target, "--max-errors", "100%", "--from", "entries")
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("The source is an export of DataGym") == 1
    checked = command("check", "export.json", *target, "--from", "entries")
    assert checked.stdout.count("The source is an export of DataGym") == 1
    assert "Leave out --from entries" in command("explain", "exported-entry").stdout

    summary = command.summary("export.json", *target, "--checkpoint", "another")
    assert (summary["delivered"], summary["skipped"], summary["exit_code"]) == (3, 0, 0)


def test_what_a_real_server_exported_is_told_too(
    command: Command, tmp_path: Path, target: tuple[str, ...]
) -> None:
    """Also the entries that the schema refuses; converted, none of them is."""
    report = json.loads(
        command("check", str(VECTOR), *target, "--json", "--no-report", "--from", "entries").stdout
    )
    assert report["findings"]["exported-entry"] == report["entries"] - 1
    converted = json.loads(command("check", str(VECTOR), "--json", "--no-report").stdout)
    assert converted["conversion"]["format"] == "datagym-export"
    assert converted["rejected"] == 0


def test_file_names_alone_make_no_export(command: Command, tmp_path: Path, target: tuple[str, ...]) -> None:
    """Entries that people write name their media by them."""
    entry = {"external_media_ID": "a.jpg", "labels": {}, "internal_media_ID": "a"}
    (tmp_path / "own.json").write_text(json.dumps([entry]))
    assert "export" not in command("check", "own.json", "--label-config", "none", "--no-check-media").stdout
