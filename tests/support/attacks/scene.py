"""A run that is being watched: labels of strangers, on their way to a sandbox, at a pace that leaves time to look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.attacks.attacked import Attacked
from support.attacks.raw import Answer, request, said_to
from support.commands import Command
from support.entries import entry, noted
from support.starting.opened import PagedCommand

__all__ = ["STRANGE", "TOKEN", "Scene"]

TOKEN = "4f0c8f2e-9a57-4c83-8f64-1f1d2a7a9b55"
STRANGE = "\"'><img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
"""A name that takes over a page where it is more than text."""


class Scene:
    """A sandbox with a project, a file of labels for it, and the command that imports them while a page shows it.

    Args:
        sandbox: that accepts `TOKEN`.
        media: how many there are, with an entry each.
    """

    def __init__(self, command: Command, sandbox: Any, media: int = 60) -> None:
        self.command = command
        self.sandbox = sandbox
        command.environment["DATAGYM_TOKEN"] = TOKEN
        self.project = sandbox.prepare(name="watched", media=media)
        self.source = command.folder / "'><img src=x onerror=1>.json"
        self.delivered, self.rejected = write_labels(self.source, self.project["media_ids"])

    def run(self, *arguments: str) -> PagedCommand:
        """Start the import, or go on with it, at five requests a second of four entries."""
        return PagedCommand(
            self.command,
            *("import", str(self.source), "--server", self.sandbox.url, "--project", "watched", "--json"),
            *(
                "--max-requests-per-second",
                "5",
                "--max-batch-entries",
                "4",
                "--page",
                "127.0.0.1:0",
                *arguments,
            ),
        )

    def uploads(self, since: float = 0.0) -> int:
        """How many requests with labels have come to the sandbox, from a moment on."""
        return sum(
            each["method"] == "POST" and "/sandbox" not in each["path"] and each["began"] >= since
            for each in self.sandbox.requests()
        )

    def is_told_once(self) -> bool:
        """Whether the sandbox holds one label for each entry that was to be delivered, and wrote no body twice."""
        held = self.sandbox.labels(self.project["id"])
        return set(self.sandbox.commits().values()) == {1} and sum(map(bool, held.values())) == self.delivered


def write_labels(path: Path, media_ids: list[str]) -> tuple[int, int]:
    """Write an entry for each media, and some that are refused, some with a strange name; how many of either."""
    good = [noted(media_id, number) for number, media_id in enumerate(media_ids)]
    strange: list[dict[str, Any]] = [
        entry(STRANGE),
        entry(media_ids[0], labels={STRANGE: [{"point": [{"x": 1, "y": 1}]}]}),
        entry(media_ids[2], global_classifications={"weather": [STRANGE]}),
        entry(media_ids[3], labels={"bus": [{"rectangle": [{"x": -5, "y": 1, "w": 10, "h": 10}]}]}),
        entry(media_ids[4], labels={"car": [{"polygon": [{"x": 1, "y": 2}, {"x": 90, "y": 40}]}]}),
    ]
    path.write_text(json.dumps([*strange, *good]))
    return len(good), len(strange)


def opened(link: str) -> tuple[Attacked, Answer]:
    """What the page of an import is, for whoever opens its link, and the answer that let him in."""
    port = urlsplit(link).port
    assert port is not None
    answer = said_to(port, request("GET", link.partition(str(port))[2], [("Host", f"127.0.0.1:{port}")]))
    cookie = answer.headers.get("Set-Cookie", "").partition(";")[0]
    pointless = (b"", b"&&&==", b"%ff%fe=%00", b"\xff\xfe\x00", b"do=<script>", b"do=%0d%0aSet-Cookie:%20a=b")
    return Attacked(port, cookie, "/", "/events", "/do", b"do=resume", pointless), answer
