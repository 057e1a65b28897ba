"""Whatever is slow, lost or dead: two workers never hold one lease at a time, and it is always to be had again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulk_importer.distributed.leases.watching import MARGIN, Tenure, Watch
from support.fleet.virtual_leases import Event, Pace, Worker, World
from support.profiles import examples

LEASE = 8.0
TICK = LEASE / 16


class Turn(NamedTuple):
    """A worker gets another pace, time passes, and something happens to it."""

    number: int
    pace: Pace
    ticks: int
    event: Event = Event.NOTHING


turns = st.builds(
    Turn,
    st.integers(0, 1),
    st.sampled_from(Pace),
    st.integers(1, 12),
    st.sampled_from([Event.NOTHING] * 9 + [*Event]),
)
clocks = st.lists(st.sampled_from([0.99, 1.0, 1.01]), min_size=2, max_size=2)
leases = st.lists(st.sampled_from([LEASE, LEASE, 3 * LEASE]), min_size=2, max_size=2)
stories = st.tuples(st.lists(turns, min_size=5, max_size=30), leases, clocks)
Story = tuple[list[Turn], list[float], list[float]]


def told(story: Story) -> World:
    """The world after all of it; each moment is looked at."""
    turns, seconds, rates = story
    world = World(seconds, rates, TICK)
    for turn in turns:
        world.paces[turn.number] = turn.pace
        world.run(turn.ticks * TICK)
        world.happen(turn.event, turn.number)
    return world


def fresh(world: World) -> Worker:
    """A process that asks for the lease now."""
    world.workers.append(world.new_worker(0))
    return world.workers[-1]


FIRST, SECOND = 0, 1
SLOW_SIGN: Story = (
    [Turn(FIRST, Pace.PROMPT, 3), Turn(FIRST, Pace.SLOW, 9), Turn(FIRST, Pace.ONE, 11)],
    [LEASE, LEASE],
    [1, 1],
)
LATE_SIGN: Story = (
    [
        Turn(FIRST, Pace.PROMPT, 1),
        Turn(FIRST, Pace.LOSING, 10),
        Turn(FIRST, Pace.STUCK, 12),
        Turn(FIRST, Pace.SLOW, 1),
        Turn(FIRST, Pace.ONE, 1),
    ],
    [LEASE, LEASE],
    [1, 1],
)
SLOW_LOOK: Story = (
    [
        Turn(SECOND, Pace.ONE, 1),
        Turn(SECOND, Pace.ONE, 1),
        Turn(SECOND, Pace.ONE, 9),
        Turn(FIRST, Pace.PROMPT, 9),
        Turn(SECOND, Pace.PROMPT, 1),
    ],
    [LEASE, LEASE],
    [1, 1],
)
LONGER_LEASE: Story = (
    [Turn(SECOND, Pace.PROMPT, 11), Turn(FIRST, Pace.FROZEN, 8)],
    [3 * LEASE, LEASE],
    [1, 1],
)
NO_MARGIN: Story = (
    [
        Turn(SECOND, Pace.PROMPT, 3),
        Turn(FIRST, Pace.FROZEN, 3),
        Turn(SECOND, Pace.FROZEN, 9),
        Turn(SECOND, Pace.PROMPT, 1),
    ],
    [LEASE, LEASE],
    [1, 1],
)


@settings(max_examples=examples(300))
@given(stories)
@example(SLOW_SIGN)
@example(LATE_SIGN)
@example(SLOW_LOOK)
@example(LONGER_LEASE)
@example(NO_MARGIN)
def test_one_worker_at_a_time_holds_it(story: Story) -> None:
    """And each epoch is later than all before."""
    told(story)


@given(stories)
def test_what_was_given_back_is_to_be_had_at_once(story: Story) -> None:
    """No time has to pass."""
    world = told(story)
    if not world.is_free():
        return
    worker = fresh(world)
    while worker.taken is None:
        assert worker.can_go_on
        worker.go_on()
    assert worker.taken.claim.unbroken_since < worker.taken.names.epoch


@given(stories)
def test_what_the_dead_held_is_to_be_had_after_its_time(story: Story) -> None:
    """By a worker that is answered promptly: after the longest lease, a margin, and a few looks."""
    world = told(story)
    worker, began = fresh(world), world.now
    world.workers, world.paces = [worker], [Pace.PROMPT]
    while worker.taken is None:
        world.run(TICK)
        assert world.now - began < 3 * LEASE * (1 + MARGIN) * 1.02 + 3 * 2.0


def test_an_epoch_that_was_tidied_away_is_not_taken_again() -> None:
    """By a worker that was slow at its first step, while others took the lease a dozen times in no time."""
    world = World([LEASE, LEASE], [1, 1], TICK)
    slow = world.workers[0]
    while "lease-000001" not in str(slow.waits_for):
        slow.go_on()
    for _ in range(12):
        world.workers[1].act(Pace.PROMPT)
        world.happen(Event.GIVE_BACK, 1)
        world.workers[1].act(Pace.PROMPT)
        world.happen(Event.NOTHING, 1)
    assert not any("lease-000001" in name for name in world.files)
    slow.go_on()
    assert any("lease-000001" in name for name in world.files)
    while slow.can_go_on and slow.taken is None:
        slow.go_on()
    assert slow.taken is None or slow.taken.names.epoch > 12


def renew_from_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign counts from when it is known to be there."""
    renew = Tenure.renew
    monkeypatch.setattr(Tenure, "renew", lambda tenure, _, now: renew(tenure, now, now))


def renew_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign counts though the lease was over when it was known to be there."""

    def renew(tenure: Tenure, started: float, _: float) -> bool:
        tenure.until = started + tenure.seconds
        return True

    monkeypatch.setattr(Tenure, "renew", renew)


def watch_from_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence counts from before the sign was read to after it was read again."""
    see = Watch.see
    monkeypatch.setattr(Watch, "see", lambda watch, sign, asked, answered: see(watch, sign, answered, asked))


def watch_no_longer_than_one_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes over goes by a lease of its own length."""
    monkeypatch.setattr(Watch, "is_over", lambda _, silent: silent > LEASE * (1 + MARGIN))


def watch_without_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks are taken for equally fast."""
    monkeypatch.setattr(Watch, "is_over", lambda seconds, silent: silent > seconds * (1 - MARGIN))


@pytest.mark.parametrize(
    ("mistake", "story"),
    [
        (renew_from_the_answer, SLOW_SIGN),
        (renew_late, LATE_SIGN),
        (watch_from_the_question, SLOW_LOOK),
        (watch_no_longer_than_one_wants, LONGER_LEASE),
        (watch_without_margin, NO_MARGIN),
    ],
)
def test_a_mistake_would_be_found(
    mistake: Callable[[pytest.MonkeyPatch], None], story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By stories that are among those above. All but the late sign were found at random, about one in 300."""
    mistake(monkeypatch)
    with pytest.raises(AssertionError, match="all hold the lease"):
        told(story)
