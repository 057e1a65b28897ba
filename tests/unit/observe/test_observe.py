"""What people and machines see of a run."""

from __future__ import annotations

import io
import json
import resource
import time
from pathlib import Path

import pytest
from msgspec import structs

from bulk_importer.errors import ExitCode
from bulk_importer.events import (
    AnswerCame,
    AnswerMissed,
    BatchDelivered,
    BatchDoubted,
    EntriesRejected,
    Event,
    GateMoved,
    OutageBegan,
    OutageEnded,
    RetryScheduled,
    RunStarted,
    SegmentRead,
    WindowClosed,
    WindowOpened,
)
from bulk_importer.observe import JsonLog, Waiting, progress_for, summary_text
from bulk_importer.spans import Span
from bulk_importer.summary import RunState, Summary, write_summary
from bulk_importer.times import written


def delivered(entries: int) -> BatchDelivered:
    """A batch landed."""
    return BatchDelivered(batch=1, entries=entries, bytes=10, weight=entries, seconds=0.1, in_flight=1)


BEGINNING = RunStarted(
    source="/a/labels.json", size=1000, server="s", project="p", checkpoint="c", settled=0, read=0
)
STORY: list[Event] = [
    BEGINNING,
    SegmentRead(first=0, count=100, offset=0, length=500, accepted=99, rejected=1, skipped=0),
    EntriesRejected(spans=(Span(3, 4),), codes={"not-json": 1}, batch=None),
    delivered(40),
    BatchDoubted(batch=2, entries=5, reason="reset"),
    GateMoved(max_in_flight=2, max_weight=64, reason="trying more in flight"),
]


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_elsewhere_than_on_a_terminal_there_is_a_line_now_and_then() -> None:
    """Every ten seconds, and at once when trouble begins and ends."""
    lines: list[str] = []
    clock = Clock()
    progress = progress_for(io.StringIO(), lines.append, clock)
    for event in STORY:
        progress(event)
    assert lines == []
    clock.now = 10.0
    progress(delivered(40))
    assert len(lines) == 1
    for said in ("80 delivered", "8/s", "1 rejected", "5 in doubt", "left", "2 in flight, weight 64"):
        assert said in lines[0]
    progress(OutageBegan(reason="connection refused"))
    progress(OutageEnded(seconds=3.0))
    assert "connection refused" in lines[1]
    assert "connection refused" not in lines[2]


def test_a_pause_for_the_hours_is_told_until_it_ends() -> None:
    """What lands meanwhile does not hide it."""
    lines: list[str] = []
    clock = Clock()
    progress = progress_for(io.StringIO(), lines.append, clock)
    progress(BEGINNING)
    progress(WindowClosed(hours="22:00-06:00 Europe/Berlin", until="Mon 22:00", after_seconds=600.0))
    progress(delivered(40))
    clock.now = 10.0
    progress(delivered(40))
    progress(WindowOpened(seconds=600.0))
    paused = "paused until Mon 22:00: sends only 22:00-06:00 Europe/Berlin"
    assert [paused in line for line in lines] == [True, True, False]
    progress.close()


MISSED = AnswerMissed(
    server="http://h", reason="it answers 503", has_answered=True, after_seconds=1.0, patience_seconds=3600.0
)


def test_a_wait_for_the_server_is_told_when_it_begins_and_when_it_is_over() -> None:
    """With the time until which it is asked, and the day where that is another one."""
    lines: list[str] = []
    noon = time.mktime((2026, 11, 27, 12, 0, 0, 0, 0, -1))
    waiting = Waiting(lines.append, lambda: noon)
    for event in (*STORY, MISSED, structs.replace(MISSED, patience_seconds=86_400.0)):
        waiting(event)
    waiting(AnswerCame(server="http://h", seconds=5.0))
    assert lines == [
        "http://h does not answer: it answers 503. Asking again until 13:00:00.",
        "http://h does not answer: it answers 503. Asking again until Sat 28 Nov 12:00.",
        "http://h answers.",
    ]


def test_during_an_outage_the_progress_tells_of_it() -> None:
    """What else is asked of the server meanwhile is not told besides; and the progress counts nothing for it."""
    lines: list[str] = []
    clock = Clock()
    progress = progress_for(io.StringIO(), lines.append, clock)
    clock.now = 60.0
    progress(MISSED)
    assert not lines
    waiting = Waiting(lines.append)
    during: list[Event] = [BEGINNING, OutageBegan(reason="gone"), MISSED]
    for event in during:
        waiting(event)
    assert not lines
    after: list[Event] = [OutageEnded(seconds=1.0), MISSED]
    for event in after:
        waiting(event)
    assert len(lines) == 1


