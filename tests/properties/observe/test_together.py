"""The course of several runs at a time is the sum of theirs."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as some

from bulk_importer.events import BatchDelivered, EntriesRejected, OutageBegan, OutageEnded
from bulk_importer.observe.timeline import Course, Timeline
from bulk_importer.observe.timeline.together import Together
from bulk_importer.spans import Span
from support.profiles import examples

MOMENTS = some.lists(some.tuples(some.integers(0, 10**6), some.integers(1, 50)), max_size=40)
"""When something was delivered, in milliseconds, and how much."""
SUMS = ("entries", "requests", "weight", "bytes", "rejected")


def delivered(entries: int, in_flight: int = 1) -> BatchDelivered:
    """A batch that took a second."""
    return BatchDelivered(batch=1, entries=entries, bytes=7, weight=entries, seconds=1.0, in_flight=in_flight)


def timeline_of(moments: list[tuple[int, int]]) -> Timeline:
    """Of one run."""
    timeline = Timeline()
    for at, entries in sorted(moments):
        timeline.see(delivered(entries), 1_796_000_400 + at / 1000)
        timeline.see(
            EntriesRejected(spans=(Span(0, entries),), codes={"a": 1}, batch=None), 1_796_000_400 + at / 1000
        )
    return timeline


def together(*timelines: Timeline) -> Course:
    """Of all runs."""
    whole = Together()
    for number, timeline in enumerate(timelines):
        whole.add(timeline, f"Shard {number}")
    return whole.course(most_in_flight=3)


@given(some.lists(MOMENTS, min_size=1, max_size=5))
@settings(max_examples=examples(100))
def test_sums_are_those_of_all_runs_at_the_time_at_which_it_was(runs: list[list[tuple[int, int]]]) -> None:
    """As if one run had done all of it, but for what was on its way at a time."""
    course = together(*map(timeline_of, runs))
    single = timeline_of([moment for moments in runs for moment in moments]).course()
    sums = Counter[str]()
    for each in course.stretches:
        sums.update({name: getattr(each, name) for name in SUMS})
    assert +sums == +Counter({name: sum(getattr(it, name) for it in single.stretches) for name in SUMS})
    if single.stretches:
        # The stretches of the sum may be shorter, where those of a long run were joined, and never overlap.
        assert (
            abs(course.stretches[0].at - single.stretches[0].at)
            < max(it.seconds for it in course.stretches) + 1
        )
    for one, other in zip(course.stretches, course.stretches[1:], strict=False):
        assert one.at + one.seconds <= other.at + 1e-6


def test_what_is_on_its_way_adds_up_to_what_is_allowed_at_most() -> None:
    """Runs that follow each other within a stretch would add up to more than there was."""
    first, second = timeline_of([(0, 1)]), timeline_of([(10, 1)])
    assert max(each.in_flight for each in together(first, second).stretches) == 2
    assert max(each.in_flight for each in together(*[first] * 9).stretches) == 3


def test_an_outage_that_several_runs_saw_is_one() -> None:
    """And what each run did when stands behind its name."""
    timelines = []
    for start, end in ((10, 20), (15, 30), (40, 50)):
        timeline = Timeline()
        timeline.see(delivered(1), 1_796_000_400.0)
        timeline.see(OutageBegan(reason="away"), 1_796_000_400.0 + start)
        timeline.see(OutageEnded(seconds=end - start), 1_796_000_400.0 + end)
        timelines.append(timeline)
    quiet = together(*timelines).quiet
    began = 1_796_000_400.0
    assert [(each.kind, each.at - began, (each.until or 0) - began) for each in quiet] == [
        ("outage", 10, 30),
        ("outage", 40, 50),
    ]


def test_no_run_at_all_is_an_empty_course() -> None:
    """Nothing was begun yet."""
    assert not together(Timeline()).stretches
