"""After a log was damaged and repaired, the import goes on: nothing is sent twice, and nothing is left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from support.commands import Command
from support.entries import entry


def test_an_import_asks_about_what_a_lost_record_left_in_doubt(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """The record of a request is lost half-way; each entry that it may have held is read back singly."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=40)
    entries = [entry(media_id, number) for number, media_id in enumerate(project["media_ids"])]
    (command.folder / "l.json").write_text(json.dumps(entries))
    arguments = ["l.json", "--server", sandbox.url, "--project", "p", "--max-batch-entries", "4"]
    assert command.summary(*arguments, "--limit", "24")["delivered"] == 24
    log = command.folder / "l.json.checkpoint" / "log"
    content = log.read_bytes()
    at = content.index(b'{"type":"sent"', content.index(b'{"type":"delivered"'))
    log.write_bytes(content[: at + 20] + b"########" + content[at + 28 :])
    refused = command("import", *arguments)
    assert refused.returncode == 7
    assert "damaged at byte" in refused.stderr
    repaired = command("verify", "l.json.checkpoint", "--repair")
    assert repaired.returncode == 5, repaired.stderr
    done = command.summary(*arguments, "--server-request-limit", "0s")
    assert (done["state"], done["delivered"], done["in_doubt"]) == ("complete", 40, 0)
    labels = sandbox.labels(project["id"])
    assert {len([each for each in values if each["k"] == "poi"]) for values in labels.values()} == {1}
    assert command("verify", "l.json.checkpoint", "l.json").returncode == 0
