"""Lets workers of Dask die, freeze and lose their scheduler while they import, and compares what the media hold.

    python -m benchmarks.campaigns.dask_campaign --rounds 100

A real scheduler, real workers, `import --engine dask` as a person runs it. In each round some of this happens at random
instants, until the import ends by itself: a worker is killed with -9, alone, or its process without its nanny, or the
child that imports a shard, or all of them together; a worker with all that it started is frozen for longer than the
lease, and goes on; one is stopped in order; the scheduler is killed, and with it go the workers, and all are started
anew; the command itself is killed, and given again. At the end of a round every media holds what a naive reading of its
entries, one after the other, gives, and no body was written twice. Ends with the first difference, and exit 1.
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
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.campaigns.dask_processes import DaskProcesses
from benchmarks.campaigns.kill_campaign import expected_labels, random_entry, seen_labels
from benchmarks.campaigns.killable_sandbox import COMMAND, KillableSandbox
from benchmarks.campaigns.rounds import main, play

__all__ = ["DaskCampaign", "run_campaign"]

LEASE = 3.0
WORKERS = 3
SECONDS = 300.0
FAULTS = """
seed = {seed}
[[fault]]
what = "delay"
seconds = 0.05
probability = 1.0
"""
IMPORT = (
    *("--engine", "dask", "--lease", f"{LEASE:g}s", "--wait-for-server", "1m", "--workers", "0"),
    *("--max-batch-entries", "50", "--max-in-flight", "6", "--at-once", "3"),
    *("--server-request-limit", "1s", "--doubt-wait", "1m", "--max-outage", "1m"),
)


class DaskCampaign:
    """A sandbox, a scheduler with its workers, and what was done to them."""

    def __init__(
        self, folder: Path, seed: int, environment: dict[str, str], *, media: int, shards: int
    ) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._environment = environment
        self._media = media
        self._shards = shards
        # Changed by `play_round` and what it calls.
        self.rounds = 0
        self.faults: Counter[str] = Counter()
        self._names = 0
        self.sandbox = KillableSandbox(folder, FAULTS, self._chance, environment)
        self.sandbox.start()
        self.dask = DaskProcesses(folder, environment)
        self._fill()

    def close(self) -> None:
        """End everything."""
        self.dask.close()
        self.sandbox.end()

    def play_round(self, faults: int) -> list[str]:
        """Import while so many things go wrong; the differences, in words."""
        self.rounds += 1
        project = self.sandbox.ask(
            "/sandbox/projects", {"name": f"round {self.rounds}", "media": self._media}
        )
        entries = self._entries(project["media_ids"])
        source = self._folder / f"round-{self.rounds}.json"
        source.write_text(json.dumps(entries))
        summary = self._import(source, project["id"], faults)
        return self._differences(project, entries, summary)

    def _entries(self, media_ids: Sequence[str]) -> list[Any]:
        """An entry for each media, and some more, whose order counts."""
        of = [*media_ids, *self._chance.sample(media_ids, len(media_ids) // 10)]
        return [random_entry(self._chance, media_id, number) for number, media_id in enumerate(of)]

    def _import(self, source: Path, project: str, faults: int) -> Any:
        command = [
            *(*COMMAND, "import", str(source), "--server", self.sandbox.url, "--project", project),
            *(*IMPORT, "--shards", str(self._shards), "--scheduler", self.dask.address, "--json"),
        ]
        until = time.monotonic() + SECONDS
        while True:
            with (self._folder / "said").open("wb") as said, (self._folder / "told").open("wb") as told:
                process = subprocess.Popen(command, stdout=said, stderr=told, env=self._environment)
            ended = False
            while not ended:
                try:
                    process.wait(self._chance.uniform(0.5, 3.0) if faults else until - time.monotonic())
                    ended = True
                except subprocess.TimeoutExpired:
                    if time.monotonic() > until:
                        process.kill()
                        process.wait()
                        raise AssertionError(f"it did not end: {self._told()}") from None
                    faults -= 1
                    self._let_go_wrong(process)
            if process.returncode == -signal.SIGKILL:
                continue
            if process.returncode or not (content := (self._folder / "said").read_bytes()):
                raise AssertionError(f"it ended with {process.returncode}: {self._told()}")
            return json.loads(content)

    def _told(self) -> str:
        return (self._folder / "told").read_text()[-2000:]

    def _let_go_wrong(self, process: subprocess.Popen[bytes]) -> None:
        faults: list[tuple[int, str, Callable[[], None]]] = [
            (3, "worker and nanny killed", self._kill_worker),
            (3, "worker killed", lambda: self._kill_one(lambda each: "spawn_main" in each)),
            (3, "child killed", lambda: self._kill_one(lambda each: "cli.fleet.engine.child" in each)),
            (2, "all of a worker killed", self._kill_all_of_one),
            (3, "frozen", self._freeze),
            (1, "stopped", self._terminate),
            (1, "scheduler killed", self._restart),
            (1, "command killed", process.kill),
        ]
        _, name, act = self._chance.choices(faults, [weight for weight, _, _ in faults])[0]
        self.faults[name] += 1
        act()
        self._fill()

    def _fill(self) -> None:
        """Start workers, until there are as many as there should be."""
        for name, worker in list(self.dask.workers.items()):
            if worker.poll() is not None:
                self.dask.workers.pop(name).wait()
        while len(self.dask.workers) < WORKERS:
            self._names += 1
            self.dask.start(f"worker-{self._names}")

    def _one(self) -> str:
        return self._chance.choice(sorted(self.dask.workers))

    def _kill_worker(self) -> None:
        self.dask.kill(self._one())

    def _terminate(self) -> None:
        self.dask.terminate(self._one())

    def _kill_one(self, fits: Callable[[str], bool]) -> None:
        for each in self.dask.descendants(self._one()):
            with suppress(psutil.NoSuchProcess):
                if fits(" ".join(each.cmdline())):
                    each.kill()
                    return

    def _kill_all_of_one(self) -> None:
        name = self._one()
        for each in self.dask.descendants(name):
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.dask.kill(name)

    def _freeze(self) -> None:
        """Freeze a worker and all that it started for longer than its lease; another one does its work meanwhile."""
        frozen = self.dask.descendants(self._one())
        for each in frozen:
            with suppress(psutil.NoSuchProcess):
                each.suspend()
        time.sleep(self._chance.uniform(1.2, 2.0) * LEASE)
        for each in frozen:
            with suppress(psutil.NoSuchProcess):
                each.resume()

    def _restart(self) -> None:
        self.dask.restart_scheduler()
        # The workers end by themselves, some time after their scheduler; new ones do not wait for that.
        for name in list(self.dask.workers):
            self.dask.abandon(name)

    def _differences(self, project: Any, entries: Sequence[Any], summary: Any) -> list[str]:
        differences = [f"{key} is {summary[key]}" for key in ("in_doubt", "owed", "rejected") if summary[key]]
        if (summary["exit_code"], summary["delivered"]) != (0, len(entries)):
            differences.append(f"it ended with {summary['exit_code']}, {summary['delivered']} delivered")
        held = self.sandbox.ask(f"/sandbox/projects/{project['id']}/labels")
        for media_id, expected in expected_labels(project["media_ids"], entries).items():
            if (found := seen_labels(held[media_id])) != expected:
                differences.append(f"media {media_id} holds {found} and should hold {expected}")
        twice = [body for body, count in self.sandbox.ask("/sandbox/commits").items() if count > 1]
        return [*differences, *(f"a body was written more than once: {body}" for body in twice)]


def run_campaign(
    rounds: int,
    seed: int,
    *,
    media: int = 10_000,
    shards: int = 16,
    faults: int = 4,
    environment: dict[str, str] | None = None,
) -> DaskCampaign:
    """Play so many rounds.

    Raises:
        AssertionError: a round ended otherwise than it should; the message says how.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        ours = environment or dict(os.environ)
        campaign = DaskCampaign(Path(folder), seed, ours, media=media, shards=shards)
        play(campaign, rounds, faults=faults, seed=seed)
        return campaign


def _run(given: argparse.Namespace) -> DaskCampaign:
    return run_campaign(given.rounds, given.seed, media=given.media, faults=given.faults)


if __name__ == "__main__":
    sys.exit(
        main(
            _run,
            __doc__ or "",
            media=10_000,
            faults=4,
            proved="no label lost, none doubled, nothing in doubt",
        )
    )
