"""People mend their files and go on: nothing that was delivered is sent again, and nothing new is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.commands import Command
from support.entries import noted

SMALL = ("--max-batch-entries", "4", "--segment-bytes", "800")


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p` of thirty media, and an entry for each; two of them are broken."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=30)
    sandbox.arguments = ["--server", sandbox.url, "--project", "p", *SMALL]
    sandbox.media = sandbox.project["media_ids"]
    sandbox.entries = [noted(media_id, number) for number, media_id in enumerate(sandbox.media)]
    return sandbox


def broken(number: int, one: Any) -> Any:
    """The same with a class that does not exist."""
    return {**one, "labels": {f"no-such-class-{number}": one["labels"]["poi"]}}


def write(path: Path, entries: Any, *, indent: int | None = None) -> None:
    path.write_text(json.dumps(entries, indent=indent))


def test_a_mended_source_sends_what_was_not_delivered_and_nothing_else(command: Command, target: Any) -> None:
    """Although it is formatted anew and has one more entry in the middle, and over an interruption."""
    entries = target.entries
    write(
        command.folder / "l.json",
        [broken(n, each) if n in (3, 20) else each for n, each in enumerate(entries)],
    )
    first = command.summary("l.json", *target.arguments, "--max-errors", "none")
    assert (first["delivered"], first["rejected"]) == (28, 2)
    again = noted(target.media[5], 99)
    write(command.folder / "fixed.json", [*entries[:10], again, *entries[10:]], indent=2)
    arguments = ["fixed.json", *target.arguments, "--settled-by", "l.json.checkpoint"]
    command.summary(*arguments, "--limit", "1")
    second = command.summary(*arguments)
    assert (second["state"], second["delivered"], second["skipped"], second["rejected"]) == (
        "complete",
        3,
        28,
        0,
    )
    held = target.labels(target.project["id"])
    points = {
        media: [value["g"] for value in values if value["k"] == "poi"] for media, values in held.items()
    }
    assert sorted(map(len, points.values())) == [1] * 29 + [2]
    assert command("verify", "fixed.json.checkpoint", "fixed.json").returncode == 0


def test_what_a_retry_delivered_is_known_again_too(command: Command, target: Any) -> None:
    """By its corrected bytes, formatted anew."""
    wrong = target.entries[3]
    write(command.folder / "l.json", [broken(3, wrong), target.entries[4]])
    command.summary("l.json", *target.arguments, "--max-errors", "none")
    (command.folder / "corrected.jsonl").write_text(json.dumps({"position": 0, "entry": wrong}))
    assert command("retry", "l.json.checkpoint", "corrected.jsonl").returncode == 0
    write(command.folder / "fixed.json", [wrong, target.entries[4]], indent=2)
    done = command.summary("fixed.json", *target.arguments, "--settled-by", "l.json.checkpoint")
    assert (done["delivered"], done["skipped"], done["rejected"]) == (0, 2, 0)


def test_equal_entries_are_skipped_as_often_as_they_were_delivered(command: Command, target: Any) -> None:
    """With multiplicity: two were delivered, the third is new."""
    write(command.folder / "l.json", [target.entries[0]] * 2)
    assert command.summary("l.json", *target.arguments)["delivered"] == 2
    write(command.folder / "fixed.json", [target.entries[0]] * 3)
    done = command.summary("fixed.json", *target.arguments, "--settled-by", "l.json.checkpoint")
    assert (done["delivered"], done["skipped"]) == (1, 2)


def test_an_entry_that_would_wipe_what_was_delivered_after_it_is_rejected(
    command: Command, target: Any
) -> None:
    """It stands before it in the source, and would be sent after it."""
    late = noted(target.media[0], 1, keep=False)
    kept = noted(target.media[0], 2)
    write(command.folder / "l.json", [broken(1, late), kept])
    command.summary("l.json", *target.arguments, "--max-errors", "none")
    write(command.folder / "fixed.json", [late, kept])
    done = command.summary("fixed.json", *target.arguments, "--settled-by", "l.json.checkpoint")
    assert (done["delivered"], done["skipped"], done["rejected"]) == (0, 1, 1)
    assert done["findings"]["retry-out-of-order"] == 1


def test_a_resume_must_say_again_what_it_was_settled_by(command: Command, target: Any) -> None:
    """Else the unread rest would be sent again."""
    write(command.folder / "l.json", target.entries)
    command.summary("l.json", *target.arguments)
    write(command.folder / "fixed.json", target.entries, indent=1)
    command.summary("fixed.json", *target.arguments, "--settled-by", "l.json.checkpoint", "--limit", "0")
    done = command("import", "fixed.json", *target.arguments)
    assert done.returncode == 7
    assert "settled_by was 'l.json.checkpoint'" in done.stderr


def test_a_checkpoint_of_another_project_settles_nothing(command: Command, target: Any) -> None:
    """What was delivered there was not delivered here."""
    other = target.prepare(name="other", media=3)
    write(command.folder / "o.json", [noted(media_id, 1) for media_id in other["media_ids"]])
    command.summary("o.json", "--server", target.url, "--project", "other")
    write(command.folder / "l.json", target.entries)
    done = command("import", "l.json", *target.arguments, "--settled-by", "o.json.checkpoint")
    assert done.returncode == 7
    assert "Nothing was sent" in done.stderr


@pytest.mark.parametrize("lines", [False, True], ids=["array", "JSON Lines"])
def test_a_source_that_only_grew_goes_on_when_that_is_said(
    command: Command, target: Any, lines: bool
) -> None:
    """An array that was closed is opened again, and lines are appended."""

    def text(entries: Any) -> str:
        return "\n".join(map(json.dumps, entries)) + "\n" if lines else json.dumps(entries)

    (command.folder / "l").write_text(text(target.entries[:12]))
    assert command.summary("l", *target.arguments)["delivered"] == 12
    (command.folder / "l").write_text(text(target.entries))
    refused = command("import", "l", *target.arguments)
    assert refused.returncode == 7
    assert "--source-grew" in refused.stderr
    done = command.summary("l", *target.arguments, "--source-grew")
    assert (done["state"], done["delivered"], done["this_run"]["delivered"]) == ("complete", 30, 18)
    assert set(target.commits().values()) == {1}
    assert command("verify", "l.checkpoint", "l").returncode == 0


def test_a_run_that_met_too_long_an_entry_goes_on_with_a_larger_bound(command: Command, target: Any) -> None:
    """As the message says; the source is not to blame, and need not change."""
    entries = target.entries
    entries[7] = {**entries[7], "global_classifications": {"note": ["x" * 3000]}}
    write(command.folder / "l.json", entries)
    arguments = ["l.json", *target.arguments, "--max-errors", "none"]
    done = command("import", *arguments, "--max-entry-bytes", "2000")
    assert done.returncode == 3
    assert "The same command with a larger --max-entry-bytes resumes there." in done.stdout
    assert "Fix the source" not in done.stdout
    summary = command.summary(*arguments, "--max-entry-bytes", "1MB")
    assert (summary["state"], summary["entries"], summary["owed"]) == ("complete", 30, 0)
