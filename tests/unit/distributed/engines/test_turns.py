"""Which shard is begun next, and which is given up."""

from __future__ import annotations

import pytest

from bulk_importer.distributed.engines.turns import Turns, Verdict
from bulk_importer.errors import ExitCode


def tried(turns: Turns, code: int | None, *, times: int = 1, settled: int = 0) -> None:
    """Let the first shard that waits end so, several times."""
    for _ in range(times):
        index = turns.next()
        assert index is not None
        turns.ended(index, Verdict(False, settled, code))


def test_shards_are_begun_in_their_order() -> None:
    turns = Turns([4, 7])
    assert (turns.next(), turns.next(), turns.next()) == (4, 7, None)


def test_a_complete_shard_gets_no_other_turn() -> None:
    turns = Turns([0])
    turns.ended(turns.next() or 0, Verdict(True, 9, 0))
    assert turns.next() is None
    assert not turns.given_up


def test_an_error_is_tried_again_behind_the_others() -> None:
    turns = Turns([0, 1])
    tried(turns, ExitCode.CHECKPOINT)
    assert (turns.next(), turns.next()) == (1, 0)


def test_a_shard_that_fails_in_vain_three_times_is_given_up() -> None:
    turns = Turns([5])
    tried(turns, ExitCode.UNFORESEEN, times=3)
    assert turns.given_up == [5]


def test_each_step_forward_gives_as_many_turns_anew() -> None:
    turns = Turns([5])
    for settled in range(1, 20):
        tried(turns, ExitCode.UNFORESEEN, settled=settled)
    assert not turns.given_up


@pytest.mark.parametrize("code", [None, -9, ExitCode.TERMINATED])
def test_workers_that_go_are_borne_for_longer_than_errors(code: int | None) -> None:
    turns = Turns([5])
    tried(turns, code, times=9)
    assert not turns.given_up
    tried(turns, code)
    assert turns.given_up == [5]


@pytest.mark.parametrize("code", [ExitCode.USAGE, ExitCode.BUDGET, ExitCode.INPUT, ExitCode.LABEL_CONFIG])
def test_what_only_a_person_can_change_is_given_up_at_once(code: ExitCode) -> None:
    turns = Turns([5])
    tried(turns, code)
    assert turns.given_up == [5]


def test_nothing_is_begun_when_the_server_is_away() -> None:
    turns = Turns([0, 1])
    tried(turns, ExitCode.SERVER)
    assert turns.ends
    assert turns.next() is None
