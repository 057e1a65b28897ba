"""The course of a run tells what happened when, in bounded space, whatever the length of the run."""

from __future__ import annotations

import msgspec
import pytest

from bulk_importer.events import (
    Advanced,
    BatchDelivered,
    BatchDoubted,
    BatchRefused,
    BatchSealed,
    DoubtsAwaited,
    DoubtsEnded,
    EntriesRejected,
    Event,
    GateMoved,
    LimitsChanged,
    OutageBegan,
    OutageEnded,
    ReplacementForeseen,
    RetryScheduled,
    RunEnded,
    RunPaused,
    RunResumed,
    RunStarted,
    SegmentRead,
    SourceEnded,
    StopRequested,
    WindowClosed,
    WindowOpened,
)
from bulk_importer.observe.timeline import Course, Quiet, Timeline
from bulk_importer.observe.timeline.moments import MOST
from bulk_importer.spans import Span

NOON = 1_796_000_400.0
STARTED = RunStarted(
    source="/in/a.json", size=9, server="http://s", project="p", checkpoint="cp", settled=0, read=0
)
ENDED = RunEnded(exit_code=0, state="complete")


def delivered(entries: int = 10, seconds: float = 0.5) -> BatchDelivered:
    """A batch of so many entries."""
    return BatchDelivered(batch=1, entries=entries, bytes=100, weight=20, seconds=seconds, in_flight=2)


def rejected(*spans: tuple[int, int], **codes: int) -> EntriesRejected:
    """Entries of these spans, with findings of these codes."""
    return EntriesRejected(spans=tuple(Span(*span) for span in spans), codes=codes, batch=None)


def course_of(*told: tuple[float, Event]) -> Course:
    """What these events add up to, each so many seconds after noon."""
    timeline = Timeline()
    for seconds, event in told:
        timeline.see(event, NOON + seconds)
    return timeline.course()


def spans_of(course: Course) -> list[tuple[str, float, float | None]]:
    """The quiet times, in seconds after noon."""
    return [
        (each.kind, each.at - NOON, None if each.until is None else each.until - NOON)
        for each in course.quiet
    ]


def test_nothing_seen_is_an_empty_course() -> None:
    """Of which nobody can say that it is whole."""
    assert Timeline().course() == Course(is_whole=False)


def test_what_happened_is_summed_up_by_stretches_of_time() -> None:
    """Those in which nothing happened are left out."""
    sealed = BatchSealed(batch=1, entries=10, bytes=100, weight=20, in_flight=7)
    course = course_of(
        (0, STARTED),
        (0.25, sealed),
        (0.3, delivered(10, seconds=0.25)),
        (0.3, delivered(30, seconds=4.0)),
        (0.3, delivered(10, seconds=1.0)),
        (0.3, rejected((3, 5), (7, 8), bad=3)),
        (5.0, RetryScheduled(batch=1, attempt=1, after_seconds=1, reason="r")),
        (5.0, BatchRefused(batch=1, entries=10, reason="r", suspects=2)),
        (5.0, BatchDoubted(batch=1, entries=10, reason="r")),
        (5.25, ENDED),
    )
    first, second = course.stretches
    assert (first.at, first.seconds, second.at, second.seconds) == (NOON + 0.25, 0.25, NOON + 5, 0.25)
    assert (first.entries, first.weight, first.bytes, first.requests, first.rejected) == (50, 60, 300, 3, 3)
    assert (first.in_flight, first.low_seconds, first.high_seconds) == (7, 0.25, 4.0)
    assert first.mid_seconds == pytest.approx(1.0, rel=0.05)
    assert (second.retries, second.refused, second.doubted) == (1, 1, 1)
    assert (second.entries, second.low_seconds, second.mid_seconds) == (0, None, None)
    assert course.is_whole


