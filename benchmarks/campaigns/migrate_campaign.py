"""Kills `migrate` and both of its servers with -9 at random instants, and compares what the two projects hold.

    python -m benchmarks.campaigns.migrate_campaign --kills 200

Each round moves the labels of one project into another, that holds some already, while the importer and both sandboxes
are killed and started again, answers break off on either side, and commits come late. At the end of a round every media
that holds labels in the one project holds the same in the other, value by value as the two databases have them, and the
others hold what they held. Ends with the first difference, and exit 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from benchmarks.campaigns.killable_sandbox import COMMAND, KillableSandbox

MEDIA = 120
SENDING = (
    *(
        "--max-batch-entries",
        "4",
        "--max-in-flight",
        "4",
        "--max-reads",
        "4",
        "--workers",
        "0",
        "--segment-bytes",
        "1kB",
    ),
    *("--server-request-limit", "1s", "--doubt-wait", "1m", "--max-outage", "1m"),
)
ORIGIN = """
seed = {seed}
[[fault]]
what = "half an answer"
route = "/api/lcvalues/*"
probability = 0.02
[[fault]]
what = "delay"
route = "/api/lcvalues/*"
seconds = 0.04
probability = 1.0
"""
TARGET = """
seed = {seed}
[[fault]]
what = "reset after commit"
probability = 0.03
[[fault]]
what = "late commit"
seconds = 0.4
probability = 0.02
[[fault]]
what = "delay"
seconds = 0.03
probability = 1.0
"""


@dataclass
class Campaign:
    """The three programs, and how often each was killed."""

    folder: Path
    chance: random.Random
    environment: dict[str, str]
    importer_kills: int = 0
    rounds: int = 0

    def __post_init__(self) -> None:
        self.sandboxes = []
        for name, faults in (("origin", ORIGIN), ("target", TARGET)):
            (self.folder / name).mkdir()
            self.sandboxes.append(KillableSandbox(self.folder / name, faults, self.chance, self.environment))

    @property
    def kills(self) -> int:
        """Of all three."""
        return self.importer_kills + sum(each.kills for each in self.sandboxes)

    def play_round(self, most_kills: int) -> list[str]:
        """Migrate in the storm; the differences, in words."""
        self.rounds += 1
        origin, target = (self._prepare(each, f"round {self.rounds}") for each in self.sandboxes)
        before = self._held(1, target)
        wanted = self._held(0, origin)
        said = self._migrate(most_kills)
        differences = [f"{name} is {said[name]!r}" for name in ("exit_code", "message") if said.get(name)]
        held = self._held(1, target)
        for number in range(MEDIA):
            expected = wanted[number] or before[number]
            if held[number] != expected:
                differences.append(f"media {number} holds {held[number]} and should hold {expected}")
        return differences

    def _prepare(self, sandbox: KillableSandbox, name: str) -> Any:
        """A project of which most media hold labels."""
        project = sandbox.ask("/sandbox/projects", {"name": name, "media": MEDIA})
        entries = [self._entry(each) for each in project["media_ids"] if self.chance.random() < 0.8]
        while True:  # until no fault befalls it
            try:
                sandbox.ask(f"/api/v1/project/{project['id']}/prediction", entries)
            except (OSError, ValueError):
                continue
            return project

    def _entry(self, media_id: str) -> dict[str, Any]:
        points = [
            {"point": [{"x": self.chance.random() * 1000, "y": number / 3}]}
            for number in range(self.chance.randrange(1, 4))
        ]
        return {
            "internal_media_ID": media_id,
            "keepData": False,
            "global_classifications": {"weather": [self.chance.choice(["sunny", "rain"])]},
            "labels": {"poi": points},
        }

    def _held(self, side: int, project: Any) -> list[list[str]]:
        """The labels of each media, in the order of the names of the media."""
        labels = self.sandboxes[side].ask(f"/sandbox/projects/{project['id']}/labels")
        return [
            sorted(json.dumps(value, sort_keys=True) for value in labels.get(media_id, []) if _is_set(value))
            for media_id in project["media_ids"]
        ]

    def _migrate(self, kills: int) -> Any:
        """Run it until it ends by itself, and kill it or a sandbox up to so many times; what it said."""
        name = f"round {self.rounds}"
        origin, target = self.sandboxes
        command = [
            *(*COMMAND, "migrate", "--from-server", origin.url, "--from-project", name),
            *("--server", target.url, "--project", name, "--checkpoint", str(self.folder / name)),
        ]
        while True:
            with open(self.folder / "said", "wb") as said:
                process = subprocess.Popen(
                    [*command, *SENDING, "--yes", "--json", "--quiet"],
                    stdout=said,
                    stderr=subprocess.DEVNULL,
                    env=self.environment,
                )
                while True:
                    try:
                        process.wait(None if not kills else self.chance.uniform(0.6, 2.4))
                        break
                    except subprocess.TimeoutExpired:
                        kills -= 1
                        if self.chance.random() < 0.5:
                            self.chance.choice(self.sandboxes).kill()
                            continue
                        process.kill()
                        process.wait()
                        self.importer_kills += 1
                        break
            if process.returncode >= 0:
                text = (self.folder / "said").read_bytes()
                return json.loads(text) if text else {"exit_code": process.returncode}


def _is_set(value: Any) -> bool:
    return bool(value.get("g") or value.get("v"))


def run_campaign(
    kills: int, seed: int, *, kills_a_round: int = 6, environment: dict[str, str] | None = None
) -> Campaign:
    """Play rounds until so many kills have happened.

    Raises:
        AssertionError: a round ended otherwise than it should; the message says how.
    """
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), random.Random(seed), environment or dict(os.environ))
        for each in campaign.sandboxes:
            each.start()
        try:
            while campaign.kills < kills:
                differences = campaign.play_round(min(kills_a_round, kills - campaign.kills))
                if differences:
                    raise AssertionError(
                        f"seed {seed}, round {campaign.rounds}: " + "; ".join(differences[:5])
                    )
                killed = ", ".join(str(each.kills) for each in campaign.sandboxes)
                print(
                    f"round {campaign.rounds}: {campaign.importer_kills} importers and {killed} servers killed, no "
                    "difference",
                    flush=True,
                )
        finally:
            for each in campaign.sandboxes:
                each.end()
        return campaign


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    try:
        campaign = run_campaign(chosen.kills, chosen.seed)
    except (AssertionError, URLError) as error:
        print(error)
        return 1
    print(f"{campaign.kills} kills in {campaign.rounds} rounds: the projects hold the same, label by label")
    return 0


if __name__ == "__main__":
    sys.exit(main())
