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
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from benchmarks.campaigns.killable_sandbox import COMMAND, KillableSandbox

MEDIA = 80
ENTRIES = 400
FORMS: Sequence[bool | None] = (True, False, None)
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
    environment: dict[str, str]
    importer_kills: int = 0
    rounds: int = 0

    def __post_init__(self) -> None:
        self.sandbox = KillableSandbox(self.folder, FAULTS, self.chance, self.environment)

    @property
    def kills(self) -> int:
        """Of both."""
        return self.importer_kills + self.sandbox.kills

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
        held = self.sandbox.ask(f"/sandbox/projects/{project['id']}/labels")
        for media_id, expected in expected_labels(project["media_ids"], entries).items():
            if (found := seen_labels(held[media_id])) != expected:
                differences.append(f"media {media_id} holds {found} and should hold {expected}")
        return differences

    def _file(self, project: Any) -> str:
        return str(self.folder / f"{project['name']}.json".replace(" ", "-"))

    def _prepare(self, name: str) -> tuple[Any, list[Any]]:
        """A project, and a file of entries for it."""
        project = self.sandbox.ask("/sandbox/projects", {"name": name, "media": MEDIA})
        forms = [(True,), (False,), (None,), FORMS][self.rounds % 4]
        entries = [
            random_entry(self.chance, self.chance.choice(project["media_ids"]), number, forms)
            for number in range(ENTRIES)
        ]
        Path(self._file(project)).write_text(json.dumps(entries))
        return project, entries

    def _import(self, project: Any, kills: int) -> Any:
        """Run the import until it ends by itself, and kill it or the sandbox up to so many times; its summary."""
        command = [
            *COMMAND,
            "import",
            self._file(project),
            "--server",
            self.sandbox.url,
            "--project",
            project["id"],
        ]
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
                            self.sandbox.kill()
                        else:
                            process.kill()
                            process.wait()
                            self.importer_kills += 1
                            ended = True
            if process.returncode >= 0:
                return json.loads((self.folder / "said").read_bytes())


def random_entry(
    chance: random.Random, media_id: str, number: int, forms: Sequence[bool | None] = FORMS
) -> dict[str, Any]:
    """An entry with a point and the weather; `number` makes it unlike all others, `forms` are those of `keepData`."""
    keep = chance.choice(forms)
    return {
        "internal_media_ID": media_id,
        **({} if keep is None else {"keepData": keep}),
        "global_classifications": {"weather": [chance.choice(["sunny", "rain"])]},
        "labels": {"poi": [{"point": [{"x": number, "y": chance.randrange(3)}]}]},
    }


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
        campaign = Campaign(Path(folder), random.Random(seed), environment or dict(os.environ))
        campaign.sandbox.start()
        try:
            while campaign.kills < kills:
                differences = campaign.play_round(min(kills_a_round, kills - campaign.kills))
                if differences:
                    raise AssertionError(
                        f"seed {seed}, round {campaign.rounds}: " + "; ".join(differences[:5])
                    )
                print(
                    f"round {campaign.rounds}: {campaign.importer_kills} importers and {campaign.sandbox.kills} "
                    "sandboxes killed, no difference",
                    flush=True,
                )
        finally:
            campaign.sandbox.end()
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
