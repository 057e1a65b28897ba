"""The real command, in processes that are really started, signalled and killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.prose import odd_words

COMMAND = [sys.executable, "-m", "bulk_importer"]


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
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
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
