"""An outage pauses the run, is probed at growing intervals, and ends when a batch is answered again."""

from __future__ import annotations

import pytest

from bulk_importer.events import OutageBegan, OutageEnded
from bulk_importer.transfer.admission.breaker import Breaker, BreakerPolicy, BreakerState

POLICY = BreakerPolicy(
    signs=3, first_interval_seconds=1, longest_interval_seconds=60, max_outage_seconds=3600
)


def opened(at: float = 0.0) -> Breaker:
    """A breaker in an outage that began at this time."""
    breaker = Breaker(POLICY)
    for _ in range(3):
        breaker.batch_failed(at, "connection refused")
    assert breaker.state is BreakerState.OPEN
    return breaker


def test_a_single_failure_is_no_outage() -> None:
    """An answer in between starts the count anew."""
    breaker = Breaker(POLICY)
    for _ in range(10):
        assert breaker.batch_failed(0, "502") is None
        assert breaker.batch_failed(0, "502") is None
        assert breaker.batch_answered(0) is None
    assert breaker.state is BreakerState.CLOSED
    assert breaker.probe_after(0) is None


def test_failures_in_a_row_open_it_and_say_why() -> None:
    """The third one begins the outage; those that were in flight as well add nothing."""
    breaker = Breaker(POLICY)
    events = [breaker.batch_failed(5.0, f"refused {number}") for number in range(5)]
    assert events == [None, None, OutageBegan(reason="refused 2"), None, None]
    assert breaker.state is BreakerState.OPEN
    assert breaker.probe_after(5.0) == 1.0


def test_failed_probes_come_at_growing_intervals() -> None:
    """Doubled from one second to a minute."""
    breaker = opened()
    now, waits = 0.0, []
    for _ in range(9):
        wait = breaker.probe_after(now)
        assert wait is not None
        waits.append(wait)
        now += wait
        breaker.probe_failed(now, "connection refused")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_an_answered_probe_lets_one_batch_try() -> None:
    """Not all of them: what is back may be only the gateway."""
    breaker = opened()
    breaker.probe_answered()
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.probe_after(10.0) is None


def test_an_answered_batch_ends_the_outage() -> None:
    """Its length counts from the first pause."""
    breaker = opened(at=100.0)
    breaker.probe_answered()
    assert breaker.batch_answered(160.0) == OutageEnded(seconds=60.0)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.outage_seconds(200.0) == 0.0


def test_a_late_answer_ends_the_outage_without_a_probe() -> None:
    """A request from before the pause may prove that the server lives."""
    breaker = opened()
    assert breaker.batch_answered(3.0) == OutageEnded(seconds=3.0)
    assert breaker.state is BreakerState.CLOSED


def test_a_server_that_answers_reads_but_no_batch_is_not_hammered() -> None:
    """The intervals go on growing and the patience goes on running out."""
    breaker = opened()
    now, waits, events = 0.0, [], []
    while not breaker.has_expired(now):
        wait = breaker.probe_after(now)
        assert wait is not None
        waits.append(wait)
        now += wait
        breaker.probe_answered()
        events.append(breaker.batch_failed(now, "504"))
    assert waits[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert 3600 < now <= 3660
    assert set(events) == {None}
    assert breaker.reason == "504"


def test_a_new_outage_begins_with_short_intervals_again() -> None:
    """What was learnt in the last one does not count."""
    breaker = opened()
    for _ in range(5):
        breaker.probe_failed(50.0, "refused")
    breaker.probe_answered()
    breaker.batch_answered(60.0)
    for _ in range(3):
        breaker.batch_failed(70.0, "refused")
    assert breaker.probe_after(70.0) == 1.0


def test_retry_after_puts_the_probe_off() -> None:
    """A maintenance page that says when to come back is believed."""
    breaker = Breaker(POLICY)
    for _ in range(3):
        breaker.batch_failed(0.0, "503", after_seconds=300.0)
    assert breaker.probe_after(0.0) == 300.0
    breaker.probe_failed(300.0, "503", after_seconds=10.0)
    assert breaker.probe_after(300.0) == 10.0


def test_retry_after_beyond_our_patience_still_gets_a_last_probe() -> None:
    """One more question before the run gives up."""
    breaker = Breaker(POLICY)
    for _ in range(3):
        breaker.batch_failed(0.0, "503", after_seconds=1e9)
    assert breaker.probe_after(0.0) == 3600.0
    assert not breaker.has_expired(3600.0)


def test_a_server_cannot_put_probes_off_for_longer_than_a_person_allows() -> None:
    """One that answers every question with a day of patience may be back within the hour."""
    breaker = Breaker(BreakerPolicy(max_outage_seconds=1e6, max_retry_after_seconds=900.0))
    for _ in range(3):
        breaker.batch_failed(0.0, "503", after_seconds=86_400.0)
    assert breaker.probe_after(0.0) == 900.0


@pytest.mark.parametrize(("hours", "expired"), [(1, False), (3, False), (5, True)])
def test_patience_is_a_setting(hours: int, expired: bool) -> None:
    """Three hours of maintenance pass within four hours of patience."""
    breaker = Breaker(BreakerPolicy(max_outage_seconds=4 * 3600))
    for _ in range(3):
        breaker.batch_failed(0.0, "refused")
    assert breaker.has_expired(hours * 3600.0) is expired


def test_a_three_hour_outage_in_simulated_time_costs_few_probes() -> None:
    """About one a minute, and then the run goes on within a minute of the server's return."""
    breaker = Breaker(BreakerPolicy(max_outage_seconds=4 * 3600))
    for _ in range(3):
        breaker.batch_failed(0.0, "refused")
    now, probes = 0.0, 0
    while breaker.state is BreakerState.OPEN:
        now += breaker.probe_after(now) or 0.0
        probes += 1
        if now >= 3 * 3600:
            breaker.probe_answered()
        else:
            breaker.probe_failed(now, "refused")
    assert now - 3 * 3600 <= 60
    assert probes < 200
    assert isinstance(breaker.batch_answered(now), OutageEnded)
