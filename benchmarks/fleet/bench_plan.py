"""What a plan costs beside a check: `python -m benchmarks.fleet.bench_plan --size 500MB --rounds 5`.

Both are the real command over one corpus, with a label configuration and a list of media, in turn, in either order.
Told are ratios to the checks beside them: of throughput (medians) and of processor time (the least of all rounds, which
other work disturbs least). With `--repeat` each entry stands in the corpus so often, the whole of it one time behind
the other: then all entries but the first of each media have to move to another shard, which is the worst case.

With `--name none` nothing is written, for machines on which something else runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.parts.corpus import media_ids, write_corpus
from benchmarks.parts.label_configs import CONFIGS
from benchmarks.parts.measuring import Measured, measure, running_sink, write_results
from benchmarks.parts.sink import PROJECT
from bulk_importer.settings.units import SIZE

__all__ = ["main"]


class Bench:
    """One corpus in a folder, and a null server.

    Args:
        repeat: how often the corpus holds each entry.
    """

    def __init__(
        self, server: str, folder: Path, shape: str, size: int, *, repeat: int, workers: int
    ) -> None:
        self._folder = folder
        self._corpus = folder / f"{shape}.json"
        once = write_corpus(self._corpus, shape, size // repeat)
        listed = folder / "media.txt"
        with listed.open("w") as file:
            file.writelines(f"{each}\n" for each in media_ids(shape, once))
        self.entries = once * repeat
        _repeat(self._corpus, repeat)
        self.bytes = self._corpus.stat().st_size
        config = folder / "config.json"
        config.write_text(json.dumps(CONFIGS[shape]))
        self._flags = [
            *("--server", server, "--project", PROJECT, "--label-config", str(config)),
            *("--media-list", str(listed), "--workers", str(workers), "--json"),
        ]

    def check(self) -> Measured:
        """Everything that an import would refuse."""
        run = measure(["-m", "bulk_importer", "check", str(self._corpus), *self._flags])
        assert json.loads(run.output)["entries"] == self.entries
        return run

    def plan(self, shards: int) -> Measured:
        """The same, and how the corpus is divided."""
        place = self._folder / "plan"
        shutil.rmtree(place, ignore_errors=True)
        run = measure(
            [
                *("-m", "bulk_importer", "plan", str(self._corpus), *self._flags),
                *("--shards", str(shards), "--output", str(place)),
            ]
        )
        facts = json.loads(run.output)
        assert (facts["entries"], facts["shards"], facts["is_new"]) == (self.entries, shards, True)
        return run


def _repeat(corpus: Path, times: int) -> None:
    elements = corpus.read_bytes().strip()[1:-1] if times > 1 else b""
    if elements:
        corpus.write_bytes(b"[" + b",".join([elements] * times) + b"]\n")


def _row(bench: Bench, shards: int, rounds: int) -> dict[str, object]:
    checks, plans = list[Measured](), list[Measured]()
    for number in range(rounds):
        for make, runs in [(bench.check, checks), (lambda: bench.plan(shards), plans)][
            :: 1 if number % 2 else -1
        ]:
            runs.append(make())
    seconds = [statistics.median(run.seconds for run in runs) for runs in (checks, plans)]
    cpu = [min(run.cpu_seconds for run in runs) for runs in (checks, plans)]
    return {
        "bytes": bench.bytes,
        "entries": bench.entries,
        "rounds": rounds,
        "check_mb_per_second": round(bench.bytes / 1e6 / seconds[0], 1),
        "plan_mb_per_second": round(bench.bytes / 1e6 / seconds[1], 1),
        "throughput_ratio": round(seconds[0] / seconds[1], 3),
        "check_cpu_seconds": round(cpu[0], 2),
        "plan_cpu_seconds": round(cpu[1], 2),
        "cpu_ratio": round(cpu[1] / cpu[0], 3),
        "check_peak_pss_mb": round(max(run.peak_pss for run in checks) / 1e6, 1),
        "plan_peak_pss_mb": round(max(run.peak_pss for run in plans) / 1e6, 1),
    }


def main() -> None:
    """Measure, print, and write JSON to `benchmarks/results`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=CONFIGS, default="detection")
    parser.add_argument("--size", type=SIZE.read, default=500_000_000)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--name", default="fleet/plan", help="of the file in benchmarks/results; none: it is not written"
    )
    given = parser.parse_args()
    with running_sink() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(
            server, Path(folder), given.shape, given.size, repeat=given.repeat, workers=given.workers
        )
        row = _row(bench, given.shards, given.rounds)
    print(json.dumps(row), flush=True)
    if given.name != "none":
        more = {
            "shape": given.shape,
            "workers": given.workers,
            "shards": given.shards,
            "repeat": given.repeat,
        }
        write_results(given.name, [row], more)


if __name__ == "__main__":
    main()
