"""How near the gate comes to the best fixed setting, on simulated servers: from formulas, and from traces.

    python -m benchmarks.bench_gate [--against COMMIT_OR_FOLDER] [--campaign FILE] [--only TEXT] [--seeds 30] [--save]

From formulas: the share of the best fixed setting after settling. From traces: the share in the first 15, 60 and 300
seconds, cold start included, and after a change of the server; the worst and the median of all seeds, beside the worst
of the best fixed setting itself, which is what chance alone does. `--against` puts another build through the same.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.parts.gate_scenarios import Best, Scenario, best_fixed_cells, gate_brings, scenarios
from benchmarks.parts.gate_servers import SERVERS, Server, best_fixed, goodput, simulate
from benchmarks.parts.measuring import git, write_results
from benchmarks.parts.traces import CAMPAIGNS
from bulk_importer.transfer.adaptive.gate import Bounds, Gate, Setting

__all__ = ["Row", "main", "measure", "measure_traces"]


@dataclass(frozen=True)
class Row:
    """One server: its best setting (in flight, weight), and what the gate brought after settling."""

    server: str
    most_in_flight: int
    best_in_flight: int
    best_weight: int
    best_goodput: float
    settled_after: int
    shares: list[float]
    bases: list[tuple[int, int]]
    moves: list[int]
    microseconds_a_landing: float


def measure(server: Server, most_in_flight: int, seeds: int) -> Row:
    """Run the gate against one server, with several seeds."""
    best, most = best_fixed(server, most_in_flight)
    settled = 200 if server.name == "noisy" else max(40, 8 * best.in_flight)
    shares, bases, moves, spent = [], [], [], 0.0
    for seed in range(seeds):
        gate = _Timed(Bounds(most_in_flight=most_in_flight))
        answers = list(simulate(server, gate, answers=settled + max(400, 16 * best.in_flight), seed=seed))
        shares.append(round(goodput(answers[settled:]) / most, 3))
        bases.append((gate.base.in_flight, gate.base.weight))
        moves.append(sum(answer.moved is not None for answer in answers[settled:]))
        spent += gate.seconds / len(answers)
    return Row(
        server.name,
        most_in_flight,
        best.in_flight,
        best.weight,
        most,
        settled,
        shares,
        bases,
        moves,
        round(1e6 * spent / seeds, 2),
    )


class _Timed(Gate):
    """A gate that sums up the processor time it takes."""

    seconds = 0.0

    def landed(self, flight):  # type: ignore[no-untyped-def]
        began = time.perf_counter()
        moved = super().landed(flight)
        self.seconds += time.perf_counter() - began
        return moved


def measure_traces(
    chosen: Sequence[Scenario], seeds: int, other: Mapping[str, Sequence[Sequence[int]]]
) -> list[dict[str, object]]:
    """Put the gate through scenarios; a row for each window of each, with what another build brought there."""
    rows = []
    for scenario in chosen:
        bests = best_fixed_cells(scenario, seeds)
        ours = gate_brings(scenario, seeds)
        for at, ((since, until), wanted) in enumerate(scenario.windows.items()):
            row: dict[str, object] = {
                "scenario": scenario.name,
                "window": [since, until],
                "wanted": wanted,
                "best": list(bests[at].setting),
                "best_worst": round(bests[at].worst_share, 3),
                **_shares("", bests[at], ours, at),
                **(_shares("other_", bests[at], other[scenario.name], at) if other else {}),
            }
            rows.append(row)
            _print(row, scenario.name, (since, until), bests[at].setting)
    return rows


def _shares(prefix: str, best: Best, runs: Sequence[Sequence[int]], window: int) -> dict[str, float]:
    shares = [run[window] / most for run, most in zip(runs, best.delivered, strict=True)]
    return {f"{prefix}worst": round(min(shares), 3), f"{prefix}median": round(median(shares), 3)}


def _print(row: Mapping[str, Any], name: str, window: tuple[float, float], best: Setting) -> None:
    beside = f"   other {row['other_worst']:.2f} {row['other_median']:.2f}" if "other_worst" in row else ""
    mark = " " if row["worst"] >= row["wanted"] else "<"
    print(
        f"{name:46} {window[0]:3.0f}-{window[1]:3.0f} s  best {best.in_flight} x {best.weight:4}"
        f" (itself {row['best_worst']:.2f})  worst {row['worst']:.2f} {mark} {row['wanted']:.2f}"
        f"  median {row['median']:.2f}{beside}",
        flush=True,
    )


def _of_another_build(place: str, arguments: Sequence[str]) -> dict[str, list[list[int]]]:
    """What the gate of another build brings: of a folder that holds one, or of a commit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "benchmarks").symlink_to(Path(__file__).parent)
        if Path(place).is_dir():
            (folder / "bulk_importer").symlink_to(Path(place).resolve() / "bulk_importer")
        else:
            archive = folder / "package.tar"
            git("archive", f"--output={archive}", place, "bulk_importer")
            subprocess.run(["tar", "-x", "-f", str(archive), "-C", name], check=True)
        command = [sys.executable, "-m", "benchmarks.bench_gate", "--as-other", *arguments]
        environment = {**os.environ, "PYTHONPATH": name}
        done = subprocess.run(command, cwd=name, env=environment, capture_output=True, text=True, check=True)
        brought: dict[str, list[list[int]]] = json.loads(done.stdout)
        return brought


def main() -> None:
    """Print tables; keep them where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seeds", type=int, default=30, help="runs on each server from traces; formulas get a fifth"
    )
    parser.add_argument("--only", default="", help="servers whose names hold this text")
    parser.add_argument("--campaign", action="append", type=Path, default=[], help="further traces; repeat")
    parser.add_argument("--against", help="another build: a commit, or the folder of a checkout")
    parser.add_argument("--save", action="store_true", help="keep the figures in results/gate.json")
    parser.add_argument("--as-other", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    further = [path.resolve() for path in arguments.campaign]
    chosen = list(scenarios([*sorted(CAMPAIGNS.glob("*.jsonl")), *further], only=arguments.only))
    if arguments.as_other:
        print(json.dumps({each.name: gate_brings(each, arguments.seeds) for each in chosen}))
        return
    same = ["--seeds", str(arguments.seeds), "--only", arguments.only]
    same += [word for path in further for word in ("--campaign", str(path))]
    other = _of_another_build(arguments.against, same) if arguments.against else {}
    traces = measure_traces(chosen, arguments.seeds, other)
    rows = _measure_formulas(arguments.only, max(2, arguments.seeds // 5))
    if arguments.save:
        more = {"seeds": arguments.seeds, "against": arguments.against, "traces": traces}
        write_results("gate", [asdict(row) for row in rows], more)


def _measure_formulas(only: str, seeds: int) -> list[Row]:
    rows = []
    for server in SERVERS.values():
        for most_in_flight in (8, 64):
            if only in server.name and server.later is None:
                row = measure(server, most_in_flight, seeds)
                rows.append(row)
                print(
                    f"{row.server:30} <={row.most_in_flight:2}  best {row.best_in_flight:2} x {row.best_weight:5}"
                    f" {row.best_goodput:9.0f}/s  after {row.settled_after:3}: {min(row.shares):.2f} {row.shares}"
                    f"  {row.bases}  moves {row.moves}  {row.microseconds_a_landing} us",
                    flush=True,
                )
    return rows


if __name__ == "__main__":
    main()
