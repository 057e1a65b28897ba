"""A plan, the work on its shards, and what came of all; and a plan that is stopped, or finds no room."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.commands import COMMAND, Command
from support.entries import entry


def test_many_workers_deliver_by_a_plan_what_one_import_delivers(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """Two entries of each media at far ends, in three shards: every label once, each media in its order."""
    sandbox = sandbox_process("--project", "p", "--media", "20", "--seed", "1")
    to = ["--server", sandbox.url, "--project", "p"]
    listed = json.loads(command("media", *to, "--json").stdout)
    ids = [each["id"] for each in listed]
    entries = [entry(media_id, n, True) for n, media_id in enumerate([*ids, *reversed(ids)])]
    (command.folder / "l.json").write_text(json.dumps(entries))
    made = command("plan", "l.json", *to, "--shards", "3", "--output", "l.plan", "--json")
    facts = json.loads(made.stdout)
    assert (made.returncode, facts["shards"], facts["moved"] > 0) == (0, 3, True), made.stderr
    for index in range(3):
        worked = command("work", "l.plan", "--index", str(index), "--report", "none")
        assert worked.returncode == ExitCode.DELIVERED, worked.stderr
    gathered = command("gather", "l.plan", "--json", "--report", "none")
    whole = json.loads(gathered.stdout)
    assert (gathered.returncode, whole["delivered"], whole["rejected"]) == (0, 40, 0), gathered.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
def test_a_plan_that_is_stopped_leaves_none(command: Command, number: int, code: ExitCode) -> None:
    """While it waits for a server that says nothing."""
    (command.folder / "l.json").write_text(json.dumps([entry("a")]))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = command.start("plan", "l.json", "--server", url, "--project", "p", "--output", "l.plan")
        connection, _ = silent.accept()
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert not (command.folder / "l.plan" / "plan.json").exists()


def test_a_plan_that_finds_no_room_leaves_none_and_says_so(command: Command) -> None:
    """As on a full disk; the same command makes it when there is room."""
    (command.folder / "l.json").write_text(json.dumps([entry("a", n) for n in range(400)]))
    to = ["--server", "http://127.0.0.1:1", "--project", "3025f13f-15ce-4572-88b8-94daa05b3e3d"]
    to += ["--label-config", "none", "--no-check-media"]
    words = [*COMMAND, "plan", "l.json", *to, "--shards", "1", "--output", "l.plan"]
    done = subprocess.run(
        words,
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert done.returncode in (ExitCode.USAGE, ExitCode.CHECKPOINT), done.stderr
    assert "File too large" in done.stderr
    assert "set TMPDIR to another one" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (command.folder / "l.plan" / "plan.json").exists()
