"""A sandbox in a process that is killed with -9 and comes back, on the database and the port that it had."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

__all__ = ["COMMAND", "KillableSandbox"]

COMMAND = [sys.executable, "-m", "bulk_importer"]


class KillableSandbox:
    """A sandbox, and how often it was killed. It runs from the first `start` on.

    Args:
        folder: for its database; it has it alone.
        faults: script in TOML, in which `{seed}` is put in anew each time that it starts.
    """

    def __init__(
        self, folder: Path, faults: str, chance: random.Random, environment: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._faults = faults
        self._chance = chance
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.kills = 0

    def start(self) -> None:
        """Start it, or start it again."""
        faults = self._folder / "faults.toml"
        faults.write_text(self._faults.format(seed=self._chance.randrange(1 << 30)))
        ready = self._folder / "ready.json"
        ready.unlink(missing_ok=True)
        # Below the ports that the system gives to outgoing connections: one of those could be taken meanwhile.
        port = self.url.rsplit(":", 1)[-1] if self.url else str(_free_port())
        arguments = [
            "--port",
            port,
            "--database",
            str(self._folder / "db"),
            "--faults",
            str(faults),
            "--json",
        ]
        self._process = subprocess.Popen(
            [*COMMAND, "sandbox", *arguments, "--ready-file", str(ready)],
            stdout=subprocess.DEVNULL,
            env=self._environment,
        )
        while not ready.exists() or not ready.read_text().endswith("}\n"):
            if self._process.poll() is not None:
                raise RuntimeError("the sandbox does not start")
            time.sleep(0.01)
        self.url = json.loads(ready.read_text())["url"]

    def end(self) -> None:
        """As `kill -9` does, for good."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """The same, and start it again."""
        self.end()
        self.kills += 1
        self.start()

    def ask(self, path: str, body: object = None) -> Any:
        """One of the sandbox's own routes."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data=data), timeout=60) as answer:
            return json.load(answer)


def _free_port() -> int:
    # Not by the seed: campaigns that begin in the same moment, with the same one, would want the same.
    chance = random.SystemRandom()
    while True:
        port = chance.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
