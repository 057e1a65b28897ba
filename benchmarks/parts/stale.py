"""Names results that are older than the code that they measure; ends with 1 if there are any.

    python -m benchmarks.parts.stale

No test, which would fail after each change: it is for whoever is about to quote a number.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.parts.measuring import RESULTS, git

__all__ = ["MEASURED_ROOMS", "changes_since"]

MEASURED_ROOMS = {
    "beside": ("",),
    "check": ("intake", "labels", "media", "pipeline/check", "sources"),
    "cost_model": ("sandbox/faults",),
    "fleet/plan": ("distributed/planning", "intake", "pipeline/check"),
    "fleet/workers": ("distributed", "intake", "transfer"),
    "formats": ("formats", "pipeline/conversion", "sources"),
    "gate": ("transfer/adaptive",),
    "import": ("",),
    "import-500MB": ("",),
    "intake": ("intake", "labels", "machine", "sources"),
    "log": ("checkpoint", "files"),
    "reading": ("backups", "datagym", "migration"),
    "runs/watching": ("cli/watching", "observe", "steering"),
    "transfer": ("checkpoint", "datagym", "packing", "pipeline", "transfer"),
    "validation": ("intake/validation", "labels", "media"),
}
"""The rooms of the package that each result measures; empty for all of it."""


def changes_since(commit: str, rooms: tuple[str, ...]) -> int | None:
    """How many commits after `commit` changed one of `rooms`; None where this history does not hold it."""
    places = [f"bulk_importer/{room}" for room in rooms]
    try:
        return int(git("rev-list", "--count", f"{commit}..HEAD", "--", *places))
    except subprocess.CalledProcessError:
        return None


def main() -> int:
    """Print a line for each result that is stale."""
    found = 0
    for name, rooms in MEASURED_ROOMS.items():
        stamp = json.loads((RESULTS / f"{name}.json").read_text())["measured"]
        changes = changes_since(stamp["commit"], rooms)
        if changes != 0:
            found = 1
            since = (
                "which is not in this history" if changes is None else f"changed by {changes} commits since"
            )
            print(f"{name}: measured {stamp['date']} of {stamp['commit']}, {since}")
    return found


if __name__ == "__main__":
    sys.exit(main())
