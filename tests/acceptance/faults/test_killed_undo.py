"""An import and its undo are killed; what the media held before the import, they hold again."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable
from typing import Any

from bulk_importer.errors import ExitCode
from support.around.turnstile import Turnstile
from support.commands import Command
from support.entries import entry, noted

MEDIA = 60
ENTRIES = 160


def _killed(command: Command, way: Turnstile, arguments: list[str], after: int) -> int:
    """Start a command, and kill it when so many of its requests have passed; its exit code."""
    way.let(after)
    process = command.start(*arguments)
    way.stop(process)
    return process.returncode


def test_a_killed_import_is_taken_back_by_an_undo_that_is_killed_too(
    command: Command, sandbox_process: Callable[..., Any], turnstile: Callable[..., Turnstile]
) -> None:
    sandbox = sandbox_process("--seed", "1")
    way = turnstile(sandbox.url)
    project = sandbox.prepare(name="p", media=MEDIA)
    chance = random.Random(7)
    media: list[str] = project["media_ids"]
    existing = [noted(each, number) for number, each in enumerate(media[:40])]
    assert sandbox.ask(f"/api/v1/project/{project['id']}/prediction", existing) == {"errorMessages": ""}
    before = sandbox.labels(project["id"])
    entries = [
        chance.choice((entry, noted))(chance.choice(media), number, chance.choice((True, False, None)))
        for number in range(ENTRIES)
    ]
    (command.folder / "l.json").write_text(json.dumps(entries))
    target = ["--server", way.url]
    sending = ["--max-batch-entries", "4", "--server-request-limit", "1"]

    importing = ["import", "l.json", *target, *sending, "--project", "p", "--onto-uploaded", "--workers", "0"]
    assert _killed(command, way, importing, 40) == -signal.SIGKILL
    undoing = ["undo", "l.json.checkpoint", *target, *sending]
    codes = [_killed(command, way, undoing, after) for after in (20, 70)]
    done = command(*undoing, "--json")

    assert codes == [-signal.SIGKILL] * 2
    assert done.returncode == ExitCode.DELIVERED, done.stderr
    assert json.loads(done.stdout)["left_alone"] == 0
    assert _values(sandbox.labels(project["id"])) == _values(before)


def _values(labels: dict[str, Any]) -> dict[str, list[str]]:
    """What each media holds, without the empty rows that the server adds to a media that it has written to."""
    return {
        media_id: sorted(
            json.dumps([each["k"], each.get("g"), each.get("v")]) for each in values if _is_set(each)
        )
        for media_id, values in labels.items()
        if any(map(_is_set, values))
    }


def _is_set(value: dict[str, Any]) -> bool:
    return bool(value.get("g") or value.get("v"))
