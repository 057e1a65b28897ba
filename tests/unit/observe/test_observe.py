"""What people and machines see of a run."""

from __future__ import annotations

import json
import resource
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bulk_importer.errors import ExitCode
from bulk_importer.events import (
    Advanced,
    AnswerCame,
    AnswerMissed,
    BatchDelivered,
    BatchDoubted,
    DoubtsAwaited,
    DoubtsEnded,
    EntriesRejected,
    Event,
    GateMoved,
    OutageBegan,
    OutageEnded,
    RetryScheduled,
    RunEnded,
    RunStarted,
    SegmentRead,
    SourceEnded,
    StopRequested,
    WindowClosed,
    WindowOpened,
)
from bulk_importer.levels import Level
from bulk_importer.observe import (
    Drawing,
    JsonLines,
    JsonLog,
    MovingLine,
    PlainLines,
    SilentServerNotice,
    finding_lines,
    summary_text,
)
from bulk_importer.observe.line import fitted
from bulk_importer.observe.parts import Part
from bulk_importer.spans import Span
from bulk_importer.summary import Books, RunState, Summary, Tally
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


def plain_lines(clock: Clock, level: Level = Level.INFO) -> tuple[PlainLines, list[str]]:
    """Progress as in a pipe, and the lines that it wrote."""
    lines: list[str] = []
    now = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    return PlainLines(lambda text, _: lines.append(text), level=level, clock=clock, now=lambda: now), lines


def test_elsewhere_than_on_a_terminal_there_is_a_line_now_and_then() -> None:
    """Every ten seconds with time, percent and total, and at once when trouble begins and ends."""
    clock = Clock()
    progress, lines = plain_lines(clock)
    for event in STORY:
        progress(event)
    assert [line for line in lines if "lost" not in line] == []
    lines.clear()
    clock.now = 10.0
    progress(delivered(40))
    assert len(lines) == 1
    assert lines[0].startswith("2026-11-27T10:00:00+00:00 40%; 8.1/s; ")
    for said in ("81 of about 200 entries", "1 rejected", "5 unconfirmed", "left", "labels.json"):
        assert said in lines[0]
    assert "in flight" not in lines[0]
    progress(OutageBegan(reason="connection refused"))
    progress(OutageEnded(seconds=3.0))
    assert "connection refused" in lines[1]
    assert "connection refused" not in lines[2]


def test_the_clock_goes_on_when_nothing_comes() -> None:
    """A server that is silent is seen to be silent."""
    clock = Clock()
    progress, lines = plain_lines(clock)
    progress(BEGINNING)
    progress(OutageBegan(reason="connection refused"))
    for clock.now in (9.0, 65.0):
        progress.tick()
    assert len(lines) == 2
    assert "waiting for server; 1 min 05 s" in lines[1]


def test_a_run_of_a_night_does_not_fill_its_log() -> None:
    """After ten minutes a line comes once a minute."""
    clock = Clock()
    progress, lines = plain_lines(clock)
    progress(BEGINNING)
    for second in range(3600):
        clock.now = float(second)
        progress.tick()
    assert 100 < len(lines) < 120


def test_the_last_line_says_how_it_ended() -> None:
    """However short the run was."""
    clock = Clock()
    progress, lines = plain_lines(clock)
    progress(BEGINNING)
    progress(SegmentRead(first=0, count=40, offset=0, length=990, accepted=40, rejected=0, skipped=0))
    progress(SourceEnded(total=40))
    progress(delivered(40))
    progress(RunEnded(exit_code=0, state="complete"))
    assert len(lines) == 1
    assert " 100%; 40 of 40 entries; labels.json" in lines[0]


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (Level.WARNING, ["The answer"]),
        (Level.INFO, ["The answer"]),
        (Level.DEBUG, ["Rejected 1 entry", "The answer", "2 in flight, weight 64"]),
    ],
)
def test_how_much_is_told_is_a_matter_of_the_level(level: Level, told: list[str]) -> None:
    """The moves of the gate are told to those who ask for every move."""
    progress, lines = plain_lines(Clock(), level)
    for event in STORY:
        progress(event)
    assert len(lines) == len(told)
    assert all(said in line for said, line in zip(told, lines, strict=True))


def test_a_pause_for_the_hours_is_told_until_it_ends() -> None:
    """What lands meanwhile does not hide it."""
    clock = Clock()
    progress, lines = plain_lines(clock)
    progress(BEGINNING)
    progress(WindowClosed(hours="22:00-06:00 Europe/Berlin", until="Mon 22:00", after_seconds=600.0))
    progress(delivered(40))
    clock.now = 10.0
    progress(delivered(40))
    progress(WindowOpened(seconds=600.0))
    assert ["aused until Mon 22:00" in line for line in lines] == [True, True, False]
    assert all("22:00-06:00 Europe/Berlin" in line for line in lines[:2])
    progress.close()


