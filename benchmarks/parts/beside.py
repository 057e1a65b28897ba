"""Everything beside an earlier build, in one run: `python -m benchmarks.parts.beside CHECKOUT`.

The start of a command (11 entries, all files in the cache), whole imports and checks of every shape into a null server,
and `check` with all rings where a shape has a label configuration. For `documented` and `rich` the baseline runs in the
same rounds (an import by it is what both are compared with); theirs are corpora of the whole `--size`, those of the
other shapes of a quarter. CHECKOUT is a work tree of this repository at the commit to compare with.

All numbers are medians over rounds in which the programs run in turn. Seconds on the clock say what a person waits for,
and on a machine that others use at the same time they say little; seconds of the processor are of all processes of a
program together, and their ratios hold there too. They leave out that ours runs on several cores and the baseline on
one: `times_baseline_cpu` is how much less work it is, `times_baseline` how much sooner it is done.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.parts.corpus import SHAPES, media_ids, write_corpus
from benchmarks.parts.label_configs import CONFIGS
from benchmarks.parts.measuring import Measured, git, measure, running_sink, write_results
from benchmarks.parts.sink import PROJECT
from bulk_importer.settings.units import SIZE

__all__ = ["main"]

_WITH_BASELINE = ("documented", "rich")
_SCHEMA_ALONE = ["--label-config", "none", "--no-check-media"]
_FEW_BYTES = 19_000
_STARTS_A_ROUND = 3


@dataclass
class Case:
    """One command of ours over one file, and what it did in each round; `command` ends with what is compared."""

    what: str
    path: Path
    command: Sequence[str]
    has_baseline: bool = False
    ours: list[Measured] = field(default_factory=list)
    beside: list[Measured] = field(default_factory=list)
    baseline: list[Measured] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """The numbers of it: medians, and the highest memory."""
        row: dict[str, object] = {
            "what": self.what,
            "shape": self.path.stem,
            "bytes": self.path.stat().st_size,
            "rounds": len(self.ours),
            **_numbers("ours", self.ours),
            **_numbers("beside", self.beside),
            "times_beside": round(_seconds(self.beside) / _seconds(self.ours), 2),
            "times_beside_cpu": round(_cpu(self.beside) / _cpu(self.ours), 2),
        }
        if self.baseline:
            row |= _numbers("baseline", self.baseline)
            row["times_baseline"] = round(_seconds(self.baseline) / _seconds(self.ours), 2)
            row["times_baseline_cpu"] = round(_cpu(self.baseline) / _cpu(self.ours), 2)
        return row


def _numbers(whose: str, runs: Sequence[Measured]) -> dict[str, object]:
    return {
        f"{whose}_seconds": round(_seconds(runs), 3),
        f"{whose}_cpu_seconds": round(_cpu(runs), 3),
        f"{whose}_peak_pss_mb": round(max(run.peak_pss for run in runs) / 1e6, 1),
    }


def _seconds(runs: Sequence[Measured]) -> float:
    return statistics.median(run.seconds for run in runs)


def _cpu(runs: Sequence[Measured]) -> float:
    return statistics.median(run.cpu_seconds for run in runs)


class Bench:
    """One null server, one folder for corpora and checkpoints, two builds."""

    def __init__(self, server: str, folder: Path, beside: Path) -> None:
        self._server = server
        self._folder = folder
        self._checkpoint = folder / "checkpoint"
        # Not what lies where the benchmark is started, which Python would take first.
        self._beside = {"PYTHONPATH": str(beside), "PYTHONSAFEPATH": "1"}

    def starts(self) -> list[Case]:
        """Commands that have next to nothing to do."""
        path = self._folder / "few.json"
        write_corpus(path, "documented", _FEW_BYTES)
        return [
            Case("start of import", path, self._import(path)),
            Case("start of check", path, ["check", str(path), "--json", *_SCHEMA_ALONE]),
        ]

    def cases(self, shape: str, size: int) -> list[Case]:
        """What is done with the corpus of a shape."""
        has_baseline = shape in _WITH_BASELINE
        path = self._folder / f"{shape}.json"
        entries = write_corpus(path, shape, size if has_baseline else size // 4)
        check = ["check", str(path), "--json", "--workers", "2"]
        cases = [
            Case("import, schema", path, [*self._import(path), "--workers", "2"], has_baseline),
            Case("check, schema", path, [*check, *_SCHEMA_ALONE], has_baseline),
        ]
        if shape in CONFIGS:
            config, listed = self._folder / "config.json", self._folder / "media.txt"
            config.write_text(json.dumps(CONFIGS[shape]))
            listed.write_text("".join(f"{each}\n" for each in media_ids(shape, entries)))
            rings = ["--label-config", str(config), "--media-list", str(listed)]
            cases.append(Case("check, all rings", path, [*check, *rings], has_baseline))
        return cases

    def round(self, cases: Sequence[Case]) -> None:
        """Let each of them run once, ours and the others in turn; one import by the baseline is that of all."""
        imported = None
        for case in cases:
            case.ours.append(self._run(case, {}))
            case.beside.append(self._run(case, self._beside))
            if case.has_baseline:
                imported = imported or self._baseline(case.path)
                case.baseline.append(imported)

    def _import(self, path: Path) -> list[str]:
        where = ["--server", self._server, "--project", PROJECT, "--checkpoint", str(self._checkpoint)]
        return ["import", str(path), "--json", *where, *_SCHEMA_ALONE]

    def _run(self, case: Case, environment: dict[str, str]) -> Measured:
        shutil.rmtree(self._checkpoint, ignore_errors=True)
        return measure(["-m", "bulk_importer", *case.command], environment)

    def _baseline(self, path: Path) -> Measured:
        where = ["--server", self._server, "--project", PROJECT]
        return measure(["-m", "benchmarks.parts.baseline", str(path), *where])


def main() -> None:
    """Measure, print, and write JSON to `benchmarks/results`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT")
    parser.add_argument("--size", type=SIZE.read, default=200_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shapes", nargs="*", choices=SHAPES, default=list(SHAPES))
    given = parser.parse_args()
    rows: list[dict[str, object]] = []
    with running_sink() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder), given.checkout.resolve())
        starts = bench.starts()
        for _ in range(_STARTS_A_ROUND * given.rounds):
            bench.round(starts)
        rows += _told(starts)
        for shape in given.shapes:
            cases = bench.cases(shape, given.size)
            for _ in range(given.rounds):
                bench.round(cases)
            rows += _told(cases)
            cases[0].path.unlink()
    compared = git("-C", str(given.checkout), "rev-parse", "--short=12", "HEAD")
    write_results("beside", rows, {"beside": compared, "workers": 2})


def _told(cases: Sequence[Case]) -> list[dict[str, object]]:
    rows = [case.row() for case in cases]
    for row in rows:
        print(json.dumps(row), flush=True)
    return rows


if __name__ == "__main__":
    main()
