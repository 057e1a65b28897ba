"""The course in bounded space says what all events together say, live and read back from a log that was replaced."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bulk_importer.events import (
    AnswerCame,
    BatchDelivered,
    BatchDoubted,
    BatchRefused,
    BatchSealed,
    DoubtsAwaited,
    DoubtsEnded,
    EntriesRejected,
    Event,
    GateMoved,
    OutageBegan,
    OutageEnded,
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
from bulk_importer.observe.jsonlog import JsonLog
from bulk_importer.observe.timeline import Course, Timeline, moments, places, stretches
from bulk_importer.observe.timeline.reading import read_course
from bulk_importer.spans import SpanSet
from support.profiles import examples

COUNT = some.integers(0, 1000)
TEXT = some.text(max_size=5)
RANGES = some.lists(some.tuples(some.integers(0, 10**6), some.integers(1, 3000)), min_size=1, max_size=4)


def rejected(ranges: Sequence[tuple[int, int]], codes: dict[str, int]) -> EntriesRejected:
    """Entries at these positions."""
    spans = SpanSet((first, first + count) for first, count in ranges).spans
    return EntriesRejected(spans=tuple(spans), codes=codes, batch=None)


BY_TYPE: dict[object, some.SearchStrategy[object]] = {
    int: COUNT,
    float: some.floats(0, 1e4),
    str: TEXT,
    bool: some.booleans(),
    int | None: COUNT | some.none(),
    Mapping[str, int]: some.dictionaries(some.sampled_from(["bus", "car", "car/wheel", ""]), COUNT),
}


def some_of(kind: type[Event]) -> some.SearchStrategy[Event]:
    """Events of a kind, with numbers as they come."""
    return some.builds(kind, **{field.name: BY_TYPE[field.type] for field in msgspec.structs.fields(kind)})


EVENTS: some.SearchStrategy[Event] = some.one_of(
    *(
        some_of(kind)
        for kind in (
            AnswerCame,
            BatchDelivered,
            BatchDoubted,
            BatchRefused,
            BatchSealed,
            DoubtsAwaited,
            DoubtsEnded,
            GateMoved,
            OutageBegan,
            OutageEnded,
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
    ),
    some.builds(rejected, RANGES, some.dictionaries(some.sampled_from("abcd"), COUNT)),
)
PAUSES = some.one_of(some.integers(0, 300), some.integers(0, 10**8), some.integers(-(10**6), 0))
"""Milliseconds between two events: some are days, and a clock may be set back."""


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """So few of each are kept that short stories already make them join, or leave some out."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stretches, "MOST", 12)
        patched.setattr(places, "MOST", 16)
        patched.setattr(moments, "MOST", 4)
        yield


STORIES = some.builds(
    lambda some_events, times: (some_events * times)[:300],
    some.lists(some.tuples(PAUSES, EVENTS), max_size=40),
    some.integers(1, 20),
)
"""Long enough that stretches have to be joined, and moments left out."""


def course_of(story: Sequence[tuple[int, Event]]) -> Course:
    """What a story adds up to."""
    timeline, now = Timeline(), 1_796_000_400_000
    for pause, event in story:
        now += pause
        timeline.see(event, now / 1000)
    return timeline.course()


@given(STORIES)
@settings(max_examples=examples(100))
def test_nothing_is_lost_and_nothing_grows(story: list[tuple[int, Event]]) -> None:
    """Sums are those of all events, whatever was joined; stretches are in order, and none overlaps with another."""
    course, events = course_of(story), [event for _, event in story]
    sent = [each for each in events if isinstance(each, BatchDelivered)]
    known = [each.entries for each in events if isinstance(each, DoubtsEnded) and each.delivered]
    refused = [each for each in events if isinstance(each, EntriesRejected)]
    sums = Counter[str]()
    for each in course.stretches:
        sums.update(entries=each.entries, weight=each.weight, bytes=each.bytes, requests=each.requests)
        sums.update(rejected=each.rejected, retries=each.retries, refused=each.refused, doubted=each.doubted)
    assert +sums == +Counter(
        entries=sum(each.entries for each in sent) + sum(known),
        weight=sum(each.weight for each in sent),
        bytes=sum(each.bytes for each in sent),
        requests=len(sent),
        rejected=sum(len(SpanSet(each.spans)) for each in refused),
        retries=sum(isinstance(each, RetryScheduled) for each in events),
        refused=sum(isinstance(each, BatchRefused) for each in events),
        doubted=sum(isinstance(each, BatchDoubted) for each in events),
    )
    highest = [each.in_flight for each in events if isinstance(each, BatchDelivered | BatchSealed)]
    assert max((each.in_flight for each in course.stretches), default=0) == max(highest, default=0)
    for one, next_one in zip(course.stretches, course.stretches[1:], strict=False):
        assert one.seconds > 0
        assert one.at + one.seconds <= next_one.at + 1e-6
    assert len(course.stretches) <= stretches.MOST
    over = Counter(each.kind for each in course.quiet if each.until is not None)
    assert all(count <= moments.MOST for count in over.values())
    assert all(count <= moments.MOST for count in Counter(each.kind for each in course.marks).values())


