"""What a run waits for, as another process learns it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from bulk_importer.events import Event, LimitsChanged, RunPaused, RunResumed, RunStarted, WindowClosed
from bulk_importer.observe import JsonLog
from bulk_importer.observe.waits import limited_in_log, wait_in_log
from bulk_importer.steering import Limits

STARTED = RunStarted(source="a.json", size=1, server="s", project="p", checkpoint="c", settled=0, read=0)
CLOSED = WindowClosed(hours="22:00-06:00", until="Mon 22:00", after_seconds=60)
PAUSED = RunPaused(by="ana")
RESUMED = RunResumed(by="ben", seconds=61.2)


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ([PAUSED], "paused"),
        ([CLOSED, PAUSED], "paused"),
        ([PAUSED, CLOSED, RESUMED], "hours"),
        ([PAUSED, RESUMED], ""),
        ([PAUSED, STARTED], ""),
    ],
)
def test_another_process_learns_from_the_log_that_a_run_is_paused(
    events: list[Event], what: str, tmp_path: Path
) -> None:
    """A pause comes before the hours; a new run begins without one."""
    with closing(JsonLog(tmp_path / "run.log")) as log:
        for event in [STARTED, *events]:
            log(event)
    wait = wait_in_log(tmp_path)
    assert (wait.what if wait else "") == what
    if what == "paused":
        assert wait is not None
        assert wait.reason == "ana paused it"


def test_what_a_run_waits_for_is_known_when_its_log_was_replaced_since(tmp_path: Path) -> None:
    """The line that says so may be the last one of the file before."""
    with closing(JsonLog(tmp_path / "run.log", largest=230)) as log:
        for event in [STARTED, PAUSED]:
            log(event)
    assert b"RunPaused" not in (tmp_path / "run.log").read_bytes().splitlines()[-1]
    wait = wait_in_log(tmp_path)
    assert wait is not None
    assert wait.what == "paused"


LIMITED = LimitsChanged(
    by="ana",
    max_in_flight=2,
    requests_per_second=None,
    entries_per_second=1.5,
    bytes_per_second=None,
    is_as_started=False,
)
LIMITS = Limits(max_in_flight=2, entries_per_second=1.5)


@pytest.mark.parametrize(
    ("events", "limits"),
    [
        ([], None),
        ([LIMITED], LIMITS),
        ([LIMITED, PAUSED, RESUMED], LIMITS),
        (
            [LIMITED, structs.replace(LIMITED, max_in_flight=1)],
            Limits(max_in_flight=1, entries_per_second=1.5),
        ),
        ([LIMITED, structs.replace(LIMITED, is_as_started=True)], None),
        ([LIMITED, STARTED], None),
    ],
)
@pytest.mark.parametrize("largest", [1 << 20, 300])
def test_another_process_learns_from_the_log_who_limited_a_run(
    events: list[Event], limits: Limits | None, largest: int, tmp_path: Path
) -> None:
    """However long ago, as long as it is kept; a source cannot claim it by its name."""
    odd = structs.replace(STARTED, source='"event":"LimitsChanged","by":"eve","is_as_started":false')
    with closing(JsonLog(tmp_path / "run.log", largest=largest)) as log:
        for event in [odd, *events]:
            log(event)
    limited = limited_in_log(tmp_path)
    assert (limited.limits if limited else None) == limits
    assert limited is None or limited.by == "ana"
