"""What the events of all runs of a command add up to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bulk_importer.events import BatchDoubted, DoubtsAwaited, DoubtsEnded, Event, RunResumed, SourceEnded
from support.watching.events import (
    AWAY,
    BACK,
    CLOSED,
    ENDED,
    PAUSED,
    STOP,
    delivered,
    rejected,
    request,
    segment,
    started,
)
from support.watching.seen import after


def test_entries_are_counted_by_what_became_of_them() -> None:
    """What is known late counts when it is known."""
    counts = after(
        started(),
        segment(0, 10, skipped=1),
        rejected(2, bad=3),
        delivered(4),
        BatchDoubted(batch=2, entries=3, reason="reset"),
        DoubtsEnded(batch=2, entries=3, delivered=True),
    )
    assert counts.entries == {"delivered": 7, "rejected": 2, "skipped": 1}
    assert (counts.doubted_entries, counts.unconfirmed, counts.findings) == (3, 0, {"bad": 3})


def test_what_is_read_again_is_not_counted_again() -> None:
    """A later pass reads what owes something, and so does a run that resumes."""
    counts = after(started(), segment(0, 10, skipped=1), segment(10, 5), segment(0, 10, skipped=1))
    assert (counts.read_entries, counts.read_bytes, counts.entries["skipped"]) == (15, 165, 1)
    resumed = after(started(read=10), segment(0, 10, skipped=1), segment(10, 5))
    assert (resumed.read_entries, resumed.read_bytes, resumed.entries["skipped"]) == (5, 54, 0)


def test_sums_are_those_of_all_runs_and_progress_is_that_of_the_current_one() -> None:
    """A counter that falls would count as a restart."""
    first = (started(), segment(0, 10), SourceEnded(total=10), delivered(10), ENDED)
    counts = after(*first, started(settled=2, read=2), segment(2, 6), SourceEnded(total=8), delivered(3))
    assert counts.entries["delivered"] == 13
    assert (counts.settled, counts.total) == (5, 8)
    assert counts.runs_ended == {"complete": 1}


def test_requests_are_counted_by_outcome_and_by_cause() -> None:
    """One that was sent again is a retry, too."""
    counts = after(
        started(), request("not executed", "throttled"), request("accepted", attempt=2, in_flight=3)
    )
    assert counts.requests["accepted"] == counts.requests["not executed"] == counts.retries == 1
    assert counts.failures == {"throttled": 1}
    assert counts.in_flight == 3
    assert after(ENDED, counts=counts).in_flight == 0


def test_an_outage_grows_until_the_server_answers() -> None:
    """Its seconds never fall, however the run ends."""
    counts = after(started(), AWAY)
    assert (counts.is_away, counts.outages, counts.outage_seconds(12.0)) == (True, 1, 10.0)
    counts.see(BACK, 14.0)
    assert (counts.is_away, counts.outage_seconds(99.0)) == (False, 12.0)
    counts.see(AWAY, 100.0)
    counts.end(6, "failed", 103.0)
    assert (counts.is_away, counts.outage_seconds(200.0)) == (False, 15.0)


@pytest.mark.parametrize(
    ("events", "state", "is_ready"),
    [
        ((), "starting", False),
        ((AWAY,), "starting", False),
        ((started(),), "running", True),
        ((started(), AWAY), "waiting", False),
        ((started(), AWAY, BACK), "running", True),
        ((started(), AWAY, delivered(1)), "running", True),
        ((started(), CLOSED), "waiting", True),
        ((started(), DoubtsAwaited(entries=1, seconds=600)), "waiting", True),
        ((started(), PAUSED), "paused", True),
        ((started(), PAUSED, RunResumed(by="ana", seconds=3.0)), "running", True),
        ((started(), PAUSED, STOP), "stopping", True),
        ((started(), STOP, ENDED, started()), "running", True),
    ],
)
def test_the_state_says_in_a_word_what_holds_it_up(
    events: Sequence[Event], state: str, is_ready: bool
) -> None:
    """A run that is paused does what it was told, and is ready; one whose server is away is not."""
    counts = after(*events)
    assert (counts.state(), counts.is_ready) == (state, is_ready)


def test_the_end_of_the_command_has_the_last_word() -> None:
    """Whatever the last run was held up by."""
    counts = after(started(), AWAY)
    counts.end(6, "failed", 9.0)
    assert (counts.state(), counts.is_ready, counts.is_success, counts.ended_at) == (
        "failed",
        False,
        False,
        9.0,
    )


def test_codes_are_bounded_whatever_comes() -> None:
    """Each would be a time series for ever."""
    counts = after(started(), rejected(1, **{f"code-{number}": 1 for number in range(300)}))
    assert len(counts.findings) == 201
    assert counts.findings["other"] == 100
