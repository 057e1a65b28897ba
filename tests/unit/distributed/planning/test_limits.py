"""What is allowed to all together is divided so that the parts add up to it, and nobody gets nothing to send with."""

from __future__ import annotations

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.distributed.planning.limits import budgets_of, seats_of, shards_asked
from bulk_importer.errors import UsageError
from bulk_importer.model import ErrorBudget
from bulk_importer.settings import Settings

_RATES = st.one_of(st.none(), st.floats(0.001, 1e12))


@given(st.integers(1, 64), st.data(), _RATES, _RATES)
def test_seats_add_up_to_what_was_asked_for(
    in_flight: int, data: st.DataObject, requests: float | None, size: float | None
) -> None:
    """In flight to the last request, rates to the last bit; each seat may have one request in flight at least."""
    at_once = data.draw(st.integers(1, in_flight))
    seats = seats_of(
        Settings(
            max_in_flight=in_flight,
            at_once=at_once,
            max_requests_per_second=requests,
            max_bytes_per_second=size,
        )
    )
    assert len(seats) == at_once
    assert sum(seat.max_in_flight for seat in seats) == in_flight
    assert min(seat.max_in_flight for seat in seats) >= 1
    assert max(seat.max_in_flight for seat in seats) - min(seat.max_in_flight for seat in seats) <= 1
    for name, whole in (("max_requests_per_second", requests), ("max_bytes_per_second", size)):
        parts = [getattr(seat, name) for seat in seats]
        assert parts == [None] * at_once if whole is None else fsum(parts) == whole
        assert whole is None or min(parts) > 0
    assert all(seat.max_entries_per_second is None for seat in seats)


def test_there_are_as_many_seats_as_requests_in_flight_unless_told_otherwise() -> None:
    """But not more than shards, because a seat that nobody takes is lost to the others."""
    assert [seat.max_in_flight for seat in seats_of(Settings(max_in_flight=8))] == [1] * 8
    assert [seat.max_in_flight for seat in seats_of(Settings(max_in_flight=8, shards=3))] == [3, 3, 2]
    assert [seat.max_in_flight for seat in seats_of(Settings(polite=True))] == [1, 1]


def test_more_workers_than_requests_in_flight_are_refused_with_the_way_out() -> None:
    """A worker that may have none in flight would wait for ever."""
    with pytest.raises(UsageError, match="Take --at-once 4, or raise --max-in-flight"):
        seats_of(Settings(max_in_flight=4, at_once=5))


def test_there_are_four_shards_for_each_seat_unless_told_otherwise() -> None:
    """So all workers end at about the same time."""
    assert shards_asked(Settings(), 8) == 32
    assert shards_asked(Settings(shards=7), 8) == 7


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_a_number_of_errors_is_divided_by_entries(count: int, entries: list[int]) -> None:
    """To the last one; a shard has more than another only where it has as many entries, but for one."""
    parts = list(map(int, budgets_of(ErrorBudget(count=count), entries)))
    assert sum(parts) == (count if sum(entries) else min(count, len(entries)))
    for some, part in zip(entries, parts, strict=True):
        assert abs(part - count * some / (sum(entries) or 1)) <= 1


@pytest.mark.parametrize(("budget", "shown"), [(ErrorBudget(share=0.05), "5%"), (ErrorBudget(), "none")])
def test_a_share_of_errors_is_that_of_each_shard(budget: ErrorBudget, shown: str) -> None:
    """As is no budget at all."""
    assert budgets_of(budget, [3, 5]) == [shown, shown]
