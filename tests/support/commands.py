"""The real command, in processes that really run, and are signalled and killed.

What is run to its end is forked off a process that has loaded the program (`starting.nursery`), unless its environment
asks for a start; what goes on beside the test is started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.prose import odd_words
from support.starting.warm import can_be_warm, run_warm

COMMAND = [sys.executable, "-m", "bulk_importer"]
SECONDS = 500.0


class Command:
    """Runs `bulk-importer` with an environment of its own, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BULK_IMPORTER_", "DATAGYM_")) and "proxy" not in name.lower()
        }
        self.started: list[subprocess.Popen[str]] = []

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end; a person understands its words, whatever that is."""
        done = run_to_its_end(arguments, self.folder, self.environment | environment)
        assert not [word for text in (done.stdout, done.stderr) for word in odd_words(text)], done
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it; it is killed with the test."""
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def summary(self, *arguments: str) -> dict[str, Any]:
        """Run an import with `--json` and read what it prints."""
        done = self("import", *arguments, "--json")
        summary: dict[str, Any] = json.loads(done.stdout)
        assert summary["exit_code"] == done.returncode, done.stderr
        return summary


def run_to_its_end(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, forked off where that makes no difference; both outputs are captured."""
    if can_be_warm(environment):
        return run_warm(arguments, folder, environment, SECONDS)
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
