"""What the server or the network does wrong costs time, and never a label too few or too many."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bulk_importer.errors import ExitCode
from support.commands import Command, entry

ENTRIES = 300


def write(path: Path, media_ids: Sequence[str]) -> None:
    """An appending entry for each media, so that one that is sent twice shows."""
    path.write_text(json.dumps([entry(media_id, number) for number, media_id in enumerate(media_ids)]))


def points(labels: dict[str, list[dict[str, object]]]) -> list[int]:
    """How many points each media holds."""
    return [sum(1 for value in values if value["k"] == "poi") for values in labels.values()]


def script(folder: Path, *faults: str) -> str:
    """A fault script in a file."""
    path = folder / "faults.toml"
    path.write_text("".join(f"[[fault]]\n{fault}\n" for fault in faults))
    return str(path)


def test_refusals_to_execute_cost_time_only(command: Command, sandbox_process: Callable[..., Any]) -> None:
    """429 with Retry-After, 503, and connections that are refused for a second: everything arrives, once."""
    faults = script(
        command.folder,
        "what = 429\nretry_after = 1",
        'what = "ok"',
        "what = 503\ntimes = 2",
        'what = "ok"\ntimes = 2',
        'what = "refuse connections"\nseconds = 1.0',
        'what = "delay"\nseconds = 0.2',
        "what = 503",
    )
    sandbox = sandbox_process("--seed", "1", "--faults", faults)
    project = sandbox.prepare(name="p", media=ENTRIES)
    write(command.folder / "labels.json", project["media_ids"])
    summary = command.summary(
        "labels.json",
        "--server",
        sandbox.url,
        "--project",
        "p",
        "--max-batch-entries",
        "20",
        "--max-outage",
        "30s",
    )
    assert (summary["state"], summary["exit_code"], summary["delivered"]) == ("complete", 0, ENTRIES)
    assert summary["retries"] >= 1
    assert set(points(sandbox.labels(project["id"]))) == {1}
    assert set(sandbox.commits().values()) == {1}


def test_lost_answers_are_in_doubt_and_named_and_not_sent_again(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """A reset before the commit and one after it look alike from here; neither is guessed."""
    faults = script(
        command.folder,
        'what = "ok"',
        'what = "reset before commit"',
        'what = "ok"',
        'what = "reset after commit"',
    )
    sandbox = sandbox_process("--seed", "1", "--faults", faults)
    project = sandbox.prepare(name="p", media=ENTRIES)
    write(command.folder / "labels.json", project["media_ids"])
    arguments = ["labels.json", "--server", sandbox.url, "--project", "p", "--max-batch-entries", "20"]
    first = command.summary(*arguments)
    assert first["exit_code"] == ExitCode.IN_DOUBT
    assert first["delivered"] + first["in_doubt"] == ENTRIES
    counts = points(sandbox.labels(project["id"]))
    assert max(counts) == 1
    lacking = {media for media, count in zip(project["media_ids"], counts, strict=True) if not count}
    assert lacking
    assert lacking < set(first["media_in_doubt"])
    assert len(first["media_in_doubt"]) == first["in_doubt"]

    again = command.summary(*arguments)
    assert again["exit_code"] == ExitCode.IN_DOUBT
    assert again["media_in_doubt"] == first["media_in_doubt"]
    assert again["this_run"]["requests"] == 0
    assert points(sandbox.labels(project["id"])) == counts


def test_a_server_that_is_away_for_too_long_ends_the_run_which_goes_on_later(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Exit 6 and a reason; nothing was begun, nothing is lost."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=ENTRIES)
    write(command.folder / "labels.json", project["media_ids"])
    arguments = ["labels.json", "--server", sandbox.url, "--project", "p"]
    sandbox.kill()
    gone = command.summary(*arguments, "--max-outage", "0")
    assert (gone["state"], gone["exit_code"]) == ("failed", ExitCode.SERVER)
    assert "Connection refused" in gone["message"]