def test_what_happens_before_there_is_a_folder_is_logged_when_there_is(tmp_path: Path) -> None:
    """In the order in which it happened, and no more of it than anybody would read."""
    path = tmp_path / "c" / "run.log"
    log = JsonLog(path)
    for number in range(150):
        log(structs.replace(MISSED, reason=str(number)))
    path.parent.mkdir()
    log(BEGINNING)
    log.close()
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [event["event"] for event in events] == ["AnswerMissed"] * 100 + ["RunStarted"]
    assert events[99]["reason"] == "149"


def test_on_a_terminal_there_is_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is taken away at the end."""
    monkeypatch.setenv("COLUMNS", "160")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    progress = progress_for(terminal, lambda _: None, Clock())
    for event in (*STORY, RetryScheduled(batch=1, attempt=1, after_seconds=2.0, reason="429")):
        progress(event)
    progress.close()
    assert "labels.json" in terminal.getvalue()
    assert "again in 2.0 s: 429" in terminal.getvalue()


def test_the_log_holds_a_line_of_json_for_each_event(tmp_path: Path) -> None:
    """With its time and its name."""
    clock = Clock()
    clock.now = 12.3456
    log = JsonLog(tmp_path / "run.log", clock=clock)
    for event in STORY:
        log(event)
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == [type(event).__name__ for event in STORY]
    assert lines[2] == {
        "at": written(12.3456, "milliseconds"),
        "event": "EntriesRejected",
        "spans": [[3, 4]],
        "codes": {"not-json": 1},
        "batch": None,
    }


def test_the_log_keeps_at_most_two_files_of_its_size(tmp_path: Path) -> None:
    """The older one is overwritten."""
    log = JsonLog(tmp_path / "run.log", largest=1000)
    for _ in range(200):
        log(BEGINNING)
    log.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) <= {"run.log", "run.log.1"}
    assert max(sizes.values()) < 1400


def test_a_log_that_cannot_be_written_is_given_up(tmp_path: Path) -> None:
    """The run does not stand on it."""
    log = JsonLog(tmp_path / "nowhere" / "run.log")
    log(BEGINNING)
    log(BEGINNING)
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_a_line_for_which_there_is_no_room_is_not_begun(tmp_path: Path) -> None:
    """Who reads the file finds whole lines only, and a later run goes on behind them."""
    log = JsonLog(tmp_path / "run.log")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (350, before[1]))
    try:
        for _ in range(5):
            log(BEGINNING)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    log.close()
    later = JsonLog(tmp_path / "run.log")
    later(BEGINNING)
    later.close()
    lines = [json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["RunStarted"] * len(lines)
    assert 2 <= len(lines) < 5


def summary(**changes: object) -> Summary:
    """A summary of a run that went well, but for `changes`."""
    facts: dict[str, object] = {
        "state": RunState.COMPLETE,
        "exit_code": 0,
        "entries": 10,
        "delivered": 10,
        "source": "l.json",
        "project": "p",
        "server": "http://s",
        "checkpoint": "l.json.checkpoint",
    }
    return Summary(**{**facts, **changes})  # type: ignore[arg-type]  # names and types are those above


def test_a_report_of_rejections_says_that_later_entries_of_their_media_went() -> None:
    """Their order is what a person who feeds them again has to know."""
    assert "Later entries of the same media were sent all the same" in summary_text(summary(rejected=1))
    assert "Later entries" not in summary_text(summary())


def test_a_summary_is_replaced_whole_and_has_the_keys_of_the_contract(tmp_path: Path) -> None:
    """Programs read it while a run goes on."""
    write_summary(tmp_path, summary(state=RunState.RUNNING))
    write_summary(tmp_path, summary())
    read = json.loads((tmp_path / "summary.json").read_text())
    assert read["state"] == "complete"
    counts = {
        "entries",
        "delivered",
        "rejected",
        "skipped",
        "in_doubt",
        "owed",
        "bytes",
        "seconds",
        "requests",
    }
    assert {"state", "exit_code", "retries", "findings", "source", "project", "server", *counts} <= set(read)
    assert {"retries", "findings", *counts} == set(read["this_run"])
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Complete"),
        ({"rejected": 2, "exit_code": 1}, "rejected.jsonl"),
        ({"in_doubt": 3, "exit_code": 5, "media_in_doubt": list("abcdefg")}, "a, b, c, d, e and 2 more"),
        ({"state": RunState.STOPPED, "exit_code": 130}, "The same command again goes on"),
        ({"exit_code": ExitCode.INPUT}, "up to the break"),
        ({"findings": {"not-json": 12_345}}, "12,345  not-json"),
    ],
)
def test_a_person_is_told_how_it_stands_and_what_to_do(changes: dict[str, object], said: str) -> None:
    """In a few lines."""
    assert said in summary_text(summary(**changes))