@pytest.mark.parametrize(
    ("begins", "ends", "kind", "reason"),
    [
        (OutageBegan(reason="refused"), OutageEnded(seconds=5), "outage", "refused"),
        (
            WindowClosed(hours="22:00-06:00 UTC", until="Sat 22:00", after_seconds=9),
            WindowOpened(seconds=5),
            "hours",
            "22:00-06:00 UTC",
        ),
        (RunPaused(by="ann"), RunResumed(by="ann", seconds=5), "paused", "ann"),
        (DoubtsAwaited(entries=3, seconds=9), DoubtsEnded(batch=1, entries=3, delivered=True), "doubts", "3"),
    ],
)
def test_a_quiet_time_is_from_its_beginning_to_its_end(
    begins: Event, ends: Event, kind: str, reason: str
) -> None:
    """While it goes on its end is not known; the end of a run ends it too."""
    assert spans_of(course_of((0, STARTED), (1, begins))) == [(kind, 1, None)]
    assert reason in course_of((0, STARTED), (1, begins)).quiet[0].reason
    assert spans_of(course_of((0, STARTED), (1, begins), (2, begins), (6, ends))) == [(kind, 1, 6)]
    assert spans_of(course_of((0, STARTED), (1, begins), (7, ENDED))) == [(kind, 1, 7)]
    assert spans_of(course_of((0, STARTED), (1, ends), (7, ENDED))) == []


def test_doubts_are_awaited_until_the_last_is_known_or_something_is_sent_again() -> None:
    """A batch whose entries were not delivered is packed again; those that were are counted."""
    awaited, ended = DoubtsAwaited(entries=3, seconds=9), DoubtsEnded(batch=1, entries=2, delivered=True)
    sealed = BatchSealed(batch=2, entries=1, bytes=1, weight=1, in_flight=1)
    course = course_of((0, STARTED), (1, awaited), (2, ended), (3, ended))
    assert spans_of(course) == [("doubts", 1, 3)]
    assert sum(each.entries for each in course.stretches) == 4
    assert spans_of(course_of((0, STARTED), (1, awaited), (2, ended), (4, sealed))) == [("doubts", 1, 4)]


def test_what_changed_is_marked_with_a_sentence() -> None:
    """What the gate set is there as numbers too."""
    limits = LimitsChanged(
        by="ann",
        max_in_flight=2,
        requests_per_second=None,
        entries_per_second=None,
        bytes_per_second=None,
        is_as_started=False,
    )
    course = course_of(
        (
            -1,
            ReplacementForeseen(
                source="", position=0, media=2, is_exact=True, holding=2, importable=9, kept=""
            ),
        ),
        (0, STARTED),
        (1, GateMoved(max_in_flight=4, max_weight=900, reason="faster")),
        (2, limits),
        (3, StopRequested(reason="SIGTERM", grace_seconds=30)),
        (4, ENDED),
    )
    assert [(each.kind, each.in_flight, each.weight) for each in course.marks] == [
        ("replacement", None, None),
        ("run", None, None),
        ("gate", 4, 900),
        ("limits", None, None),
        ("stop", None, None),
        ("run", None, None),
    ]
    assert [each.text for each in course.marks[1:]] == [
        "The run began: a.json.",
        "4 in flight, weight 900: faster",
        "Limits changed by ann: 2 in flight.",
        "Ending: SIGTERM",
        "The run ended: complete, exit code 0.",
    ]


def test_between_two_runs_none_went_on() -> None:
    """Also where the first one was killed: it was alive when its last event came, and its outage lasted until then."""
    again = msgspec.structs.replace(STARTED, read=50, settled=40)
    course = course_of((0, STARTED), (1, delivered()), (2, ENDED), (3600, again), (3601, ENDED))
    assert spans_of(course) == [("between", 2, 3600)]
    killed = course_of((0, STARTED), (1, OutageBegan(reason="r")), (2, rejected((0, 1), a=1)), (3600, again))
    assert spans_of(killed) == [("outage", 1, 2), ("between", 2, 3600)]
    assert killed.is_whole
    assert killed.marks[-1].text == "The run began: a.json, with 40 entries settled before."


