"""What a `run.log` holds is read back, whatever else stands in it."""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path

import msgspec
import pytest

from bulk_importer.events import BatchDelivered, Event, OutageBegan, OutageEnded, RunEnded, RunStarted
from bulk_importer.observe.jsonlog import JsonLog
from bulk_importer.observe.timeline import Course, reading
from bulk_importer.observe.timeline.reading import read_course

STARTED = RunStarted(
    source="a.json", size=9, server="http://s", project="p", checkpoint="cp", settled=0, read=0
)
DELIVERED = BatchDelivered(batch=1, entries=10, bytes=100, weight=20, seconds=0.5, in_flight=2)
NIGHT = [
    STARTED,
    *[DELIVERED] * 30,
    OutageBegan(reason="refused"),
    OutageEnded(seconds=1),
    *[DELIVERED] * 30,
    RunEnded(exit_code=0, state="complete"),
]


def logged(
    folder: Path, events: Sequence[Event], *, began: float = 1_796_000_400, largest: int = 1 << 20
) -> None:
    """Write a log of one process; an event comes each second."""
    now = began

    def clock() -> float:
        nonlocal now
        now += 1
        return now

    log = JsonLog(folder / "run.log", clock=clock, largest=largest)
    for event in events:
        log(event)
    log.close()


def delivered_in(course: Course) -> int:
    """Entries that were delivered."""
    return sum(each.entries for each in course.stretches)


def test_without_a_log_the_course_is_empty(tmp_path: Path) -> None:
    """And not whole: nobody knows what was there. A folder or a pipe of that name is no log."""
    assert read_course(tmp_path) == Course(is_whole=False)
    (tmp_path / "run.log").mkdir()
    os.mkfifo(tmp_path / "run.log.1")
    assert read_course(tmp_path) == Course(is_whole=False)


def test_the_first_hours_are_there_after_the_log_was_replaced_twice(tmp_path: Path) -> None:
    """From the newest file alone."""
    logged(tmp_path, NIGHT)
    whole = read_course(tmp_path)
    (tmp_path / "b").mkdir()
    logged(tmp_path / "b", NIGHT, largest=2000)
    assert (tmp_path / "b" / "run.log").stat().st_size < (tmp_path / "run.log").stat().st_size / 2
    (tmp_path / "b" / "run.log.1").unlink()
    assert read_course(tmp_path / "b") == whole
    assert whole.is_whole
    assert delivered_in(whole) == 600


def test_a_run_that_follows_begins_with_what_the_log_holds(tmp_path: Path) -> None:
    """The lines of the run before are read when the log is replaced in this one."""
    logged(tmp_path, NIGHT[:20])
    logged(tmp_path, NIGHT, began=1_796_004_000, largest=9000)
    first = msgspec.json.decode((tmp_path / "run.log").read_bytes().splitlines()[0])
    assert first["event"] == "TimelineKept"
    assert delivered_in(read_course(tmp_path)) == 190 + 600


def test_a_crash_while_the_log_is_replaced_loses_nothing(tmp_path: Path) -> None:
    """The file is moved, and the new one is not there, or has half of its first line; so is one of an older version."""
    logged(tmp_path, NIGHT)
    whole = read_course(tmp_path)
    log, older = tmp_path / "run.log", tmp_path / "run.log.1"
    log.rename(older)
    assert read_course(tmp_path) == whole
    log.write_bytes(b'{"at": "2026-11-27T2')
    assert read_course(tmp_path) == whole
    with log.open("ab") as file:
        file.write(b"\n")
    logged(tmp_path, NIGHT, began=1_796_004_000, largest=9000)
    assert delivered_in(read_course(tmp_path)) == 1200


def test_a_disk_that_is_full_when_the_log_is_replaced_loses_nothing_before(tmp_path: Path) -> None:
    """The file before is there, and nothing stands in the new one; the run does not stand on either."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        logged(tmp_path, [STARTED, *[NIGHT[-1]] * 50], largest=2600)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "run.log").read_bytes() == b""
    lines = (tmp_path / "run.log.1").read_bytes().splitlines()
    assert len(read_course(tmp_path).marks) == len(lines) > 20
    logged(tmp_path, NIGHT, began=1_796_004_000)
    assert delivered_in(read_course(tmp_path)) == 600


def test_what_is_no_line_of_ours_is_passed_over(tmp_path: Path) -> None:
    """Half a line, an event of another version, values that no event has, a file of another kind."""
    logged(tmp_path, NIGHT[:31])
    with (tmp_path / "run.log").open("ab") as file:
        file.write(
            b'{"at": "2026-11-27T22:00:00+00:00", "event": "FromTheFuture", "entries": 9}\n'
            b'{"at": "2026-11-27T22:00:00+00:00", "event": "BatchDelivered", "entries": "many"}\n'
            b'{"at": "yesterday", "event": "OutageBegan", "reason": "r"}\n'
            b'{"at": "2026-11-27T22:00:00", "event": "OutageBegan", "reason": "r"}\n'
            b'{"event": "OutageBegan", "reason": "r"}\n'
            b'{"at": "2026-11-27T22:00:00+00:00", "event": "TimelineKept", "timeline": {}}\n'
            b'[]\n\xff\xfe\x00\n{"at": "2026-11-27T22:0'
        )
    course = read_course(tmp_path)
    assert delivered_in(course) == 300
    assert course.quiet == ()
    (tmp_path / "run.log").write_bytes(bytes(range(256)) * 4096)
    assert read_course(tmp_path) == Course(is_whole=False)


def test_a_line_that_has_no_end_is_not_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file of another kind."""
    monkeypatch.setattr(reading, "_LONGEST_LINE", 1000)
    (tmp_path / "run.log").write_bytes(b"x" * 10_500 + b"\n")
    logged(tmp_path, NIGHT)
    assert delivered_in(read_course(tmp_path)) == 600


def test_a_log_that_is_moved_while_it_is_opened_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on while its status is looked at."""
    logged(tmp_path, NIGHT)
    whole = read_course(tmp_path)
    opened = reading._opened

    def moving(path: Path, *others: ExitStack) -> BufferedReader | None:
        file = opened(path, *others)
        if path.name == "run.log" and not (tmp_path / "run.log.1").exists():
            path.rename(tmp_path / "run.log.1")
        return file

    monkeypatch.setattr(reading, "_opened", moving)
    assert read_course(tmp_path) == whole


def test_moments_may_stand_in_any_zone(tmp_path: Path) -> None:
    """The machine may have been elsewhere."""
    (tmp_path / "run.log").write_text(
        '{"at": "2026-11-27T22:00:00.000+00:00", "event": "OutageBegan", "reason": "r"}\n'
        '{"at": "2026-11-27T23:00:01.000+01:00", "event": "OutageEnded", "seconds": 1}\n'
    )
    (quiet,) = read_course(tmp_path).quiet
    assert quiet.until == quiet.at + 1