@given(STORIES)
@settings(max_examples=examples(50))
def test_each_stretch_says_what_happened_in_it(story: list[tuple[int, Event]]) -> None:
    """As if all events had been kept, and been asked for those of that time."""
    forward = [(abs(pause), event) for pause, event in story]
    course, now = course_of(forward), 1_796_000_400_000
    began = [each.at for each in course.stretches]
    within: list[list[Event]] = [[] for _ in began]
    for pause, event in forward:
        now += pause
        at = bisect_right(began, now / 1000) - 1
        if at >= 0:
            within[at].append(event)
    for stretch, events in zip(course.stretches, within, strict=True):
        sent = [each for each in events if isinstance(each, BatchDelivered)]
        known = [each.entries for each in events if isinstance(each, DoubtsEnded) and each.delivered]
        flights = [each.in_flight for each in events if isinstance(each, BatchDelivered | BatchSealed)]
        latencies = sorted(each.seconds for each in sent)
        assert stretch.entries == sum(each.entries for each in sent) + sum(known)
        assert stretch.requests == len(sent)
        assert stretch.retries == sum(isinstance(each, RetryScheduled) for each in events)
        assert stretch.in_flight == max(flights, default=0)
        assert stretch.low_seconds == (latencies[0] if latencies else None)
        assert stretch.high_seconds == (latencies[-1] if latencies else None)


@given(some.lists(some.floats(0.001, 100), min_size=1, max_size=300))
def test_latencies_are_right_to_a_twentieth(latencies: list[float]) -> None:
    """The fastest and the slowest are exact, however many there are."""
    story = [
        (0, BatchDelivered(batch=1, entries=1, bytes=1, weight=1, seconds=each, in_flight=1))
        for each in latencies
    ]
    (only,) = course_of(story).stretches
    assert (only.low_seconds, only.high_seconds) == (min(latencies), max(latencies))
    middle = sorted(latencies)[(len(latencies) - 1) // 2]
    assert only.mid_seconds is not None
    assert 0.95 < only.mid_seconds / middle < 1.05


@given(some.lists(some.tuples(RANGES, some.dictionaries(some.sampled_from("abcd"), COUNT)), max_size=60))
def test_places_add_up_to_what_was_rejected(told: list[tuple[list[tuple[int, int]], dict[str, int]]]) -> None:
    """Entries are counted where they are, and findings near there."""
    events = [rejected(ranges, codes) for ranges, codes in told]
    course = course_of([(0, event) for event in events])
    assert len(course.places) <= places.MOST
    for one, next_one in zip(course.places, course.places[1:], strict=False):
        assert one.first + one.count <= next_one.first
    for place in course.places:
        within = [SpanSet(event.spans).within(place.first, place.first + place.count) for event in events]
        assert place.rejected == sum(stop - start for spans in within for start, stop in spans)
    codes = sum((Counter(place.codes) for place in course.places), Counter())
    assert codes == sum((Counter(event.codes) for event in events), Counter())


@given(
    some.lists(
        some.tuples(some.integers(1, 9), some.dictionaries(some.sampled_from("abc"), COUNT)), max_size=9
    )
)
def test_geometries_are_those_of_all_segments_once(segments: list[tuple[int, dict[str, int]]]) -> None:
    """Whatever is read again by a later pass, or by a run that resumes."""
    first, events = 0, list[Event]()
    for count, geometries in segments:
        read = SegmentRead(
            first=first,
            count=count,
            offset=first,
            length=count,
            accepted=count,
            rejected=0,
            skipped=0,
            geometries=geometries,
        )
        first += count
        events += [read, *events[-2:]]
    course = course_of([(0, event) for event in events])
    assert course.classes_of == first
    assert Counter(course.classes) == sum((Counter(geometries) for _, geometries in segments), Counter())


@given(STORIES, some.integers(200, 6000), some.integers(0, 60))
@settings(max_examples=examples(50))
def test_what_is_read_back_is_what_was_seen(
    story: list[tuple[int, Event]], largest: int, killed_after: int
) -> None:
    """Through any number of files that were replaced, by two processes one after the other."""
    now = 1_796_000_400_000

    def clock() -> float:
        return now / 1000

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.log"
        for part in (story[:killed_after], story[killed_after:]):
            log = JsonLog(path, clock=clock, largest=largest)
            for pause, event in part:
                now += pause
                log(event)
            log.close()
        assert read_course(Path(folder)) == course_of(story)
