"""What was measured says of which commit, on what machine and when."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.parts.stale import MEASURED_ROOMS
from support.places import TOP

RESULTS = TOP / "benchmarks" / "results"
MEASURED = {path.relative_to(RESULTS).with_suffix("").as_posix(): path for path in RESULTS.rglob("*.json")}


def test_results_are_json_and_charts() -> None:
    """A text of figures has no place for where they come from; a chart stands beside the figures it shows."""
    assert {path.suffix for path in RESULTS.iterdir() if path.is_file()} == {".json"}
    assert not [
        chart.stem
        for chart in (RESULTS / "charts").iterdir()
        if not (RESULTS / f"{chart.stem}.json").exists()
    ]


@pytest.mark.parametrize("path", MEASURED.values(), ids=MEASURED)
def test_a_result_is_stamped(path: Path) -> None:
    """As `benchmarks.parts.measuring` does; a commit with changes that were not committed is no commit."""
    measured = json.loads(path.read_text())["measured"]
    assert re.fullmatch(r"[0-9a-f]{12,40}", measured["commit"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", measured["date"])
    assert measured["cpu"]
    assert measured["cores"] > 0
    assert re.fullmatch(r"3\.\d+\.\d+", measured["python"])


def test_every_result_says_which_rooms_it_measures() -> None:
    """So that `benchmarks.parts.stale` can tell when they have changed since."""
    assert MEASURED_ROOMS.keys() == MEASURED.keys()
    rooms = {room for measured in MEASURED_ROOMS.values() for room in measured}
    assert [room for room in rooms if not (TOP / "bulk_importer" / room).is_dir()] == []
