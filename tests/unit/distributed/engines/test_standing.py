"""How far all shards are together, by signs of life that come late, twice, or never."""

from __future__ import annotations

from bulk_importer.distributed.engines.orders import Sign
from bulk_importer.distributed.engines.standing import FleetStanding


def sign(index: int, settled: int, *, attempt: int = 1, rejected: int = 0, is_over: bool = False) -> Sign:
    return Sign(index=index, attempt=attempt, settled=settled, rejected=rejected, is_over=is_over)


def test_the_shards_are_added_up() -> None:
    standing = FleetStanding("s3://bucket/labels.json", 100)
    standing.meet(sign(0, 10, rejected=1), 0)
    standing.meet(sign(1, 20), 0)
    shown = standing.advanced()
    assert (shown.work, shown.done, shown.total) == ("importing labels.json", 30, 100)
    assert shown.beside == {"rejected": 1, "at work": 2}


def test_a_turn_that_begins_again_takes_nothing_back() -> None:
    standing = FleetStanding("a", 100)
    standing.meet(sign(0, 10), 0)
    standing.meet(sign(0, 0, attempt=2), 1)
    assert standing.advanced().done == 10


def test_the_place_counts_more_than_what_was_heard() -> None:
    standing = FleetStanding("a", 100)
    standing.meet(sign(0, 10), 0)
    standing.know(0, 8, 0)
    assert standing.advanced().done == 8


def test_a_turn_is_silent_when_it_was_heard_and_is_not_any_more() -> None:
    standing = FleetStanding("a", 100)
    assert not standing.is_silent(0, 1, 100, 5)  # it waits for a worker
    standing.meet(sign(0, 1), 100)
    assert not standing.is_silent(0, 1, 105, 5)
    assert standing.is_silent(0, 1, 105.1, 5)


def test_nobody_waits_for_a_turn_that_is_over() -> None:
    standing = FleetStanding("a", 100)
    standing.meet(sign(0, 1), 0)
    standing.meet(sign(0, 1, is_over=True), 1)
    assert not standing.is_silent(0, 1, 100, 5)
    assert standing.advanced().beside["at work"] == 0