def test_a_run_that_never_got_to_its_beginning_is_none() -> None:
    """The server was away when it was to resume; what came before the beginning of the next one is not of the last."""
    course = course_of((0, STARTED), (1, ENDED), (50, ENDED), (70, OutageBegan(reason="r")), (90, STARTED))
    assert ("between", 1, 90) in spans_of(course)
    assert [each.kind for each in course.marks] == ["run"] * 4


def test_rejections_are_told_by_their_place() -> None:
    """As fine as there is room; parts without any are left out."""
    course = course_of(
        (0, STARTED),
        (1, rejected((3, 5), (7, 8), bad=3)),
        (2, rejected((3_000_000, 3_000_002), worse=4)),
        (3, SourceEnded(total=4_000_000)),
    )
    near, far = course.places
    assert (near.first, near.rejected, dict(near.codes)) == (0, 3, {"bad": 3})
    assert far.first <= 3_000_000 < 3_000_002 <= far.first + far.count
    assert (far.rejected, dict(far.codes)) == (2, {"worse": 4})
    assert course.positions == 4_000_000


def test_a_retry_tells_no_places() -> None:
    """Its positions are those of the corrections."""
    again = msgspec.structs.replace(STARTED, source="corrected.json", retry_of="/in/a.json", read=10)
    segment = SegmentRead(first=0, count=99, offset=0, length=1, accepted=98, rejected=1, skipped=0)
    course = course_of((0, STARTED), (1, ENDED), (2, again), (3, segment), (3, rejected((3, 5), bad=2)))
    assert (course.places, course.positions) == ((), 0)
    assert course.marks[-1].text == "The run began: retry of a.json."
    assert sum(each.rejected for each in course.stretches) == 2


def test_a_clock_that_is_set_back_does_not_turn_the_course_round() -> None:
    """What comes after that keeps its distances, until the clock is where it was before."""
    course = course_of(
        (0, STARTED),
        (100, delivered()),
        (50, RunPaused(by="ann")),
        (60, RunResumed(by="ann", seconds=10)),
        (200, ENDED),
    )
    assert spans_of(course) == [("paused", 100, 110)]
    assert course.marks[-1].at == NOON + 200


def test_a_course_whose_beginning_is_missing_says_so() -> None:
    """Its log was thrown away, or begins in the middle of a run."""
    assert not course_of((0, msgspec.structs.replace(STARTED, read=50))).is_whole
    assert not course_of((0, delivered()), (1, ENDED), (2, STARTED)).is_whole
    assert course_of((0, STARTED)).is_whole


def test_of_each_kind_so_many_moments_are_kept() -> None:
    """The first and the last of them, and the longest quiet times, whatever came in between."""
    told: list[tuple[float, Event]] = [
        (0, STARTED),
        (1, OutageBegan(reason="long")),
        (900, OutageEnded(seconds=9)),
    ]
    for number in range(1000, 9000, 4):
        told += [
            (number, OutageBegan(reason="short")),
            (number + 1, OutageEnded(seconds=1)),
            (number + 2, GateMoved(max_in_flight=4, max_weight=number, reason="faster")),
        ]
    course = course_of(*told)
    gate = [each.weight for each in course.marks if each.kind == "gate"]
    assert (len(gate), gate[0], gate[-1]) == (MOST, 1000, 8996)
    assert len(course.quiet) == MOST
    assert course.left_out == {"gate": 2000 - MOST, "outage": 2001 - MOST}
    assert course.quiet[0] == Quiet(kind="outage", at=NOON + 1, until=NOON + 900, reason="long")


def test_texts_of_strangers_are_cut() -> None:
    """A server may give a reason as long as it likes, and a path need not be UTF-8."""
    course = course_of(
        (0, msgspec.structs.replace(STARTED, source="/in/\udcff.json")), (1, OutageBegan(reason="x" * 10_000))
    )
    assert course.marks[0].text == "The run began: \\xff.json."
    assert len(course.quiet[0].reason) == 200


def test_what_only_moves_leaves_no_trace() -> None:
    """It is not logged, so that it must not count in the course that is watched."""
    moved = Advanced(work="listing", done=1, total=2, unit="media")
    assert course_of((0, STARTED), (9, moved)) == course_of((0, STARTED))
