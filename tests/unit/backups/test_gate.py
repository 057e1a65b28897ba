"""How many media are read at a time follows from what it brings."""

from __future__ import annotations

from collections.abc import Callable

from bulk_importer.backups.gate import ReadGate


def _run(gate: ReadGate, rate_of: Callable[[int], float], answers: int = 3000) -> int:
    """What it allows after so many answers of a server that gives so many a second, by how many are in flight."""
    for _ in range(answers):
        gate.answered(gate.allowed / rate_of(gate.allowed))
    return gate.allowed


def test_far_away_it_climbs_to_the_top() -> None:
    """Where a read takes its time on the way, twice as many bring twice as much."""
    assert _run(ReadGate(16), lambda allowed: 50.0 * allowed) == 16


def test_it_stays_where_more_brings_no_more() -> None:
    """A server with four cores reads four at a time."""
    assert _run(ReadGate(64), lambda allowed: 50.0 * min(allowed, 4)) in (4, 8)


def test_it_is_at_the_top_after_few_answers() -> None:
    """A project of some hundred media is read fast, too."""
    assert _run(ReadGate(16), lambda allowed: 50.0 * allowed, answers=90) == 16


def test_a_refusal_halves_it_and_several_at_a_time_count_once() -> None:
    """Sixteen reads that meet an overloaded server are one refusal."""
    gate = ReadGate(16)
    _run(gate, lambda allowed: 50.0 * allowed)
    for _ in range(16):
        gate.refused()
    assert gate.allowed == 8


def test_it_never_stops_and_comes_back() -> None:
    """One is read at a time at least, and when the server is well again there are more."""
    gate = ReadGate(16)
    for _ in range(10):
        gate.refused()
        gate.answered(1.0)
    assert gate.allowed == 1
    assert _run(gate, lambda allowed: 50.0 * allowed) == 16


def test_a_pause_of_this_machine_is_no_reason_to_step_back() -> None:
    """It delays all that are in flight, and says nothing of the server."""
    gate = ReadGate(16)
    for number in range(600):
        pause = 0.5 if number % 100 < gate.allowed else 0.0
        gate.answered(0.02 + pause)
    assert gate.allowed == 16
