"""`check` with all rings against a baseline that validates by the schema alone: `python -m benchmarks.bench_check`.

Ours is the real command: the schema, a label configuration (that of the `--shape`), and an index of the media, which it
makes of a list of ids each time: those of the entries, unless more are asked for. The baseline
(`benchmarks.parts.baseline`) knows nothing but the schema; with `--check` it sends nothing, and once in each round it
imports into a null server. They run in turn over one corpus, so that a machine that is busy at times is busy for all;
the numbers are medians. Memory is that of all processes together, the highest of all rounds; what a project of a
million media takes is measured in a run of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.parts.corpus import media_ids, write_corpus
from benchmarks.parts.label_configs import CONFIGS
from benchmarks.parts.measuring import Measured, bars, measure, running_sink, write_results
from benchmarks.parts.sink import PROJECT
from bulk_importer.settings.units import SIZE

__all__ = ["Bench", "main"]


class Bench:
    """One corpus in a folder, with what it is held against."""

    def __init__(self, folder: Path, shape: str, size: int, workers: int) -> None:
        self.path = folder / f"{shape}.json"
        self.entries = write_corpus(self.path, shape, size)
        self.bytes = self.path.stat().st_size
        self._folder, self._config = folder, folder / "config.json"
        self._config.write_text(json.dumps(CONFIGS[shape]))
        self._shape = shape
        self._workers = str(workers)

    def listed(self, media: int) -> Path:
        """A list of so many media, those of the entries among them."""
        path = self._folder / f"media-{media}.txt"
        with path.open("w") as file:
            file.writelines(f"{each}\n" for each in media_ids(self._shape, media))
        return path

    def ours(self, listed: Path) -> Measured:
        """All rings, nothing found wrong, and every media known."""
        run = measure(
            [
                *("-m", "bulk_importer", "check", str(self.path), "--json", "--workers", self._workers),
                *("--label-config", str(self._config), "--media-list", str(listed)),
            ]
        )
        report = json.loads(run.output)
        assert (report["accepted"], report["media_accepted"]) == (self.entries, self.entries)
        assert len(report["checked"]) == 3
        return run

    def baseline(self) -> Measured:
        """The schema alone."""
        run = measure(["-m", "benchmarks.parts.baseline", str(self.path), "--check"])
        assert json.loads(run.output)["entries"] == self.entries
        return run

    def whole(self, server: str) -> Measured:
        """An import of the baseline."""
        command = ["-m", "benchmarks.parts.baseline", str(self.path)]
        return measure([*command, "--server", server, "--project", PROJECT])

    def row(self, name: str, runs: Sequence[Measured]) -> dict[str, object]:
        """The numbers of one of the two."""
        seconds = statistics.median(run.seconds for run in runs)
        return {
            "what": name,
            "bytes": self.bytes,
            "entries": self.entries,
            "rounds": len(runs),
            "seconds": round(seconds, 2),
            "mb_per_second": round(self.bytes / 1e6 / seconds, 1),
            "cpu_seconds": round(statistics.median(run.cpu_seconds for run in runs), 2),
            "peak_pss_mb": round(max(run.peak_pss for run in runs) / 1e6, 1),
        }


def main() -> None:
    """Measure, print, and write JSON and a chart to `benchmarks/results`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=CONFIGS, default="detection")
    parser.add_argument("--size", type=SIZE.read, default=500_000_000)
    parser.add_argument("--media", type=int, help="in the index; those of the entries unless told otherwise")
    parser.add_argument(
        "--most-media", type=int, default=1_000_000, help="in the index of the run for memory"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--name", default="check", help="of the files in benchmarks/results")
    given = parser.parse_args()
    ours: list[Measured] = []
    theirs: list[Measured] = []
    whole: list[Measured] = []
    with running_sink() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given.shape, given.size, given.workers)
        media = max(given.media or 0, bench.entries)
        most_media = max(given.most_media, media)
        listed = bench.listed(media)
        for _ in range(given.rounds):
            ours.append(bench.ours(listed))
            theirs.append(bench.baseline())
            whole.append(bench.whole(server))
        many = bench.ours(bench.listed(most_media))
        rows = [
            bench.row("all rings", ours),
            bench.row("baseline, schema alone", theirs),
            bench.row("baseline, import", whole),
            bench.row(f"all rings, {most_media:,} media", [many]),
        ]
    by_round = [round(slow.seconds / quick.seconds, 2) for quick, slow in zip(ours, theirs, strict=True)]
    for row in rows:
        print(json.dumps(row), flush=True)
    to_import = [round(slow.seconds / quick.seconds, 2) for quick, slow in zip(ours, whole, strict=True)]
    print("times as fast, by round:", by_round, "as an import:", to_import)
    more = {"shape": given.shape, "workers": given.workers, "media": media}
    write_results(given.name, rows, {**more, "ratios": by_round, "ratios_to_import": to_import})
    speeds = [float(str(row["mb_per_second"])) for row in rows[:2]]
    bars(
        given.name,
        f"check with all rings and {media:,} media",
        "MB/s",
        [(given.shape, speeds)],
        ("bulk_importer, all rings", "baseline, schema alone"),
    )


if __name__ == "__main__":
    main()
