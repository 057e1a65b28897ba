"""What more workers bring: `python -m benchmarks.fleet.bench_workers`.

One plan for each number of workers, whose `work` run side by side, all with the same number of requests in flight
together; the time is from the start of the first to the end of the last. Against two servers: one that limits all that
reach it, which is the sandbox with the measured cost model (two cores, as protocol 5.1); and one that takes whatever
comes at once, where reading and checking is the limit, and each worker has one process for it.

Told are the entries a second, and the ratio to one worker. On a machine of two cores, more than two workers can only
show that a limit of the server stays where it is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.parts.corpus import write_corpus
from benchmarks.parts.measuring import running_sink, write_results
from benchmarks.parts.sink import PROJECT
from bulk_importer.settings.units import SIZE

__all__ = ["main"]

_PROGRAM = [sys.executable, "-m", "bulk_importer"]
_UNCHECKED = ["--label-config", "none", "--no-check-media"]
_BOXES = 16
"""In each entry for the server with a limit: 80 rows or so, as most of the measured ones had."""


def seconds_of(server: str, project: str, source: Path, workers: int, folder: Path) -> float:
    """How long so many workers take for a source, together."""
    plan = folder / "plan"
    shutil.rmtree(plan, ignore_errors=True)
    _done(
        [
            *(*_PROGRAM, "plan", str(source), "--server", server, "--project", project, *_UNCHECKED),
            *("--output", str(plan), "--shards", str(workers), "--at-once", str(workers), "--quiet"),
        ]
    )
    began = time.perf_counter()
    running = [
        subprocess.Popen(
            [*_PROGRAM, "work", str(plan), "--index", str(index), "--workers", "1", "--no-report", "--quiet"],
            stdout=subprocess.DEVNULL,
        )
        for index in range(workers)
    ]
    codes = [each.wait() for each in running]
    seconds = time.perf_counter() - began
    assert not any(codes), codes
    return seconds


def _done(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def _limited(entries: int, source: Path) -> Iterator[tuple[str, str]]:
    """A server with a limit, and a source for it; its URL and the project."""
    command = ["sandbox", "--port", "0", "--project", "fleet", "--media", str(entries)]
    process = subprocess.Popen(
        [*_PROGRAM, *command, "--cost-model", "measured"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        server = next(word for word in process.stdout.readline().split() if word.startswith("http")).rstrip(
            "."
        )
        project = json.loads(_done([*_PROGRAM, "projects", "--server", server, "--json"]))[0]["id"]
        media = json.loads(_done([*_PROGRAM, "media", "--server", server, "--project", project, "--json"]))
        boxes = [{"rectangle": [{"x": n, "y": n, "w": 9, "h": 9}]} for n in range(_BOXES)]
        labels = {"weather": ["sunny"]}
        content = [
            {"internal_media_ID": each["id"], "global_classifications": labels, "labels": {"bus": boxes}}
            for each in media
        ]
        source.write_text(json.dumps(content))
        yield server, project
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def _rows(what: str, entries: int, seconds: Sequence[tuple[int, float]]) -> list[dict[str, object]]:
    """A row for each number of workers."""
    middle = {
        workers: median(each for number, each in seconds if number == workers) for workers, _ in seconds
    }
    return [
        {
            "server": what,
            "workers": workers,
            "entries": entries,
            "entries_per_second": round(entries / each, 1),
            "of_one_worker": round(middle[1] / each, 3),
        }
        for workers, each in sorted(middle.items())
    ]


def main() -> None:
    """Measure, print, and write `benchmarks/results/fleet/workers.json`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1200, help="for the server with a limit")
    parser.add_argument("--size", type=SIZE.read, default=600_000_000, help="for the other one")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--name", default="fleet/workers", help="of the file in benchmarks/results, or none")
    arguments = parser.parse_args()
    limited, free = list[tuple[int, float]](), list[tuple[int, float]]()
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "labels.json"
        # In turn, so that a machine that is busy at times is busy for all; and each on media that hold nothing yet.
        for workers in [1, 2, 4, 8] * arguments.rounds:
            with _limited(arguments.entries, source) as (server, project):
                limited.append((workers, seconds_of(server, project, source, workers, source.parent)))
        with running_sink() as server:
            entries = write_corpus(source, "detection", arguments.size)
            for workers in [1, 2] * arguments.rounds:
                free.append((workers, seconds_of(server, PROJECT, source, workers, source.parent)))
    rows = [*_rows("limited", arguments.entries, limited), *_rows("takes all", entries, free)]
    for row in rows:
        print(json.dumps(row))
    if arguments.name != "none":
        write_results(arguments.name, rows, {"rounds": arguments.rounds})


if __name__ == "__main__":
    main()
