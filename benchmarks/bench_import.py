"""Whole imports into a null server, ours and the baseline in turn: `python -m benchmarks.bench_import --size 500MB`.

Ours is the real command, with checkpoint, lanes, gate and log. `check` with the schema ring alone is compared with a
baseline that validates and sends nothing. Memory is measured for three sizes side by side. The profile is that of the
main process of ours, which is where an import with workers waits. `benchmarks.parts.beside` compares two builds.
"""

from __future__ import annotations

import argparse
import io
import json
import pstats
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.parts.corpus import SHAPES, write_corpus
from benchmarks.parts.measuring import Measured, bars, measure, running_sink, write_results
from benchmarks.parts.sink import PROJECT
from bulk_importer.settings.units import SIZE

__all__ = ["main"]

_PLAIN = ["--label-config", "none", "--no-check-media"]


@dataclass
class Pair:
    """Runs over one corpus: of ours, of the baseline; `whole` are the imports of the baseline."""

    what: str
    shape: str
    bytes: int
    entries: int
    ours: list[Measured] = field(default_factory=list)
    baseline: list[Measured] = field(default_factory=list)
    whole: list[Measured] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """The numbers of it: medians, and the highest memory."""
        ours, theirs = self.speed(self.ours), self.speed(self.baseline)
        return {
            "what": self.what,
            "shape": self.shape,
            "bytes": self.bytes,
            "entries": self.entries,
            "rounds": len(self.ours),
            "ours_mb_per_second": round(ours, 1),
            "baseline_mb_per_second": round(theirs, 1),
            "ratio": round(ours / theirs, 2),
            "ratio_to_baseline_import": round(ours / self.speed(self.whole), 2),
            "ours_cpu_seconds": round(_cpu(self.ours), 2),
            "baseline_cpu_seconds": round(_cpu(self.baseline), 2),
            "cpu_ratio": round(_cpu(self.baseline) / _cpu(self.ours), 2),
            "cpu_ratio_to_baseline_import": round(_cpu(self.whole) / _cpu(self.ours), 2),
            "ours_peak_pss_mb": round(max(run.peak_pss for run in self.ours) / 1e6, 1),
            "baseline_peak_pss_mb": round(max(run.peak_pss for run in self.baseline) / 1e6, 1),
        }

    def speed(self, runs: Sequence[Measured]) -> float:
        """MB/s, the median."""
        return self.bytes / 1e6 / statistics.median(run.seconds for run in runs)


def _cpu(runs: Sequence[Measured]) -> float:
    return statistics.median(run.cpu_seconds for run in runs)


class Bench:
    """One null server, one folder for corpora and checkpoints."""

    def __init__(self, server: str, folder: Path, workers: int) -> None:
        self._server = server
        self._folder = folder
        self._workers = str(workers)

    def corpus(self, shape: str, size: int) -> tuple[Path, int]:
        """A corpus, and the number of its entries."""
        path = self._folder / f"{shape}-{size}.json"
        return path, write_corpus(path, shape, size)

    def ours(self, path: Path, *before: str) -> Measured:
        """Import it with the real command; `before` goes before the program."""
        checkpoint = self._folder / "checkpoint"
        shutil.rmtree(checkpoint, ignore_errors=True)
        return measure(
            [
                *(*before, "-m", "bulk_importer", "import", str(path), "--json", *_PLAIN),
                *("--server", self._server, "--project", PROJECT),
                *("--checkpoint", str(checkpoint), "--workers", self._workers),
            ]
        )

    def ours_check(self, path: Path) -> Measured:
        """Check it with the real command."""
        return measure(
            ["-m", "bulk_importer", "check", str(path), "--workers", self._workers, "--json", *_PLAIN]
        )

    def baseline(self, path: Path, *, check: bool) -> Measured:
        """The same by the baseline."""
        command = ["-m", "benchmarks.parts.baseline", str(path)]
        return measure(
            [*command, *(["--check"] if check else ["--server", self._server, "--project", PROJECT])]
        )

    def pairs(self, shape: str, size: int, rounds: int) -> list[Pair]:
        """Ours and the baseline in turn: import, then check."""
        path, entries = self.corpus(shape, size)
        length = path.stat().st_size
        importing, checking = (Pair(what, shape, length, entries) for what in ("import", "check"))
        for _ in range(rounds):
            importing.ours.append(self.ours(path))
            importing.baseline.append(self.baseline(path, check=False))
            importing.whole = checking.whole = importing.baseline
            checking.ours.append(self.ours_check(path))
            checking.baseline.append(self.baseline(path, check=True))
        delivered = json.loads(importing.ours[-1].output)["delivered"]
        assert delivered == json.loads(importing.baseline[-1].output)["entries"] == entries
        path.unlink()
        return [importing, checking]

    def memory(self, sizes: Sequence[int]) -> list[dict[str, object]]:
        """Peak memory of ours for several sizes of the same shape."""
        rows: list[dict[str, object]] = []
        for size in sizes:
            path, _ = self.corpus("detection", size)
            measured = self.ours(path)
            rows.append({"bytes": path.stat().st_size, "peak_pss_mb": round(measured.peak_pss / 1e6, 1)})
            print("memory", rows[-1], flush=True)
            path.unlink()
        return rows

    def profile(self, size: int) -> list[str]:
        """What the main process of an import spends its time on, by its own account."""
        path, _ = self.corpus("detection", size)
        recorded = self._folder / "profile"
        self.ours(path, "-m", "cProfile", "-o", str(recorded))
        path.unlink()
        text = io.StringIO()
        pstats.Stats(str(recorded), stream=text).strip_dirs().sort_stats("tottime").print_stats(25)
        lines = [line.rstrip() for line in text.getvalue().splitlines() if line.strip()]
        return lines[1:]  # without the date and the place of the profile


def main() -> None:
    """Measure, print, and write JSON and a chart to `benchmarks/results`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=SIZE.read, default=50_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shapes", nargs="*", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--memory", nargs="*", type=SIZE.read, default=[10_000_000, 100_000_000, 500_000_000])
    parser.add_argument("--name", default="import", help="of the files in benchmarks/results")
    arguments = parser.parse_args()
    with running_sink() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder), arguments.workers)
        rows = []
        for shape in arguments.shapes:
            for pair in bench.pairs(shape, arguments.size, arguments.rounds):
                rows.append(pair.row())
                print(json.dumps(rows[-1]), flush=True)
        memory = bench.memory(arguments.memory)
        profile = bench.profile(arguments.size)
    print("\n".join(profile))
    write_results(arguments.name, rows, {"workers": arguments.workers, "memory": memory, "profile": profile})
    shown = [
        (
            f"{row['what']} {row['shape']}",
            (float(str(row["ours_mb_per_second"])), float(str(row["baseline_mb_per_second"]))),
        )
        for row in rows
    ]
    if shown:
        bars(
            arguments.name,
            "Whole runs into a null server",
            "MB/s",
            shown,
            ("bulk_importer", "ijson and aiohttp"),
        )


if __name__ == "__main__":
    main()
