"""A retry finds what was imported, wherever it is run and wherever the files are now."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.commands import COMMAND, Command
from support.entries import noted


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p` of four media."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=4)
    sandbox.media = sandbox.project["media_ids"]
    sandbox.arguments = ["--server", sandbox.url, "--project", "p", "--max-errors", "none"]
    return sandbox


def late(target: Any) -> list[Any]:
    """A broken entry that would wipe what comes behind it, another broken one, and one of each of their media."""
    a, b = target.media[:2]
    wrong = [noted(a, 0, keep=False), noted(b, 1)]
    for each in wrong:
        each["labels"] = {"no-such-class": each["labels"]["poi"]}
    return [*wrong, noted(a, 2), noted(b, 3)]


def corrected(checkpoint: Path) -> str:
    """Both of them with a class that exists."""
    lines = [json.loads(line) for line in (checkpoint / "rejected.jsonl").read_text().splitlines()]
    for line in lines:
        line["entry"]["labels"]["poi"] = line["entry"]["labels"].pop("no-such-class")
    path = checkpoint.parent / "c.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def points(target: Any) -> list[list[int]]:
    held = target.labels(target.project["id"])
    return [sorted(value["g"][0] for value in held[media] if value["k"] == "poi") for media in target.media]


def retry(
    command: Command, checkpoint: Path, *arguments: str, folder: Path, named: str | None = None
) -> dict[str, Any]:
    """What a retry that is run in `folder` says of itself."""
    done = subprocess.run(
        [*COMMAND, "retry", named or str(checkpoint), corrected(checkpoint), "--json", *arguments],
        cwd=folder,
        env=command.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    said: dict[str, Any] = json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}
    return {**said, "code": done.returncode}


@pytest.fixture
def imported(command: Command, target: Any) -> Path:
    """The checkpoint of an import that was run in the folder of its source, and named that by its bare name."""
    place = command.folder / "data"
    place.mkdir()
    (place / "l.json").write_text(json.dumps(late(target)))
    (command.folder / "elsewhere").mkdir()
    done = subprocess.run(
        [*COMMAND, "import", "l.json", *target.arguments], cwd=place, env=command.environment, check=False
    )
    assert done.returncode == 1
    return place / "l.json.checkpoint"


def is_protected(said: dict[str, Any], target: Any) -> bool:
    """One is fed and one held back, because its source was read."""
    return said.get("held_back") == [0] and points(target) == [[2], [1, 3], [], []]


def test_it_may_be_run_from_another_folder(command: Command, target: Any, imported: Path) -> None:
    """Where a file of that name lies that is something else."""
    elsewhere = command.folder / "elsewhere"
    (elsewhere / "l.json").write_text(json.dumps(late(target)[:1] * 2))
    assert is_protected(retry(command, imported, folder=elsewhere), target)


@pytest.mark.parametrize("named", ["../data/l.json.checkpoint", "link"])
def test_it_may_be_named_from_another_folder(
    command: Command, target: Any, imported: Path, named: str
) -> None:
    """By a relative path, or through a link."""
    elsewhere = command.folder / "elsewhere"
    (elsewhere / "link").symlink_to(imported)
    assert is_protected(retry(command, imported, folder=elsewhere, named=named), target)


def test_file_and_checkpoint_may_be_moved_together(command: Command, target: Any, imported: Path) -> None:
    """The file is beside the checkpoint then."""
    moved = command.folder / "moved"
    shutil.move(imported.parent, moved)
    said = retry(command, moved / imported.name, folder=command.folder / "elsewhere")
    assert is_protected(said, target)


def test_a_file_that_was_moved_alone_is_named_and_no_protection_is_given_up(
    command: Command, target: Any, imported: Path
) -> None:
    """The refusal says how, and following it works; another file in its place is refused."""
    source = imported.parent / "l.json"
    source.rename(command.folder / "now.json")
    refused = retry(command, imported, folder=imported.parent)
    assert refused["code"] == 3
    assert "--source" in refused["stderr"]
    assert "--out-of-order" not in refused["stderr"]
    source.write_text(json.dumps(late(target)[:1] * 2))
    assert retry(command, imported, "--source", str(source), folder=imported.parent)["code"] == 7
    said = retry(command, imported, "--source", "../now.json", folder=imported.parent)
    assert is_protected(said, target)


def test_what_came_through_a_pipe_is_given_as_a_file(command: Command, target: Any) -> None:
    """It is never waited for; where nobody has it any more, the refusal names what that costs."""
    checkpoint = command.folder / "piped"
    content = json.dumps(late(target))
    subprocess.run(
        [*COMMAND, "import", "-", "--checkpoint", "piped", *target.arguments],
        cwd=command.folder,
        env=command.environment,
        input=content,
        text=True,
        check=False,
    )
    refused = retry(command, checkpoint, folder=command.folder)
    assert refused["code"] == 3
    assert "--source" in refused["stderr"]
    assert "costs labels" in refused["stderr"]
    (command.folder / "kept.json").write_text(content)
    assert is_protected(retry(command, checkpoint, "--source", "kept.json", folder=command.folder), target)
