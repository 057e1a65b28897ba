"""A polite run sends less as soon as others wait longer, and more again when they no longer do."""

from __future__ import annotations

from bulk_importer.transfer.admission.latency_guard import LatencyGuard


def rested_guard() -> LatencyGuard:
    """One that knows the server at rest: reads of 20 ms, with an outlier."""
    guard = LatencyGuard()
    for seconds in (0.02, 0.021, 0.4, 0.019, 0.02):
        guard.rested(seconds)
    return guard


def test_it_begins_with_two_in_flight_and_no_pauses() -> None:
    """Never more than two."""
    guard = rested_guard()
    assert [guard.allows(in_flight) for in_flight in range(4)] == [True, True, False, False]
    assert guard.pause_seconds(10.0) == 0.0


def test_a_read_three_times_as_slow_takes_a_request_away_then_makes_pauses() -> None:
    """Notch by notch, to a floor at which it still goes on."""
    guard = rested_guard()
    pauses = []
    for _ in range(8):
        guard.read(0.061)
        assert not guard.allows(1)
        assert guard.allows(0)
        pauses.append(guard.pause_seconds(1.0))
    assert pauses == [0, 1, 3, 7, 15, 15, 15, 15]


def test_a_read_less_than_three_times_as_slow_changes_nothing() -> None:
    """The server may be busy; it is not slow."""
    guard = rested_guard()
    assert not any(guard.read(0.059) for _ in range(20))


def test_three_quick_reads_give_one_notch_back() -> None:
    """It returns more slowly than it retreats."""
    guard = rested_guard()
    guard.read(0.1)
    guard.read(0.1)
    assert [guard.read(0.02) for _ in range(7)] == [False, False, True, False, False, True, False]
    assert guard.allows(1)


def test_a_slow_read_starts_the_count_of_quick_ones_anew() -> None:
    """Two quick ones, a slow one, two quick ones: no notch is given back."""
    guard = rested_guard()
    guard.read(0.1)
    changes = [guard.read(seconds) for seconds in (0.02, 0.02, 0.1, 0.02, 0.02)]
    assert changes == [False, False, True, False, False]


def test_jitter_of_a_near_server_is_not_slowness() -> None:
    """Three times one millisecond is nothing that anybody feels."""
    guard = LatencyGuard()
    guard.rested(0.001)
    assert not guard.read(0.009)
    assert guard.read(0.012)


def test_without_a_read_at_rest_it_stays_at_two() -> None:
    """There is nothing to compare with."""
    guard = LatencyGuard()
    assert not guard.read(60.0)
    assert guard.allows(1)
