"""The machine has the throughput and the deadlocks that were measured, and keeps the books."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.sandbox.faults.cost_model import read_cost_model
from bulk_importer.sandbox.faults.machine import Fate, Machine, MachineJob

_MODEL = read_cost_model("measured")
_ROWS_OF_AN_ENTRY = 65


def _closed_loop(entries: int, in_flight: int, *, replaces: bool) -> tuple[float, float]:
    """Entries a second and share of deadlocks, over simulated minutes."""
    machine, now, over = Machine(_MODEL, random.Random(2).random), 0.0, []
    rows = _MODEL.effective_rows(entries * _ROWS_OF_AN_ENTRY, entries * _ROWS_OF_AN_ENTRY if replaces else 0)

    def admit() -> None:
        over.extend(machine.admit(MachineJob(rows, _MODEL.seconds(rows), replaces), now))

    for _ in range(in_flight):
        admit()
    while now < 300 or len(over) < 40:
        due = machine.next_event()
        assert due is not None
        now = due
        ended = machine.advance(now)
        over.extend(ended)
        for _ in ended:
            admit()
    done = sum(job.fate is Fate.DONE for job in over)
    return done * entries / now, 1 - done / len(over)


def test_the_official_clients_setting_is_far_behind_the_best() -> None:
    settings = [(entries, in_flight) for entries in (1, 2, 5, 10, 25, 50) for in_flight in (1, 2, 4, 8)]
    for replaces in (False, True):
        rates = {setting: _closed_loop(*setting, replaces=replaces)[0] for setting in settings}
        best = max(rates, key=lambda setting: rates[setting])
        assert 6 <= rates[best] / rates[50, 1] <= 16
        assert best[0] <= 10
        assert best[1] >= 2


def test_only_replacing_requests_deadlock() -> None:
    assert _closed_loop(25, 8, replaces=False)[1] == 0
    assert _closed_loop(25, 1, replaces=True)[1] == 0


@pytest.mark.parametrize(
    ("entries", "in_flight", "least", "most"),
    [
        (5, 2, 0, 6),
        (10, 2, 12, 25),
        (25, 2, 45, 51),
        (50, 2, 45, 51),
        (1, 4, 0, 3),
        (5, 4, 10, 25),
        (10, 4, 42, 62),
        (25, 4, 70, 76),
        (1, 8, 0, 7),
        (2, 8, 3, 47),
        (5, 8, 31, 74),
        (10, 8, 65, 88),
    ],
)
def test_deadlocks_rise_with_size_and_number_in_flight(
    entries: int, in_flight: int, least: int, most: int
) -> None:
    assert least <= 100 * _closed_loop(entries, in_flight, replaces=True)[1] <= most


def test_of_overlapping_requests_for_one_media_exactly_one_succeeds() -> None:
    machine = Machine(_MODEL, lambda: 0.99)
    for _ in range(4):
        machine.admit(MachineJob(65, 1.0, media=frozenset({"m"})), 0.0)
    fates = [job.fate for job in machine.advance(100.0)]
    assert sorted(fate.value for fate in fates) == ["deadlock", "deadlock", "deadlock", "done"]


def test_cores_are_shared_and_time_is_spent_by_losers_too() -> None:
    machine = Machine(_MODEL, lambda: 0.99)
    jobs = [MachineJob(65, 1.0, media=frozenset({"m"})) for _ in range(4)]
    for job in jobs:
        machine.admit(job, 0.0)
    assert machine.next_event() == pytest.approx(4 / _MODEL.cores)
    assert machine.advance(1.9) == []
    assert len(machine.advance(2.0)) == 4


def test_requests_above_the_connections_wait_and_are_refused_when_they_waited_too_long() -> None:
    machine = Machine(_MODEL, lambda: 0.99)
    for _ in range(_MODEL.connections):
        machine.admit(MachineJob(1, 1000.0), 0.0)
    late = MachineJob(1, 1.0)
    machine.admit(late, 0.0)
    assert machine.advance(29.9) == []
    assert machine.advance(30.1) == [late]
    assert late.fate is Fate.NO_CONNECTION


@given(
    st.lists(
        st.tuples(st.floats(0, 5), st.floats(0.001, 5), st.booleans(), st.integers(0, 3)),
        min_size=1,
        max_size=40,
    )
)
def test_every_request_ends_once_and_no_work_is_lost(arrivals: list[tuple[float, float, bool, int]]) -> None:
    """The machine is never faster than its cores, and never idle while it has work."""
    machine, now, over = Machine(_MODEL, random.Random(1).random), 0.0, []
    work = 0.0
    for pause, seconds, replaces, media in arrivals:
        now += pause
        work += seconds
        over += machine.admit(MachineJob(500, seconds, replaces, frozenset({media})), now)
    begin = now
    while (due := machine.next_event()) is not None:
        now = due
        over += machine.advance(now)
    assert len(over) == len(arrivals)
    assert now <= begin + work + 1e-6 or any(job.fate is Fate.NO_CONNECTION for job in over)
