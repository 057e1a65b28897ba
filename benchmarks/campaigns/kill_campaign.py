"""Kills importer and sandbox with -9 at random instants, loses answers, and compares what the media hold at the end.

    python -m benchmarks.campaigns.kill_campaign --kills 1000

Each round imports several entries for each of some media while both processes are killed and started again, answers
are lost before and after the commit or half-way, and commits come late (but within `--server-request-limit`, which is
scaled down to a second). At the end of a round every media holds what a naive reading of its entries, one after the
other, gives: the labels of an undisturbed run; and nothing is in doubt. Ends with the first difference, and exit 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

MEDIA = 80
ENTRIES = 400
FORMS: Sequence[bool | None] = (True, False, None)
COMMAND = [sys.executable, "-m", "bulk_importer"]
IMPORT = (
    *("--max-batch-entries", "8", "--max-in-flight", "4", "--workers", "0"),
    *("--server-request-limit", "1s", "--doubt-wait", "1m", "--max-outage", "1m"),
)
FAULTS = """
seed = {seed}
[[fault]]
what = "reset after commit"
probability = 0.02
[[fault]]
what = "reset before commit"
probability = 0.02
[[fault]]
what = "half an answer"
probability = 0.01
[[fault]]
what = "late commit"
seconds = 0.4
probability = 0.02
[[fault]]
what = "delay"
seconds = 0.02
probability = 1.0
"""


@dataclass
class Campaign:
    """The two programs, and how often each was killed."""

    folder: Path
    chance: random.Random
    sandbox: subprocess.Popen[bytes] | None = None
    url: str = ""
    importer_kills: int = 0
    sandbox_kills: int = 0
    rounds: int = 0
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def kills(self) -> int:
        """Of both."""
        return self.importer_kills + self.sandbox_kills

    def start_sandbox(self) -> None:
        """Start it, or start it again on the database and the port that it had."""
        faults = self.folder / "faults.toml"
        faults.write_text(FAULTS.format(seed=self.chance.randrange(1 << 30)))
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        # Below the ports that the system gives to outgoing connections: one of those could be taken meanwhile.
        port = self.url.rsplit(":", 1)[-1] if self.url else str(_free_port(self.chance))
        arguments = ["--port", port, "--database", str(self.folder / "db"), "--faults", str(faults), "--json"]
        self.sandbox = subprocess.Popen(
            [*COMMAND, "sandbox", *arguments, "--ready-file", str(ready)],
            stdout=subprocess.DEVNULL,
            env=self.environment,
        )
        while not ready.exists() or not ready.read_text().endswith("}\n"):
            if self.sandbox.poll() is not None:
                raise RuntimeError("the sandbox does not start")
            time.sleep(0.01)
        self.url = json.loads(ready.read_text())["url"]

    def kill_sandbox(self) -> None:
        """As `kill -9` does."""
        assert self.sandbox is not None
        self.sandbox.kill()
        self.sandbox.wait()

    def ask(self, path: str, body: object = None) -> Any:
        """One of the sandbox's own routes."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data=data), timeout=60) as answer:
            return json.load(answer)

    def play_round(self, most_kills: int) -> list[str]:
        """Import in the storm; the differences, in words."""
        self.rounds += 1
        project, entries = self._prepare(f"round {self.rounds}")
        summary = self._import(project, most_kills)
        differences = [f"{key} is {summary[key]}" for key in ("in_doubt", "owed", "rejected") if summary[key]]
        if (summary["state"], summary["exit_code"], summary["delivered"]) != ("complete", 0, ENTRIES):
            differences.append(f"it ended with {summary['exit_code']}, {summary['message']}")
        verified = subprocess.run(
            [*COMMAND, "verify", f"{self._file(project)}.checkpoint", self._file(project)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if verified.returncode:
            differences.append(f"verify says {verified.stdout}{verified.stderr}")
        held = self.ask(f"/sandbox/projects/{project['id']}/labels")
        for media_id, expected in expected_labels(project["media_ids"], entries).items():
            if (found := seen_labels(held[media_id])) != expected:
                differences.append(f"media {media_id} holds {found} and should hold {expected}")
        return differences

    def _file(self, project: Any) -> str:
        return str(self.folder / f"{project['name']}.json".replace(" ", "-"))

    def _prepare(self, name: str) -> tuple[Any, list[Any]]:
        """A project, and a file of entries for it."""
        project = self.ask("/sandbox/projects", {"name": name, "media": MEDIA})
        chance = self.chance
        forms = [(True,), (False,), (None,), FORMS][self.rounds % 4]
        entries = []
        for number in range(ENTRIES):
            keep = chance.choice(forms)
            entries.append(
                {
                    "internal_media_ID": project["media_ids"][chance.randrange(MEDIA)],
                    **({} if keep is None else {"keepData": keep}),
                    "global_classifications": {"weather": [chance.choice(["sunny", "rain"])]},
                    "labels": {"poi": [{"point": [{"x": number, "y": chance.randrange(3)}]}]},
                }
            )
        Path(self._file(project)).write_text(json.dumps(entries))
        return project, entries

    def _import(self, project: Any, kills: int) -> Any:
        """Run the import until it ends by itself, and kill it or the sandbox up to so many times; its summary."""
        command = [*COMMAND, "import", self._file(project), "--server", self.url, "--project", project["id"]]
        while True:
            with open(self.folder / "said", "wb") as said:
                process = subprocess.Popen(
                    [*command, *IMPORT, "--json", "--quiet"],
                    stdout=said,
                    stderr=subprocess.DEVNULL,
                    env=self.environment,
                )
                ended = False
                while not ended:
                    try:
                        process.wait(None if not kills else self.chance.uniform(0.4, 1.6))
                        ended = True
                    except subprocess.TimeoutExpired:
                        kills -= 1
                        if self.chance.random() < 0.35:
                            self.kill_sandbox()
                            self.sandbox_kills += 1
                            self.start_sandbox()
                        else:
                            process.kill()
                            process.wait()
                            self.importer_kills += 1
                            ended = True
            if process.returncode >= 0:
                return json.loads((self.folder / "said").read_bytes())


def _free_port(chance: random.Random) -> int:
    while True:
        port = chance.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


Labels = tuple[list[list[float]], str | None]


def expected_labels(media_ids: Sequence[str], entries: Sequence[Any]) -> dict[str, Labels]:
    """The points (sorted) and the weather of each media, by a naive reading of its entries, one after the other."""
    held: dict[str, Labels] = {media_id: ([], None) for media_id in media_ids}
    for entry in entries:
        points, _ = held[entry["internal_media_ID"]]
        new = [[float(point["x"]), float(point["y"])] for point in entry["labels"]["poi"][0]["point"]]
        kept = [] if entry.get("keepData") is False else points
        held[entry["internal_media_ID"]] = (sorted(kept + new), entry["global_classifications"]["weather"][0])
    return held


def seen_labels(values: Sequence[Any]) -> Labels:
    """The same of what the sandbox says."""
    weather = [value["v"] for value in values if value["k"] == "weather"]
    return sorted(value["g"] for value in values if value["k"] == "poi"), weather[0] if weather else None


def run_campaign(
    kills: int, seed: int, *, kills_a_round: int = 8, environment: dict[str, str] | None = None
) -> Campaign:
    """Play rounds until so many kills have happened.

    Raises:
        AssertionError: a round ended otherwise than it should; the message says how.
    """
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), random.Random(seed))
        if environment is not None:
            campaign.environment = environment
        campaign.start_sandbox()
        try:
            while campaign.kills < kills:
                differences = campaign.play_round(min(kills_a_round, kills - campaign.kills))
                if differences:
                    raise AssertionError(
                        f"seed {seed}, round {campaign.rounds}: " + "; ".join(differences[:5])
                    )
                print(
                    f"round {campaign.rounds}: {campaign.importer_kills} importers and {campaign.sandbox_kills} "
                    "sandboxes killed, no difference",
                    flush=True,
                )
        finally:
            campaign.kill_sandbox()
        return campaign


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    try:
        campaign = run_campaign(arguments.kills, arguments.seed)
    except (AssertionError, URLError) as error:
        print(error)
        return 1
    print(
        f"{campaign.kills} kills in {campaign.rounds} rounds: no label lost, none doubled, nothing in doubt"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
