"""How a run stands, by the events so far."""

from __future__ import annotations

import pytest
from msgspec import structs

from bulk_importer.events import (
    Advanced,
    BatchDelivered,
    BatchDoubted,
    DoubtsEnded,
    EntriesRejected,
    Event,
    OutageBegan,
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
from bulk_importer.observe.progress_state import ProgressState
from bulk_importer.spans import Span


def started(
    *, settled: int = 0, rejected: int = 0, total: int | None = None, size: int | None = 1000
) -> RunStarted:
    """A run of 1,000 bytes begins."""
    return RunStarted(
        source="/a/labels.json",
        size=size,
        server="s",
        project="p",
        checkpoint="c",
        settled=settled,
        read=settled,
        rejected=rejected,
        total=total,
    )


def delivered(entries: int) -> BatchDelivered:
    """A batch landed."""
    return BatchDelivered(batch=1, entries=entries, bytes=10, weight=entries, seconds=0.1, in_flight=1)


def segment(first: int, count: int, *, skipped: int = 0) -> SegmentRead:
    """A segment of five bytes an element was read."""
    return SegmentRead(
        first=first,
        count=count,
        offset=5 * first,
        length=5 * count,
        accepted=count,
        rejected=0,
        skipped=skipped,
    )


def after(*events: Event, now: float = 0.0) -> ProgressState:
    """The state when these were seen, all at one time."""
    state = ProgressState(0.0)
    for event in events:
        state.see(event, now)
    return state


CLOSED = WindowClosed(hours="22:00-06:00", until="Monday 22:00", after_seconds=60)
STOP = StopRequested(reason="a signal", grace_seconds=30)
PAUSED = RunPaused(by="ana")
OUTAGE = OutageBegan(reason="refused")


def test_what_is_delivered_rejected_or_skipped_is_settled() -> None:
    """With what earlier runs settled; what is in doubt is not, until it is known to have landed."""
    state = after(
        started(settled=10, rejected=4),
        segment(10, 20, skipped=2),
        EntriesRejected(spans=(Span(10, 13),), codes={}, batch=None),
        delivered(5),
        BatchDoubted(batch=2, entries=6, reason="reset"),
    )
    assert state.settled == 10 + 2 + 3 + 5
    state.see(DoubtsEnded(batch=2, entries=6, delivered=True), 0.0)
    assert state.settled == 26
    facts = state.facts(0.0)
    assert (facts["delivered"], facts["rejected"], facts["in_doubt"]) == (17, 7, 0)


def test_elements_that_are_read_again_are_not_skipped_twice() -> None:
    """A resume reads from the beginning."""
    assert after(started(settled=10), segment(0, 10, skipped=3)).settled == 10


def test_the_total_is_guessed_by_bytes_until_the_end_is_known() -> None:
    """And then it stays."""
    state = after(started(), segment(0, 50))
    assert (state.total, state.facts(0.0)["is_total_exact"]) == (200, False)
    state.see(SourceEnded(total=190), 0.0)
    state.see(segment(50, 100), 0.0)
    assert (state.total, state.facts(0.0)["is_total_exact"]) == (190, True)
    assert after(started(size=None), segment(0, 50)).total is None


def test_percents_are_rounded_down() -> None:
    """A hundred is all of it."""
    state = after(started(total=1000), delivered(999))
    assert state.percent == 99
    state.see(delivered(1), 0.0)
    assert state.percent == 100
    assert after(started(total=0)).percent == 100
    assert after(started()).percent is None


def test_the_time_that_is_left_follows_from_the_last_minute() -> None:
    """No rate, none left; and none is promised while nothing can be sent."""
    state = after(started(total=1000))
    assert state.seconds_left(0.1) is None
    state.see(delivered(100), 10.0)
    assert state.rate(10.0) == 10
    assert state.seconds_left(10.0) == 90
    state.see(CLOSED, 10.0)
    assert state.seconds_left(10.0) is None


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), ""),
        ((OUTAGE,), "waiting for server 0 s"),
        ((OUTAGE, delivered(1)), ""),
        ((CLOSED, OUTAGE), "paused until Monday 22:00"),
        ((CLOSED, WindowOpened(seconds=60)), ""),
        ((PAUSED,), "paused by ana"),
        ((PAUSED, delivered(1), CLOSED, OUTAGE), "paused by ana"),
        ((PAUSED, OUTAGE, RunResumed(by="ben", seconds=9)), "waiting for server 0 s"),
        ((PAUSED, STOP), "stopping 30 s at most"),
        ((CLOSED, STOP), "stopping 30 s at most"),
        ((STOP, RunEnded(exit_code=0, state="complete")), ""),
    ],
)
def test_the_first_reason_for_not_sending_is_told(events: tuple[Event, ...], said: str) -> None:
    """A stop before a pause, a pause before an outage; none when it is over, or when something landed."""
    assert " ".join(part.text for part in after(started(), *events).state(0.0)) == said


def test_a_wait_counts_from_when_it_began() -> None:
    """And a stop to its end, not beyond."""
    assert after(OUTAGE, now=5.0).state(70.0)[1].text == "1 min 05 s"
    assert after(STOP, now=5.0).state(70.0)[1].text == "0 s at most"


def test_the_reason_of_a_repetition_is_told_until_something_lands() -> None:
    """It stands in the line and in what programs get."""
    state = after(started(), RetryScheduled(batch=1, attempt=2, after_seconds=1, reason="503"))
    assert state.facts(0.0)["reason"] == "503"
    state.see(delivered(1), 0.0)
    assert state.facts(0.0)["reason"] == ""


def test_other_work_begins_from_nothing() -> None:
    """Its units are its own, and it has nothing delivered."""
    state = after(started(), delivered(50))
    for done, now in ((10, 1.0), (30, 2.0)):
        state.see(Advanced(work="proving", done=done, total=40, unit="media", beside={"missing": 2}), now)
    assert (state.settled, state.total, state.percent) == (30, 40, 75)
    facts = state.facts(2.0)
    assert (facts["unit"], facts["missing"], "delivered" in facts) == ("media", 2, False)


def test_there_is_nothing_to_show_before_anything_is_known() -> None:
    """Then what is done comes first, and the name of the source last."""
    assert ProgressState(0.0).parts(0.0) == []
    texts = [part.text for part in after(started(total=100), delivered(50)).parts(0.0)]
    assert texts == [" 50%", "50 of 100 entries", "labels.json"]


@pytest.mark.parametrize(
    "over",
    [
        Advanced(work="listing the media of p", done=300, total=300, unit="media"),
        DoubtsEnded(entries=5, delivered=True, batch=1),
        delivered(5),
        RunEnded(exit_code=0, state="complete"),
    ],
)
def test_what_a_run_does_besides_is_shown_until_that_is_over(over: Event) -> None:
    """Then the run is shown again, with all that was delivered before and meanwhile."""
    listing = Advanced(work="listing the media of p", done=100, total=300, unit="media")
    begun = (started(total=40), delivered(20), BatchDoubted(batch=1, entries=5, reason="reset"))
    besides = after(*begun, listing)
    assert besides.facts(0.0)["work"] == "listing the media of p"
    assert (besides.settled, besides.total, besides.percent) == (100, 300, 33)
    again = after(*begun, listing, over)
    assert again.facts(0.0)["work"] == "labels.json"
    assert again.total == 40
    assert again.settled in (20, 25)


def test_a_retry_is_named_by_what_it_retries() -> None:
    """And not by the file in which its corrections are kept."""
    began = structs.replace(started(total=2), retry_of="data/labels.json")
    assert after(began).facts(0.0)["work"] == "retry of labels.json"
