"""Lets workers of plans die, freeze and have clocks of their own, while people gather and undo, and compares labels.

    python -m benchmarks.campaigns.fleet_campaign --rounds 100

Real commands over a sandbox that loses answers. In each round a source is planned, and workers take shards of it by
chance, several of them the same one. They are killed with -9, stopped in order, or frozen for longer than their lease;
the clock of each is ahead of the others', or behind, by up to half a minute. Meanwhile people gather, and in every
other round undo the whole plan, and are killed as well. In the end every media holds what a naive reading of its
entries, one after the other, gives; or nothing, where the plan was taken back, and no worker brings anything after
that. Ends with the first difference, and exit 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.campaigns.kill_campaign import expected_labels, random_entry, seen_labels
from benchmarks.campaigns.killable_sandbox import COMMAND, KillableSandbox
from benchmarks.campaigns.rounds import main, play

__all__ = ["FleetCampaign", "run_campaign"]

LEASE = 3.0
WORKERS = 3
SECONDS = 500.0
MOST_AHEAD = 30.0
FAULTS = """
seed = {seed}
[[fault]]
what = "delay"
seconds = 0.4
probability = 1.0
[[fault]]
what = "reset after commit"
probability = 0.04
[[fault]]
what = "reset before commit"
probability = 0.02
[[fault]]
what = "late commit"
seconds = 0.5
probability = 0.02
"""
PLAN = (
    *("--max-batch-entries", "4", "--max-in-flight", "6", "--at-once", "2", "--workers", "0"),
    *("--server-request-limit", "2s", "--doubt-wait", "2m", "--max-outage", "1m"),
)
# What `time.time` says is all that the program knows of the clock of a machine.
SKEWED = (
    "import sys, time; ahead, real = float(sys.argv.pop(1)), time.time; time.time = lambda: real() + ahead; "
    "from bulk_importer.__main__ import run; run()"
)
ENDS = {
    "work": {0, 5, 7, 9, 143},
    "gather": {0, 5, 9},
    "undo": {0, 5, 7, 9, 143},
}
"""What a command may end with, besides the signal that it got."""


class FleetCampaign:
    """A sandbox, and what was done to the commands that use it.

    Attributes:
        faults: how often each thing went wrong.
    """

    def __init__(self, folder: Path, seed: int, environment: Mapping[str, str], *, media: int) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._environment = {**environment, "BULK_IMPORTER_LEASE": f"{LEASE:g}s"}
        self._media = media
        # Changed by `play_round` and what it calls.
        self.rounds = 0
        self.faults: Counter[str] = Counter()
        self._running: list[tuple[str, subprocess.Popen[str]]] = []
        self._thaws: dict[int, float] = {}
        # Changed by `_is_time` alone: after how many uploads, or when, something goes wrong.
        self._wanted, self._latest = 0, 0.0
        self.sandbox = KillableSandbox(folder, FAULTS, self._chance, self._environment)
        self.sandbox.start()

    def close(self) -> None:
        """End everything."""
        for _, process in self._running:
            process.kill()
            process.wait()
        self.sandbox.end()

    def play_round(self, faults: int) -> list[str]:
        """Work on a plan while so many things go wrong; the differences, in words."""
        self.rounds += 1
        project = self.sandbox.ask(
            "/sandbox/projects", {"name": f"round {self.rounds}", "media": self._media}
        )
        entries = self._entries(project["media_ids"])
        source, plan = self._folder / f"{self.rounds}.json", str(self._folder / f"{self.rounds}.plan")
        source.write_text(json.dumps(entries))
        shards = self._chance.choice([2, 3, 5])
        where = ("--server", self.sandbox.url, "--project", project["id"], "--shards", str(shards))
        self._done("plan", str(source), *where, *PLAN, "--output", plan)
        is_undone = bool(self.rounds % 2)
        self._work(plan, shards, faults, is_undone=is_undone)
        if is_undone:
            return self._differences(project, [])
        facts = json.loads(self._done("gather", plan, "--json", "--no-report"))
        self._done("verify", plan, str(source))
        counts = {key: facts[key] for key in ("delivered", "rejected", "in_doubt", "owed")}
        right = {"delivered": len(entries), "rejected": 0, "in_doubt": 0, "owed": 0}
        return [*([] if counts == right else [f"gather says {counts}"]), *self._differences(project, entries)]

    def _entries(self, media_ids: Sequence[str]) -> list[Any]:
        """An entry for each media, and some more, in an order that counts."""
        of = [*media_ids, *self._chance.sample(media_ids, len(media_ids) // 4)]
        entries = [random_entry(self._chance, media_id, number) for number, media_id in enumerate(of)]
        self._chance.shuffle(entries)
        return entries

    def _done(self, *arguments: str) -> str:
        """What a command prints that must end well."""
        done = subprocess.run(
            [*COMMAND, *arguments], env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"{arguments[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def _work(self, plan: str, shards: int, faults: int, *, is_undone: bool) -> None:
        """Let workers, and whoever undoes, come and go until all is imported, or taken back, and all have ended."""
        until, undo_at = time.monotonic() + SECONDS, time.monotonic() + self._chance.uniform(2, 10)
        is_over = False
        while not is_over or self._running:
            if time.monotonic() > until:
                raise AssertionError(f"it did not end: {[name for name, _ in self._running]} are left")
            self._thaw()
            is_over = self._reaped(plan, shards, is_undone=is_undone) or is_over
            names = Counter(name for name, _ in self._running)
            if not is_over:
                if names["work"] < WORKERS:
                    self._start("work", plan, "--index", str(self._chance.randrange(shards)), "--no-report")
                if is_undone and not names["undo"] and time.monotonic() > undo_at:
                    self._start("undo", plan, "--yes")
                if not names["gather"] and self._chance.random() < 0.1:
                    self._start("gather", plan, "--no-report")
            if faults and self._running and self._is_time():
                faults -= self._let_go_wrong()
            time.sleep(0.1)

    def _start(self, name: str, *arguments: str) -> None:
        ahead = self._chance.choice([0.0, self._chance.uniform(-MOST_AHEAD, MOST_AHEAD)])
        command = [sys.executable, "-c", SKEWED, f"{ahead}", name, *arguments, "--json"]
        files = [(self._folder / f"{name}.{which}").open("w+") for which in ("said", "told")]
        said, told = files if name == "undo" else (subprocess.DEVNULL, files[1])
        process = subprocess.Popen(command, env=self._environment, stdout=said, stderr=told, text=True)
        for file in files:
            file.close()
        self._running.append((name, process))

    def _reaped(self, plan: str, shards: int, *, is_undone: bool) -> bool:
        """See to those that have ended; whether nothing is left to do by that."""
        ended = [each for each in self._running if each[1].poll() is not None]
        self._running = [each for each in self._running if each not in ended]
        is_over = False
        for name, process in ended:
            code = process.returncode
            if code >= 0 and code not in ENDS[name]:
                raise AssertionError(
                    f"{name} ended with {code}: {(self._folder / f'{name}.told').read_text()}"
                )
            if name == "undo" and not code:
                # One that found nothing that was delivered has taken nothing back.
                is_over = json.loads((self._folder / "undo.said").read_text())["media"] > 0
            elif name == "work" and not code and not is_undone:
                results = [Path(plan, "work", f"{index:05}", "result.json") for index in range(shards)]
                is_over = all(it.exists() and '"state":"complete"' in it.read_text() for it in results)
        return is_over

    def _is_time(self) -> bool:
        """Whether something is to go wrong now: mostly after some uploads, so that it meets those who send."""
        executed, now = sum(self.sandbox.ask("/sandbox/commits").values()), time.monotonic()
        if executed < self._wanted and now < self._latest:
            return False
        self._wanted, self._latest = executed + self._chance.randint(1, 8), now + self._chance.uniform(2, 8)
        return True

    def _let_go_wrong(self) -> int:
        """Let something happen to one that runs; how many things that were."""
        name, process = self._chance.choice(self._running)
        what = self._chance.choice(["killed", "stopped", "frozen"])
        if process.pid in self._thaws or process.poll() is not None:
            return 0
        if what == "frozen":
            self._thaws[process.pid] = time.monotonic() + self._chance.uniform(0.5, 2.5) * LEASE
        signals = {"killed": signal.SIGKILL, "stopped": signal.SIGTERM, "frozen": signal.SIGSTOP}
        process.send_signal(signals[what])
        self.faults[f"{name} {what}"] += 1
        return 1

    def _thaw(self) -> None:
        now = time.monotonic()
        for _, process in self._running:
            if self._thaws.get(process.pid, now) < now:
                del self._thaws[process.pid]
                process.send_signal(signal.SIGCONT)

    def _differences(self, project: Any, entries: Sequence[Any]) -> list[str]:
        held = self.sandbox.ask(f"/sandbox/projects/{project['id']}/labels")
        return [
            f"media {media_id} holds {found} and should hold {expected}"
            for media_id, expected in expected_labels(project["media_ids"], entries).items()
            if (found := seen_labels([row for row in held[media_id] if row["valid"]])) != expected
        ]


def run_campaign(
    rounds: int, seed: int, *, media: int = 200, faults: int = 8, environment: Mapping[str, str] | None = None
) -> FleetCampaign:
    """Play so many rounds.

    Raises:
        AssertionError: a round ended otherwise than it should; the message says how.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        ours = environment or dict(os.environ)
        campaign = FleetCampaign(Path(folder), seed, ours, media=media)
        play(campaign, rounds, faults=faults, seed=seed)
        return campaign


def _run(given: argparse.Namespace) -> FleetCampaign:
    return run_campaign(given.rounds, given.seed, media=given.media, faults=given.faults)


if __name__ == "__main__":
    sys.exit(main(_run, __doc__ or "", media=200, faults=8, proved="no label lost, none doubled"))
