"""Buttons mean commands, and never one that goes beyond what the command line allows."""

from __future__ import annotations

import pytest

from bulk_importer.observe.page.running.pacing import command_of
from bulk_importer.steering import Command, Limits, Standing


def standing(now: int | None = None, allowed: int | None = 8, state: str = "running") -> Standing:
    """A run that may have so many requests in flight at a time, of so many."""
    limits = Limits(max_in_flight=allowed if now is None else now)
    return Standing(state=state, limits=limits, allowed=Limits(max_in_flight=allowed))


def at_a_time(count: int) -> Command:
    """The command that allows so many requests at a time."""
    return Command(do="limit", limits=Limits(max_in_flight=count))


@pytest.mark.parametrize(("now", "then"), [(8, 4), (4, 2), (3, 2), (2, 1)])
def test_slower_halves_the_requests_at_a_time(now: int, then: int) -> None:
    """Down to one."""
    assert command_of("slower", standing(now)) == at_a_time(then)


def test_at_one_request_at_a_time_it_is_at_its_slowest() -> None:
    """Which is said, and what helps."""
    said = command_of("slower", standing(1))
    assert isinstance(said, str)
    assert "Pause" in said


@pytest.mark.parametrize(
    ("now", "then"),
    [(1, at_a_time(2)), (3, at_a_time(6)), (4, Command(do="unlimit")), (5, Command(do="unlimit"))],
)
def test_faster_doubles_them_up_to_what_the_command_line_allows(now: int, then: Command) -> None:
    """Beyond that there is nothing."""
    assert command_of("faster", standing(now)) == then


def test_as_it_was_started_it_is_as_fast_as_it_may_be() -> None:
    """Which is said."""
    assert isinstance(command_of("faster", standing()), str)


def test_without_a_limit_slower_begins_with_what_is_on_its_way() -> None:
    """And faster lets it be as it is."""
    running = Standing(state="running", in_flight=6)
    assert command_of("slower", running) == at_a_time(3)
    assert isinstance(command_of("faster", running), str)


@pytest.mark.parametrize("word", ["pause", "resume", "stop"])
def test_the_others_mean_what_they_say(word: str) -> None:
    """Whatever the limits are."""
    assert command_of(word, standing()) == Command(do=word)


def test_a_second_stop_does_not_give_up_what_is_on_its_way() -> None:
    """As a second Ctrl-C would: a page may be open twice."""
    assert isinstance(command_of("stop", standing(state="stopping")), str)


@pytest.mark.parametrize("word", ["", "limit", "unlimit", "status", "PAUSE", "server"])
def test_there_are_no_other_words(word: str) -> None:
    """Nothing else can be asked for by a page."""
    assert command_of(word, standing()) == "There is no such button."
