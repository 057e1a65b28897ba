"""`--on-finish` in a process that really runs, and is signalled."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from bulk_importer.errors import ExitCode
from support.commands import Command
from support.entries import noted


def written(path: Path) -> str:
    """What stands in a file, once a line does."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return text
        time.sleep(0.01)
    raise AssertionError(f"{path} is not written")


def test_a_stop_is_told_and_another_signal_ends_what_hangs(
    command: Command, sandbox_process: Callable[..., Any], tmp_path: Path
) -> None:
    """The exit code is that of the import, the token is not passed on, and nothing that was started is left."""
    (tmp_path / "slow.toml").write_text('[[fault]]\nwhat = "delay"\nseconds = 0.2\nprobability = 1\n')
    sandbox = sandbox_process("--seed", "1", "--faults", str(tmp_path / "slow.toml"))
    project = sandbox.prepare(name="p", media=200)
    entries = [noted(media_id, number) for number, media_id in enumerate(project["media_ids"])]
    (tmp_path / "l.json").write_text(json.dumps(entries))
    command.environment["DATAGYM_TOKEN"] = "sesame"
    finish = "env > told; (trap '' TERM; sleep 1000 & echo $! > pid; wait; wait)"
    process = command.start(
        "import",
        "l.json",
        *("--server", sandbox.url, "--project", "p", "--max-batch-entries", "1", "--max-in-flight", "1"),
        *("--grace", "60", "--on-finish", finish),
    )
    while not sandbox.commits():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    hung = psutil.Process(int(written(tmp_path / "pid")))
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.TERMINATED, err
    assert "The command of --on-finish was ended after " in err
    assert out.startswith("Stopped: ")
    with suppress(psutil.NoSuchProcess):
        while hung.status() != psutil.STATUS_ZOMBIE:  # one that nobody waits for is as good as gone
            time.sleep(0.01)
    told = written(tmp_path / "told")
    assert {"BULK_IMPORT_STATE=stopped", "BULK_IMPORT_EXIT_CODE=143"} <= set(told.splitlines())
    assert "sesame" not in told
