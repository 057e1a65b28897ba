"""Every path may hold bytes that are not UTF-8: everything works, and what is said of it is readable."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import StartSandboxProcess

from support.commands import Command
from support.entries import entry

ODD = os.fsdecode(b"\xe9")


@pytest.fixture
def folder(command: Command, tmp_path: Path) -> Path:
    """One whose name is not UTF-8; commands run in it."""
    folder = tmp_path / f"in{ODD}"
    folder.mkdir()
    command.folder = folder
    return folder


@pytest.fixture
def write(folder: Path) -> Callable[[str, object], str]:
    """Write a file there, whose name is not UTF-8 either; the path."""

    def write(name: str, content: object) -> str:
        path = folder / f"{name}{ODD}"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def checked(command: Command, *arguments: str, code: int = 0) -> str:
    """What a command prints that ends as it should, without a traceback and in UTF-8."""
    done = command(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_an_import_from_its_check_to_its_retry(
    command: Command, folder: Path, write: Any, sandbox_process: StartSandboxProcess
) -> None:
    """Source, folder, corrections; in the log, in JSON and in messages."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=4)
    target = ("--server", sandbox.url, "--project", "p", "--workers", "0")
    entries = [entry(media_id, at) for at, media_id in enumerate(project["media_ids"])]
    broken = entry(project["media_ids"][3], -1)
    source = write("labels", [*entries[:3], broken])
    shown = source.replace(ODD, "\\xe9")

    report = json.loads(checked(command, "check", source, *target, "--json", code=1))
    assert report["source"] == shown
    summary = json.loads(checked(command, "import", source, *target, "--json", code=1))
    assert (summary["source"], summary["checkpoint"]) == (shown, f"{shown}.checkpoint")
    assert (summary["delivered"], summary["rejected"]) == (3, 1)
    checkpoint = f"{source}.checkpoint"
    assert json.loads(Path(checkpoint, "summary.json").read_bytes())["source"] == shown
    assert shown in checked(command, "import", source, *target, code=1)
    assert json.loads(checked(command, "status", checkpoint, "--json", code=1))["source"] == shown
    assert shown in checked(command, "verify", checkpoint, source, code=1)
    assert json.loads(checked(command, "verify", checkpoint, source, "--json", code=1))["proven"]
    corrected = write("corrected", json.dumps({"position": 3, "entry": entries[3]}) + "\n")
    assert shown in checked(command, "retry", checkpoint, corrected)


def test_what_an_import_is_told_by_files(
    command: Command, folder: Path, write: Any, sandbox_process: StartSandboxProcess
) -> None:
    """Checkpoint, earlier checkpoint, label configuration, list of media, settings, findings."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=2)
    target = ("--server", sandbox.url, "--project", "p", "--workers", "0")
    source = write("labels", [entry(media_id, at) for at, media_id in enumerate(project["media_ids"])])
    config = write("config", checked(command, "label-config", *target[:4], "--json"))
    media = write("media", checked(command, "media", *target[:4], "--csv"))
    settings = write("settings", f"label_config = {json.dumps('none')}\n")
    files = ("--label-config", config, "--media-list", media)
    checkpoint, fresh = str(folder / f"k{ODD}"), str(folder / f"k2{ODD}")

    checked(command, "import", source, *target, *files, "--checkpoint", checkpoint)
    again = checked(
        command, "import", source, *target, "--checkpoint", fresh, "--settled-by", checkpoint, "--json"
    )
    assert json.loads(again)["skipped"] == 2
    checked(command, "import", source, *target, "--checkpoint", fresh, "--settled-by", checkpoint)
    several = str(folder / f"k3{ODD}")
    checked(command, "import", f"la*{ODD}", media, *target, "--checkpoint", several, code=3)
    checked(command, "check", source, "--config", settings, "--findings", str(folder / f"f{ODD}"))
    shown = json.loads(checked(command, "settings", "--label-config", config, "--json"))
    assert shown["label_config"]["value"] == config.replace(ODD, "\\xe9")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", ODD), 3),
        (("status", ODD), 7),
        (("verify", ODD), 7),
        (("resolve", ODD, "--delivered"), 7),
        (("retry", ODD), 7),
        ((ODD,), 2),
        (("explain", ODD), 2),
        (("check", "l", "--config", ODD), 2),
        (("check", "l", "--label-config", ODD), 2),
        (("check", "l", "--label-config", "none", "--media-list", ODD), 2),
        (("check", "l", "--label-config", "none", "--no-check-media", "--path", f"{ODD}.item"), 2),
        (("import", "l", "--server", "http://127.0.0.1:9", "--project", "p", "--token-file", ODD), 2),
        (("import", "l", "--server", "http://127.0.0.1:9", "--project", "p", "--ca-file", ODD), 2),
    ],
)
def test_what_is_not_there_is_named_readably(
    command: Command, folder: Path, arguments: tuple[str, ...], code: int
) -> None:
    """With the exit code of any other path."""
    (folder / "l").write_text("[]")
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    assert "\udce9" not in done.stderr


def test_a_terminal_that_knows_no_letters_is_shown_the_same(
    command: Command, folder: Path, write: Any
) -> None:
    """Under the locale C, letters outside of ASCII are escaped one by one."""
    source = write("ä", [entry("m", 1)])
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = command("check", source, "--label-config", "none", "--no-check-media", "--workers", "0", **plain)
    assert done.returncode == 0, done.stderr
    assert "ä\\xe9" in done.stdout or "\\xe4\\xe9" in done.stdout
