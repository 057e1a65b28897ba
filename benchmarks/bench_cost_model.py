"""Prints what the cost model makes of each setting beside what was measured on a real server.

    python -m benchmarks.bench_cost_model [--cost-model FILE.toml] [--seconds 600] [--save]

A closed loop: so many requests in flight, each sent again as soon as it is answered, for entries of 65 rows
(protocol 5.1), in simulated time. The ratios count, not the figures: the measured server shared its two
cores with its client on a noisy machine.
"""

from __future__ import annotations

import argparse
import random

from benchmarks.parts.measuring import write_results
from bulk_importer.sandbox.faults.cost_model import CostModel, read_cost_model
from bulk_importer.sandbox.faults.machine import Fate, Machine, MachineJob

_ROWS = 65
# Entries a second (and share of deadlocks in %), as measured; None: not measured.
_MEASURED: dict[tuple[int, int], tuple[str, str]] = {
    (50, 1): ("4.6 to 7.3", "1.8 to 5.6"),
    (25, 1): ("6", "2.7"),
    (10, 1): ("14 to 19", "4 to 6"),
    (5, 1): ("10", "3 to 5"),
    (1, 1): ("6 to 25", "2 to 12"),
    (1, 2): ("23", "21 to 26"),
    (2, 2): ("16", "11 to 30"),
    (5, 2): ("29", "6 to 23 (0 to 3 %)"),
    (10, 2): ("32 to 68", "9 to 21 (17 to 20 %)"),
    (25, 2): ("20", "3 (50 %)"),
    (50, 2): ("9", "4 (50 %)"),
    (1, 4): ("27", "14 to 26 (0 to 2 %)"),
    (2, 4): ("18", "14 to 27"),
    (5, 4): ("25", "14 (17 %)"),
    (10, 4): ("26 to 60", "4 to 16 (42 to 62 %)"),
    (25, 4): ("13 to 32", "4 (75 %)"),
    (1, 8): ("13", "17 to 23 (0 to 7 %)"),
    (2, 8): ("16 to 53", "16 to 18 (0 to 47 %)"),
    (5, 8): ("39", "13 (31 to 74 %)"),
    (10, 8): ("21 to 55", "5 to 6 (69 to 88 %)"),
    (200, 1): ("", "2.3"),
}


def simulate(
    model: CostModel, entries: int, in_flight: int, *, replaces: bool, seconds: float
) -> tuple[float, float]:
    """Entries a second and share of deadlocked requests of one setting."""
    machine = Machine(model, random.Random(7).random)
    rows = model.effective_rows(entries * _ROWS, entries * _ROWS if replaces else 0)
    now, ended, delivered = 0.0, 0, 0
    for _ in range(in_flight):
        machine.admit(MachineJob(rows, model.seconds(rows), replaces), now)
    while now < seconds or ended < 30:
        due = machine.next_event()
        assert due is not None
        now = due
        for job in machine.advance(now):
            ended += 1
            delivered += entries if job.fate is Fate.DONE else 0
            machine.admit(MachineJob(rows, model.seconds(rows), replaces), now)
    return delivered / now, 1 - delivered / (ended * entries)


def main() -> None:
    """Print the table, then how far the setting of the official client is behind the best."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cost-model", default="measured", metavar="FILE.toml")
    parser.add_argument(
        "--seconds", type=float, default=600.0, help="simulated seconds a setting (default: 600)"
    )
    parser.add_argument("--save", action="store_true", help="keep the figures in results/cost_model.json")
    arguments = parser.parse_args()
    model = read_cost_model(arguments.cost_model)
    alone = ", ".join(f"{count}: {model.seconds(count * _ROWS):.2f} s" for count in (1, 10, 25, 50))
    print(f"one request alone, by entries: {alone}\n")
    print(f"{'entries x in flight':>20}  {'fresh':>7}  {'measured':>12}  {'replacing':>14}  measured")
    rows: list[dict[str, object]] = []
    best = {True: 0.0, False: 0.0}
    slow = {True: 0.0, False: 0.0}
    for (entries, in_flight), measured in _MEASURED.items():
        told = []
        for replaces in (False, True):
            rate, lost = simulate(model, entries, in_flight, replaces=replaces, seconds=arguments.seconds)
            best[replaces] = max(best[replaces], rate)
            slow[replaces] = rate if (entries, in_flight) == (50, 1) else slow[replaces]
            rows.append(
                {
                    "entries": entries,
                    "in_flight": in_flight,
                    "replaces": replaces,
                    "entries_a_second": round(rate, 1),
                    "deadlocked": round(lost, 3),
                    "measured": measured[replaces],
                }
            )
            told.append(f"{rate:.1f}" + (f" ({lost:.0%})" if replaces and lost > 0.004 else ""))
        print(
            f"{entries:>13} x {in_flight:<4}  {told[0]:>7}  {measured[0]:>12}  {told[1]:>14}  {measured[1]}"
        )
    print(
        f"\nbest to 50 x 1: fresh {best[False] / slow[False]:.1f}, replacing {best[True] / slow[True]:.1f} (6 to 16)"
    )
    if arguments.save:
        write_results("cost_model", rows, {"cost_model": arguments.cost_model, "seconds": arguments.seconds})


if __name__ == "__main__":
    main()
