"""How near the gate comes to the best fixed setting, on each simulated server: `python -m benchmarks.bench_gate`."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass

from benchmarks.parts.gate_servers import SERVERS, Server, best_fixed, goodput, simulate
from benchmarks.parts.measuring import write_results
from bulk_importer.transfer.adaptive.gate import Bounds, Gate

__all__ = ["Row", "main", "measure"]


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


def main() -> None:
    """Print a table; keep it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--save", action="store_true", help="keep the figures in results/gate.json")
    arguments = parser.parse_args()
    rows = []
    for server in SERVERS.values():
        for most_in_flight in (8, 64):
            if arguments.only in server.name and server.later is None:
                row = measure(server, most_in_flight, arguments.seeds)
                rows.append(row)
                print(
                    f"{row.server:30} <={row.most_in_flight:2}  best {row.best_in_flight:2} x {row.best_weight:5}"
                    f" {row.best_goodput:9.0f}/s  after {row.settled_after:3}: {min(row.shares):.2f} {row.shares}"
                    f"  {row.bases}  moves {row.moves}  {row.microseconds_a_landing} us",
                    flush=True,
                )
    if arguments.save:
        write_results("gate", [asdict(row) for row in rows], {"seeds": arguments.seeds})


if __name__ == "__main__":
    main()
