"""`check` by two workers of Dask against two processes of its own: `python -m benchmarks.fleet.bench_fleet_dask`.

Real programs over one corpus: `check --workers 2`, and `check --engine dask` with a scheduler and two workers that were
started before. They run in turn, so that a machine that is busy at times is busy for all. The speeds are by the clock,
of the reading alone: a command that starts the client of Dask takes a second more, whatever the size. Processor time is
that of all processes, those of Dask included, and memory the highest of a worker, at any time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.campaigns.dask_processes import DaskProcesses, dask_processes
from benchmarks.parts.corpus import SHAPES, write_corpus
from benchmarks.parts.label_configs import CONFIGS
from benchmarks.parts.measuring import Measured, measure, write_results
from bulk_importer.settings.units import SIZE

__all__ = ["main"]

WORKERS = 2
_SAMPLE_SECONDS = 0.1


class _Workers(threading.Thread):
    """Looks again and again at what the processes of the workers take."""

    def __init__(self, dask: DaskProcesses) -> None:
        super().__init__(daemon=True)
        self._processes = [each for name in dask.workers for each in dask.family(name)]
        self._all = [*self._processes, dask.scheduler]
        self.over = threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self.over.wait(_SAMPLE_SECONDS):
            for each in self._processes:
                with suppress(psutil.NoSuchProcess):
                    self.peak = max(self.peak, each.memory_info().rss)

    def cpu_seconds(self) -> float:
        """Of all of them, and of the scheduler, so far."""
        times = [each.cpu_times() for each in self._all]
        return sum(each.user + each.system for each in times)


class Bench:
    """One corpus, and the two ways to check it."""

    def __init__(self, folder: Path, shape: str, size: int, dask: DaskProcesses) -> None:
        self.path, config = folder / f"{shape}.json", folder / "config.json"
        self.entries = write_corpus(self.path, shape, size)
        config.write_text(json.dumps(CONFIGS[shape]))
        self._command = [
            "-m",
            "bulk_importer",
            "check",
            str(self.path),
            "--json",
            "--label-config",
            str(config),
        ]
        self._dask = dask

    def here(self) -> tuple[Measured, float]:
        """By two processes; how long the reading took, in seconds."""
        return self._run("--workers", str(WORKERS))

    def by_dask(self) -> tuple[Measured, float, float, int]:
        """By two workers; besides, the processor time of Dask, and the memory of the largest worker."""
        workers = _Workers(self._dask)
        before = workers.cpu_seconds()
        workers.start()
        run, seconds = self._run("--engine", "dask", "--scheduler", self._dask.address)
        workers.over.set()
        workers.join()
        return run, seconds, workers.cpu_seconds() - before, workers.peak

    def _run(self, *flags: str) -> tuple[Measured, float]:
        run = measure([*self._command, *flags])
        report = json.loads(run.output)
        assert (report["accepted"], report["rejected"]) == (self.entries, 0)
        return run, float(report["seconds"])


def _row(what: str, seconds: Sequence[float], size: int, cpu: Sequence[float]) -> dict[str, object]:
    middle = statistics.median(seconds)
    return {
        "what": what,
        "rounds": len(seconds),
        "seconds": round(middle, 2),
        "MB/s": round(size / middle / 1e6, 1),
        "cpu_seconds": round(statistics.median(cpu), 2),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="2GB")
    parser.add_argument("--shape", choices=[each for each in SHAPES if each in CONFIGS], default="detection")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-results", action="store_true", help="print only")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, dask_processes(Path(folder)) as dask:
        bench = Bench(Path(folder), arguments.shape, SIZE.read(arguments.size), dask)
        for number in range(WORKERS):
            dask.start(f"worker-{number}")
        dask.wait_for_workers(WORKERS)
        here, by_dask = [], []
        for _ in range(arguments.rounds):
            here.append(bench.here())
            by_dask.append(bench.by_dask())
        size = bench.path.stat().st_size
    rows = [
        _row("two processes", [each[1] for each in here], size, [each[0].cpu_seconds for each in here]),
        _row(
            "two workers of Dask",
            [each[1] for each in by_dask],
            size,
            [each[0].cpu_seconds + each[2] for each in by_dask],
        ),
    ]
    ratios = [ours[1] / theirs[1] for ours, theirs in zip(here, by_dask, strict=True)]
    more = {
        "shape": arguments.shape,
        "bytes": size,
        "speed_of_dask": [round(each, 3) for each in ratios],
        "peak_of_a_worker": max(each[3] for each in by_dask),
    }
    for row in rows:
        print(json.dumps(row))
    print(json.dumps(more))
    if not arguments.no_results:
        write_results("fleet/dask", rows, more)


if __name__ == "__main__":
    main()
