"""A plan of one shard with entries that must keep their order, what its workers do, and the labels that they bring."""

from __future__ import annotations

import random
import subprocess
from typing import Any

from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.values import Seat
from bulk_importer.errors import ExitCode
from support.commands import Command
from support.entries import noted
from support.fleet.plans import planned

__all__ = ["OneShard", "undisturbed", "uploads_of"]

MEDIA = 60
ENTRIES = 240
SETTINGS = {"max_batch_entries": 4, "server_request_limit": "1s", "doubt_wait": "30s", "backup": "never"}


class OneShard:
    """A plan of one shard, and what its workers do."""

    def __init__(self, command: Command, sandbox: Any, name: str, seed: int, place: str = "") -> None:
        """Make a project and a plan of that name, at `place` or in the folder of the command."""
        chance = random.Random(seed)
        self._command = command
        self._sandbox = sandbox
        self.project = sandbox.prepare(name=name, media=MEDIA)
        chosen = [chance.choice(self.project["media_ids"]) for _ in range(ENTRIES)]
        entries = [noted(media, number, chance.choice([None, True])) for number, media in enumerate(chosen)]
        self.plan = f"{place}/{name}" if place else str(command.folder / name)
        planned(
            open_place(self.plan),
            command.folder / f"{name}.json",
            [range(ENTRIES)],
            entries,
            server=sandbox.url,
            project=self.project["id"],
            project_name=name,
            settings=SETTINGS,
            seats=(Seat(max_in_flight=2), Seat(max_in_flight=2)),
        )
        self._arguments = ("work", self.plan, "--index", "0", "--json")

    def start(self, lease: str) -> subprocess.Popen[str]:
        """Start a worker."""
        return self._command.start(*self._arguments, "--lease", lease)

    def labels(self) -> list[Any]:
        """The labels of each media, in the order of the media."""
        labels = self._sandbox.labels(self.project["id"])
        return [labels[media_id] for media_id in self.project["media_ids"]]


def uploads_of(sandbox: Any) -> int:
    """How many uploads were executed."""
    return sum(sandbox.commits().values())


def undisturbed(command: Command, sandbox: Any) -> list[Any]:
    """The labels that one worker brings."""
    shard = OneShard(command, sandbox, "calm", seed=7)
    worker = shard.start("20s")
    assert worker.wait(60) == ExitCode.DELIVERED
    return shard.labels()
