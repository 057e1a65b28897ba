"""Imports through random gateways that dislike some entries, kills the importer meanwhile, and compares both sides.

    python -m benchmarks.campaigns.gateway_campaign --rounds 200

A gateway dislikes entries for a text in them, or bodies for their size, and answers with a page of any status, a reset
before or behind the body, nothing, or half of what the server said; some let the server work before they do so. The
importer is killed with -9 now and then. At the end of a round, without a person having done anything but to start the
same command again,

- delivered is what the gateway lets through and the server takes; rejected are the others, alone; what the server
  gets and the gateway tells nobody about is one of the two;
- every media holds what a naive reading of its delivered entries gives: nothing is lost, nothing doubled;
- the requests are bounded: `most_requests` says by what.

Ends with the first difference, and exit 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log2
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.campaigns.kill_campaign import expected_labels, seen_labels
from benchmarks.campaigns.killable_sandbox import COMMAND
from bulk_importer.checkpoint import read_state

MEDIA = 30
BATCH = 16
IN_FLIGHT = 3
RUNS = 12
IMPORT = (
    *("--max-batch-entries", str(BATCH), "--max-in-flight", str(IN_FLIGHT), "--workers", "0"),
    *("--min-batch-weight", "200", "--label-config", "none", "--no-check-media", "--max-errors", "100%"),
    *("--server-request-limit", "1s", "--doubt-wait", "1m", "--max-outage", "1m", "--retry-wait", "0.02"),
    *("--request-timeout", "2s", "--read-timeout", "2s"),
)
Answer = dict[str, Any]
PAGE = "<html><head><title>Request blocked</title></head></html>"
SAFE: Sequence[Answer] = (
    *({"what": status, "body": PAGE} for status in (400, 401, 403, 404, 406, 409, 415, 422, 431, 451)),
    *({"what": status} for status in (301, 302, 307, 403, 405, 429, 503)),
)
UNSAFE: Sequence[Answer] = (
    *({"what": status, "body": PAGE} for status in (200, 500, 502, 504, 520)),
    *({"what": status, "body": ""} for status in (200, 202, 204, 500)),
    {"what": 200, "body": '{"status":"ok"}'},
    {"what": "reset before commit"},
    {"what": "no answer", "commits": False, "seconds": 3.0},
)
LANDED: Sequence[Answer] = (
    {"what": 502, "commits": True},
    {"what": "reset after commit"},
    {"what": "half an answer"},
)
LARGE: Sequence[Answer] = ({"what": 413}, {"what": "reset before body"})


@dataclass
class Gateway:
    """What stands before the sandbox in one round: steps of a script of faults, and what they mean."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    # Texts of entries that do not reach the server, those of which nobody hears that they did, and the size above which
    # bodies do not.
    disliked: list[str] = field(default_factory=list)
    hushed: list[str] = field(default_factory=list)
    limit: int | None = None

    @classmethod
    def at_random(cls, chance: random.Random) -> Gateway:
        """One that dislikes up to three texts, or bodies above a size, or both."""
        made = cls()
        for number in range(chance.randrange(4)):
            text = f"disliked-{number}-"
            answer = chance.choice(chance.choice((SAFE, SAFE, UNSAFE, UNSAFE, LANDED)))
            made.steps.append({**answer, "containing": text})
            (made.hushed if answer in LANDED else made.disliked).append(text)
        if not made.steps or chance.random() < 0.3:
            made.limit = chance.choice((700, 2000))
            large = chance.choice((*LARGE, *SAFE, *UNSAFE))
            made.steps.append({**large, "above_bytes": made.limit})
        # The first step that fits happens: what lets the server work must not do so with what another one dislikes.
        made.steps.sort(key=lambda step: step.get("containing") in made.hushed)
        return made

    def script(self) -> str:
        """The file for `--faults`."""
        lines = []
        for step in self.steps:
            lines.append("[[fault]]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in step.items()]
        return "\n".join(lines) + "\n"

    def fates(self, entry: dict[str, Any]) -> set[str]:
        """What may become of an entry."""
        body = json.dumps([entry])
        is_large = self.limit is not None and len(body) > self.limit
        if is_large or "nowhere" in entry["labels"] or any(text in body for text in self.disliked):
            return {"rejected"}
        return {"delivered", "rejected"} if any(text in body for text in self.hushed) else {"delivered"}


def at_random(chance: random.Random, gateway: Gateway, media_ids: list[str]) -> list[dict[str, Any]]:
    """Entries for a project, some of which the gateway dislikes and some of which the server refuses."""
    entries = []
    keeps = chance.choice(((True,), (False,), (None,), (True, False, None)))
    for number in range(chance.randrange(1, 90)):
        keep = chance.choice(keeps)
        entry: dict[str, Any] = {
            "internal_media_ID": chance.choice(media_ids),
            **({} if keep is None else {"keepData": keep}),
            "global_classifications": {"weather": [chance.choice(["sunny", "rain"])]},
            "labels": {"poi": [{"point": [{"x": number, "y": chance.randrange(3)}]}]},
        }
        texts = gateway.disliked + gateway.hushed
        if texts and chance.random() < 0.06:
            entry["remark"] = chance.choice(texts)
        if gateway.limit and chance.random() < 0.06:
            entry["remark"] = "x" * (gateway.limit + 50)
        if chance.random() < 0.03:
            entry["labels"]["nowhere"] = []
        entries.append(entry)
    return entries


def most_requests(entries: int, refused: int, runs: int) -> int:
    """What a round may send at most.

    Each entry once; for each culprit three uploads a level of halves and ten alone, and as many again for what is sent
    beside them to see whether uploads pass; all that once more in each run after a kill, for what was in flight.
    """
    culprit = 2 * (3 * (ceil(log2(BATCH)) + 1) + 10)
    return entries + refused * culprit * 2 + runs * (IN_FLIGHT + 3) * culprit


class Campaign:
    """A folder, a source of chance, and counts."""

    def __init__(self, folder: Path, chance: random.Random, environment: dict[str, str]) -> None:
        self.folder = folder
        self.chance = chance
        self.environment = environment
        self.rounds = self.kills = self.requests = self.runs = 0

    def play_round(self) -> list[str]:
        """Import through one gateway; the differences, in words."""
        self.rounds += 1
        gateway = Gateway.at_random(self.chance)
        faults = self.folder / "faults.toml"
        faults.write_text(gateway.script())
        with subprocess.Popen(
            [*COMMAND, "sandbox", "--port", "0", "--json", "--faults", str(faults)],
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        ) as sandbox:
            try:
                assert sandbox.stdout is not None
                return self._compare(gateway, json.loads(sandbox.stdout.readline())["url"])
            finally:
                sandbox.kill()

    def _compare(self, gateway: Gateway, url: str) -> list[str]:
        project = _ask(url, "/sandbox/projects", {"name": "p", "media": MEDIA})
        entries = at_random(self.chance, gateway, project["media_ids"])
        source = self.folder / f"labels-{self.rounds}.json"
        source.write_text(json.dumps(entries))
        summary, runs = self._import(source, url, project["id"])
        _, state = read_state(Path(f"{source}.checkpoint"))
        differences = []
        delivered = []
        for position, entry in enumerate(entries):
            sets = {"delivered": state.delivered, "rejected": state.rejected, "in doubt": state.taken}
            fate = next((name for name, positions in sets.items() if position in positions), "owed")
            if fate not in (may_be := gateway.fates(entry)):
                differences.append(
                    f"{position} is {fate}, not {may_be}: {summary['message']} {gateway.script()}"
                )
            if fate == "delivered":
                delivered.append(entry)
        held = _ask(url, f"/sandbox/projects/{project['id']}/labels")
        for media_id, expected in expected_labels(project["media_ids"], delivered).items():
            if (found := seen_labels(held[media_id])) != expected:
                differences.append(f"media {media_id} holds {found} and should hold {expected}")
        refused = len(entries) - len(delivered)
        sent = _uploads(url)
        self.requests += sent
        if sent > (most := most_requests(len(entries), refused, runs)):
            differences.append(f"{sent} requests were sent, and {most} are allowed: {gateway.script()}")
        return differences

    def _import(self, source: Path, url: str, project: str) -> tuple[dict[str, Any], int]:
        """Start the command again until it has nothing left to do, or its runs are used up; kill some of them."""
        command = [*COMMAND, "import", str(source), "--server", url, "--project", project, *IMPORT]
        kills = self.chance.choice((0, 0, 1, 2))
        summary: dict[str, Any] = {}
        for run in range(1, RUNS + 1):
            self.runs += 1
            with subprocess.Popen(
                [*command, "--json", "--quiet"], stdout=subprocess.PIPE, text=True, env=self.environment
            ) as process:
                if kills and self._killed(process, url):
                    kills -= 1
                    continue
                said, _ = process.communicate(timeout=110)
            kills = 0
            summary = json.loads(said)
            if not summary["owed"] and not summary["in_doubt"]:
                return summary, run
        return summary, RUNS

    def _killed(self, process: subprocess.Popen[str], url: str) -> bool:
        """Kill the importer when so many of its uploads have come, unless it ends before."""
        most = _uploads(url) + self.chance.randint(1, 12)
        while process.poll() is None:
            if _uploads(url) >= most:
                process.kill()
                process.communicate()
                self.kills += 1
                return True
            time.sleep(0.01)
        return False


def _uploads(url: str) -> int:
    """How many uploads the sandbox has seen."""
    return sum(seen["method"] == "POST" for seen in _ask(url, "/sandbox/requests"))


def _ask(url: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url + path, data=data), timeout=60) as answer:
        return json.load(answer)


def run_campaign(rounds: int, seed: int, *, environment: dict[str, str] | None = None) -> Campaign:
    """Play so many rounds.

    Raises:
        AssertionError: a round ended otherwise than it should; the message says how.
    """
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), random.Random(seed), environment or dict(os.environ))
        for _ in range(rounds):
            differences = campaign.play_round()
            if differences:
                raise AssertionError(f"seed {seed}, round {campaign.rounds}: " + "; ".join(differences[:5]))
        return campaign


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    try:
        campaign = run_campaign(arguments.rounds, arguments.seed)
    except AssertionError as error:
        print(error)
        return 1
    print(
        f"{campaign.rounds} gateways, {campaign.runs} runs, {campaign.kills} of them killed, {campaign.requests} "
        "requests: each disliked entry cost itself alone, no label lost, none doubled"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
