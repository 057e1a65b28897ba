"""What the server or the network does wrong costs time, and never a label too few or too many."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.commands import Command
from support.entries import noted

ENTRIES = 300


def write(path: Path, media_ids: Sequence[str]) -> None:
    """An appending entry for each media, so that one that is sent twice shows."""
    path.write_text(json.dumps([noted(media_id, number) for number, media_id in enumerate(media_ids)]))


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


RESETS = ('what = "ok"', 'what = "reset before commit"', 'what = "ok"', 'what = "reset after commit"')


def test_what_became_of_a_lost_answer_is_read_back_and_what_cannot_be_known_stays_in_doubt(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Labels that are there prove delivery; labels that are not may still come, so nothing is sent again."""
    sandbox = sandbox_process("--seed", "1", "--faults", script(command.folder, *RESETS))
    project = sandbox.prepare(name="p", media=ENTRIES)
    write(command.folder / "labels.json", project["media_ids"])
    arguments = ["labels.json", "--server", sandbox.url, "--project", "p", "--max-batch-entries", "20"]
    first = command.summary(*arguments)
    assert (first["state"], first["exit_code"]) == ("stopped", ExitCode.IN_DOUBT)
    assert first["delivered"] + first["in_doubt"] == ENTRIES
    counts = points(sandbox.labels(project["id"]))
    lacking = [media for media, count in zip(project["media_ids"], counts, strict=True) if not count]
    assert max(counts) == 1
    assert sorted(first["media_in_doubt"]) == sorted(lacking)

    again = command.summary(*arguments)
    assert again["exit_code"] == ExitCode.IN_DOUBT
    assert sorted(again["media_in_doubt"]) == sorted(lacking)
    assert again["this_run"]["requests"] == 0
    assert points(sandbox.labels(project["id"])) == counts

    known = command.summary(*arguments, "--server-request-limit", "0")
    assert (known["exit_code"], known["delivered"], known["in_doubt"]) == (0, ENTRIES, 0)
    assert set(points(sandbox.labels(project["id"]))) == {1}


@pytest.mark.parametrize("token", [None, "6d9f9c1e-5ec7-4a0b-9d5e-0f7a3b1c2d3e"], ids=["open-core", "token"])
def test_a_run_waits_at_its_end_to_know_what_became_of_lost_answers(
    command: Command, sandbox_process: Callable[..., Any], token: str | None
) -> None:
    """When the time until then is short; by token each media is asked once, when the request is over."""
    more = ("--token", token) if token else ()
    sandbox = sandbox_process("--seed", "1", "--faults", script(command.folder, *RESETS), *more)
    project = sandbox.prepare(name="p", media=ENTRIES)
    write(command.folder / "labels.json", project["media_ids"])
    if token:
        command.environment["DATAGYM_TOKEN"] = token
    summary = command.summary(
        *("labels.json", "--server", sandbox.url, "--project", "p", "--max-batch-entries", "20"),
        *("--server-request-limit", "1s"),
    )
    assert (summary["state"], summary["exit_code"], summary["delivered"]) == ("complete", 0, ENTRIES)
    assert set(points(sandbox.labels(project["id"]))) == {1}


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
