"""A command that shows a page, while it goes on beside the test."""

from __future__ import annotations

import json
import re
import signal
import time
from typing import Any

from support.commands import Command
from support.starting.warm import WarmProcess

__all__ = ["PagedCommand"]

SECONDS = 60.0
_LINK = re.compile(r"https?://\S+/open\?code=\S+")


class PagedCommand:
    """One run of the command line; what it says goes to files, so nothing holds it up."""

    def __init__(self, command: Command, *arguments: str) -> None:
        self.folder = command.folder
        self._out, self._said = (
            self.folder / f"{name}-{time.monotonic_ns()}.txt" for name in ("out", "said")
        )
        with self._out.open("wb") as out, self._said.open("wb") as said:
            outputs = (out.fileno(), said.fileno())
            self.process = WarmProcess(arguments, self.folder, command.environment, outputs)

    @property
    def said(self) -> str:
        """What stands on standard error so far."""
        return self._said.read_text()

    def link(self, number: int = 0) -> str:
        """The link that was printed, or the next of them; waits for it."""
        deadline = time.monotonic() + SECONDS
        while len(found := _LINK.findall(self.said)) <= number:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)
        link: str = found[number]
        return link

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        """Until it has ended; the exit code."""
        return self.process.wait(SECONDS)

    def summary(self) -> dict[str, Any]:
        """What `--json` printed at its end."""
        assert self.wait() is not None
        printed: dict[str, Any] = json.loads(self._out.read_text())
        return printed

    def close(self) -> None:
        """Leave nothing of it."""
        self.process.kill()
        self.process.wait(SECONDS)
