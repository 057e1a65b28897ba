"""What a run waits for, as another process learns it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from bulk_importer.events import Event, RunPaused, RunResumed, RunStarted, WindowClosed
from bulk_importer.observe import JsonLog
from bulk_importer.observe.waits import wait_in_log

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