MISSED = AnswerMissed(
    server="http://h", reason="it answers 503", has_answered=True, after_seconds=1.0, patience_seconds=3600.0
)


def test_a_wait_for_the_server_is_told_when_it_begins_and_when_it_is_over() -> None:
    """With the time until which it is asked, and the day where that is another one."""
    lines: list[str] = []
    noon = time.mktime((2026, 11, 27, 12, 0, 0, 0, 0, -1))
    waiting = SilentServerNotice(lambda line, _: lines.append(line), lambda: noon)
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
    progress, lines = plain_lines(clock)
    clock.now = 60.0
    progress(MISSED)
    assert not lines
    waiting = SilentServerNotice(lambda line, _: lines.append(line))
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


class Screen:
    """A terminal of so many columns: what stands at its bottom, and what was written above."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.line = ""
        self.above: list[str] = []
        self.clock = Clock()
        self.progress = MovingLine(
            self._show,
            lambda text, _: self.above.append(text),
            lambda: self.columns,
            Drawing(),
            clock=self.clock,
        )

    def _show(self, text: str) -> None:
        self.line = text

    def after(self, *events: Event, seconds: float = 10.0) -> str:
        """The line when these have happened and so much time has passed."""
        for event in events:
            self.progress(event)
        self.clock.now += seconds
        self.progress.tick()
        return self.line


def test_on_a_terminal_there_is_one_line_that_moves() -> None:
    """And it is taken away at the end."""
    screen = Screen(160)
    line = screen.after(
        *STORY, RetryScheduled(batch=1, attempt=1, after_seconds=2.0, reason="it answers 429")
    )
    assert line.startswith(" 20% ━━")
    assert line.endswith("41 of about 200 entries · it answers 429 · labels.json")
    screen.progress.close()
    assert screen.line == ""
    screen.progress.tick()
    assert screen.line == ""


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_what_matters_stands_first_at_any_width(columns: int) -> None:
    """Percent, rate and time left, or what it waits for; nothing is wider than the terminal."""
    screen = Screen(columns)
    line = screen.after(*STORY)
    assert line.startswith(" 20%")
    for said in ("4.1/s", "38 s left"):
        assert said in line
    assert len(line) < columns
    line = screen.after(OutageBegan(reason="connection refused"), seconds=3700.0)
    assert "waiting for server · 1 h 01 min" in line
    assert "left" not in line
    assert len(line) < columns
    line = screen.after(StopRequested(reason="stopped by SIGINT", grace_seconds=8.0), seconds=1.0)
    assert "stopping · 7 s at most" in line
    assert len(line) < columns


@given(columns=st.integers(1, 200), counts=st.lists(st.integers(0, 10**9), min_size=4, max_size=4))
def test_no_number_is_ever_cut(columns: int, counts: list[int]) -> None:
    """It is there whole, or not at all."""
    parts = [Part(f"{count:,} things") for count in counts] + [Part("a long text of words", may_shrink=True)]
    line = fitted(parts, columns, Drawing(), percent=50)
    assert len(line) <= columns
    whole = {part.text for part in parts}
    shown = [each.removesuffix(" ━━━━━━╌╌╌╌╌╌") for each in line.split(" · ") if each]
    assert all(each in whole or (each.endswith("…") and each.startswith("a long")) for each in shown)


def test_names_that_are_wide_or_would_move_the_cursor_do_no_harm() -> None:
    """A character of the far east takes two columns; an escape sequence is shown as a question mark."""
    assert fitted([Part("標籤標籤標籤.json", may_shrink=True)], 12, Drawing()) == "標籤標籤標…"
    assert fitted([Part("a\x1b[2Jb\n.json", may_shrink=True)], 40, Drawing()) == "a?[2Jb?.json"
    assert "·" not in fitted([Part("a"), Part("b")], 40, Drawing(is_ascii=True))


def test_what_was_settled_before_counts_and_is_told_apart() -> None:
    """A run that resumes begins where the one before ended, and not what was rejected then is rejected now."""
    screen = Screen(120)
    line = screen.after(
        RunStarted(
            source="l.json",
            size=1000,
            server="s",
            project="p",
            checkpoint="c",
            settled=50,
            read=100,
            rejected=2,
            total=100,
        ),
        SegmentRead(first=0, count=100, offset=0, length=1000, accepted=98, rejected=2, skipped=0),
    )
    assert line.startswith(" 50%")
    assert "2 rejected" in line
    assert "50 of 100 entries" in line


def test_the_rate_is_that_of_the_last_minute() -> None:
    """What was fast an hour ago says nothing about the rest."""
    screen = Screen(120)
    screen.after(*STORY[:2], delivered(60))
    for _ in range(70):
        screen.after(seconds=1.0)
    assert " 0/s" in screen.line
    assert "2.0/s" in screen.after(delivered(120), seconds=60.0)


def test_of_what_is_packed_the_packed_bytes_count() -> None:
    """Those that it unpacks to are more than the file has."""
    screen = Screen(120)
    line = screen.after(
        BEGINNING,
        SegmentRead(
            first=0, count=100, offset=0, length=90_000, accepted=100, rejected=0, skipped=0, behind=250
        ),
        delivered(100),
    )
    assert line.startswith(" 25%")
    assert "100 of about 400 entries" in line


def test_lost_answers_are_waited_for_aloud() -> None:
    """And are counted until it is known what became of them."""
    screen = Screen(120)
    line = screen.after(*STORY, DoubtsAwaited(entries=5, seconds=30.0), seconds=5.0)
    assert "waiting to learn about 5 unconfirmed · 25 s at most" in line
    screen.after(DoubtsEnded(batch=2, entries=5, delivered=True))
    assert "5 rejected" not in screen.line
    assert "46 of about 200" in screen.line


def test_other_long_work_has_the_same_line() -> None:
    """A check, a proof, a list of media."""
    screen = Screen(120)
    checking = [
        Advanced(
            work="checking l.json",
            done=done,
            total=4_000_000,
            unit="bytes",
            beside={"rejected": 3, "entries": 70},
        )
        for done in (0, 1_000_000)
    ]
    line = screen.after(*checking)
    assert line.startswith(" 25%")
    assert "100 kB/s · 30 s left · 3 rejected · 70 entries · 1.0 MB of 4.0 MB · checking l.json" in line


def test_for_programs_each_line_is_an_object() -> None:
    """Events by their names, and now and then how far it is; what comes many times a second is left out."""
    clock = Clock()
    told: list[tuple[dict[str, object], Level]] = []
    progress = JsonLines(lambda facts, level: told.append((facts, level)), clock=clock)
    for event in STORY:
        progress(event)
    clock.now = 10.0
    progress.tick()
    assert [facts["event"] for facts, _ in told] == ["RunStarted", "BatchDoubted", "Progress"]
    assert told[1][1] is Level.WARNING
    facts = told[2][0]
    assert (facts["percent"], facts["total"], facts["is_total_exact"]) == (20, 200, False)
    assert (facts["delivered"], facts["rejected"], facts["in_doubt"]) == (40, 1, 5)


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
    """The older one is overwritten, and what its lines added up to stands in the first line of the newer one."""
    log = JsonLog(tmp_path / "run.log", largest=1000)
    for _ in range(200):
        log(BEGINNING)
    log.close()
    logs = {path.name: path.read_bytes().splitlines(keepends=True) for path in tmp_path.iterdir()}
    assert set(logs) <= {"run.log", "run.log.1"}
    for kept, *lines in logs.values():
        assert json.loads(kept)["event"] == "TimelineKept"
        assert sum(map(len, lines)) < 1400


def test_what_only_moves_is_not_logged(tmp_path: Path) -> None:
    """A list of a million media would fill the log."""
    log = JsonLog(tmp_path / "run.log")
    log(Advanced(work="listing", done=1, total=2, unit="media"))
    log.close()
    assert list(tmp_path.iterdir()) == []


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


def lines_of(**changes: object) -> list[str]:
    """What a person reads of such a summary, line by line."""
    return summary_text(summary(this_run=Tally(entries=10), **changes)).splitlines()


def test_the_name_of_a_source_is_said_as_it_is() -> None:
    """Also where a sentence begins with it."""
    lines = lines_of(state=RunState.FAILED, exit_code=3, message="broken.json is malformed at byte 7.")
    assert "  broken.json is malformed at byte 7." in lines


def test_what_came_of_a_run_begins_with_whether_it_worked_and_from_where_to_where() -> None:
    """Then why it did not, the counts, what was found, and what to do."""
    lines = lines_of(
        state=RunState.FAILED,
        exit_code=6,
        entries=2000,
        delivered=1001,
        rejected=1,
        owed=998,
        source="-",
        project_name="streets",
        message="the server is away.",
        media_delivered=1001,
        media_undelivered=12,
        media_without_entry=0,
        findings={"not-json": 1, "class-case": 1002},
        severities={"not-json": "error", "class-case": "warning"},
    )
    assert lines == [
        "Failed: 1,001 of 2,000 entries delivered, 1 rejected, 998 not sent yet",
        "  standard input -> project streets at http://s",
        "  The server is away.",
        "",
        "  entries            2,000",
        "  delivered          1,001",
        "  rejected               1",
        "  not sent yet         998",
        "  media              1,001 with labels from this source",
        "                        12 with an entry, but none delivered",
        "",
        "  What was found ('bulk-importer explain CODE' says what a code means):",
        "  error                  1 x not-json",
        "  warning            1,002 x class-case",
        "",
        "  Rejected entries, and why: l.json.checkpoint/rejected.jsonl",
        "  To send them again, fix them in a copy of that file, and run",
        "      bulk-importer retry l.json.checkpoint CORRECTED.jsonl",
        "  The same command again resumes where this run stopped.",
    ]


def test_where_all_went_well_only_that_is_said() -> None:
    """What applies to other runs is left out, and so are notes that say nothing is amiss."""
    omitted = {"classification-omitted": 100_005}
    assert lines_of(findings=omitted, severities={"classification-omitted": "note"}) == [
        "Complete: all 10 entries are delivered",
        "  l.json -> project p at http://s",
        "",
        "  entries               10",
        "  delivered             10",
        "",
        "  Checkpoint: l.json.checkpoint",
    ]
    assert lines_of(entries=1, delivered=1)[0] == "Complete: the entry is delivered"


def books(left: int, findings: dict[str, int], *, is_complete: bool) -> Books:
    """What became of 12 labels of another tool."""
    return Books(
        format="coco",
        pictures=10,
        entries=10,
        read={"car": 9, "": 3},
        carried={"car": 9, "": 3 - left} if left < 3 else {"car": 9},
        left_behind={"": left} if left else {},
        findings=findings,
        reasons={},
        is_complete=is_complete,
    )


def test_the_account_of_a_conversion_stands_in_the_summary() -> None:
    """By class, and why; what was left behind is said first, as that asks for exit code 1."""
    found = {"shape-hole": 1, "annotation-broken": 2}
    lines = lines_of(exit_code=1, conversion=books(3, found, is_complete=False))
    assert lines[0] == "Complete: all 10 entries are delivered, but 3 objects of the source left behind"
    assert lines[5:9] == [
        "  objects               12 in the source (coco)",
        "  carried                9: car 9",
        "  left behind            3: (no class) 3",
        "  because                3 findings: annotation-broken 2, shape-hole 1",
    ]
    lines = lines_of(exit_code=1, conversion=books(0, {"attribute-unmapped": 4}, is_complete=False))
    assert lines[0] == "Complete: all 10 entries are delivered, but not all that is said of them"
    lines = lines_of(conversion=books(0, {}, is_complete=True))
    assert lines[:1] + lines[5:7] == [
        "Complete: all 10 entries are delivered",
        "  objects               12 in the source (coco)",
        "  carried               12: car 9, (no class) 3",
    ]


def test_where_nothing_was_left_to_send_that_is_said_first() -> None:
    assert summary_text(summary()).startswith(
        "Already complete; nothing was sent: all 10 entries are delivered"
    )


def test_errors_come_before_warnings_and_notes_are_one_line() -> None:
    """The most frequent first; what is denied is an error, whatever it is by default."""
    findings = {"a": 2, "b": 3, "c": 9, "d": 1000, "e": 7, "classification-omitted": 5}
    severities = dict(zip("abcde", ["error", "error", "warning", "note", "note"], strict=True))
    assert list(finding_lines(findings, {**severities, "classification-omitted": "error"})) == [
        "  error                  5 x classification-omitted",
        "  error                  3 x b",
        "  error                  2 x a",
        "  warning                9 x c",
        "  notes        1,000 x d, 7 x e",
    ]


def test_many_codes_are_cut_to_those_that_matter_most() -> None:
    """A screen has 24 lines."""
    findings = {f"code-{number:02}": number for number in range(1, 13)}
    lines = list(finding_lines(findings, dict.fromkeys(findings, "warning")))
    assert (lines[0].split()[-1], len(lines)) == ("code-12", 11)
    assert lines[-1] == "  and 2 more codes; summary.json has all"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Complete"),
        ({"rejected": 2, "exit_code": 1}, "rejected.jsonl"),
        ({"delivered": 0, "rejected": 10, "exit_code": 1}, "Nothing delivered: 0 of 10 entries delivered"),
        ({"in_doubt": 3, "exit_code": 5, "media_in_doubt": list("abcdefg")}, "a, b, c, d, e and 2 more"),
        ({"state": RunState.STOPPED, "exit_code": 130}, "The same command again resumes"),
        ({"exit_code": ExitCode.INPUT}, "up to the break"),
        ({"in_doubt": 1, "exit_code": 5}, "The answers to 1 entry were lost"),
    ],
)
def test_a_person_is_told_how_it_stands_and_what_to_do(changes: dict[str, object], said: str) -> None:
    """In a few lines."""
    assert said in "\n".join(lines_of(**changes))
