"""What passes is sent again, within reason; everything else leaves the loop at once."""

from __future__ import annotations

import gc
import weakref
from typing import cast

import pytest

from bulk_importer.datagym.answers.policy import RetryBudget, RetryPolicy
from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    Refuse,
    Stop,
    StopKind,
    Verdict,
)
from bulk_importer.datagym.timing import Backoff, Timing
from bulk_importer.events import Event, RetryScheduled
from bulk_importer.model import Batch
from bulk_importer.transfer.sender.retrying import Retrying
from support.sending import BATCH, CONTEXT, FakeSender

BUSY = Again(Cause.UNAVAILABLE, "status 503")


class World:
    """A clock that sleeping moves on, and a sender that says things in turn."""

    def __init__(self, *verdicts: Verdict, budget: RetryBudget | None = None, max_attempts: int = 8) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.events: list[Event] = []
        self.may_retry = True
        self.inner = FakeSender(*verdicts)
        self.retrying = Retrying(
            self.inner,
            Backoff(
                RetryPolicy(base_seconds=1.0, cap_seconds=8.0),
                Timing(lambda: self.now, self.sleep, jitter=lambda: 0.999),
            ),
            budget or RetryBudget(),
            max_attempts=max_attempts,
            may_retry=lambda verdict, attempt: self.may_retry,
            emit=self.events.append,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def run(self) -> Verdict:
        return await self.retrying.send(BATCH, CONTEXT)

    @property
    def attempts(self) -> list[int]:
        return [context.attempt for context in self.inner.contexts]


async def test_what_passes_is_sent_again_after_growing_waits() -> None:
    """And each wait is told of before it begins."""
    world = World(*[BUSY] * 5)
    assert await world.run() == Accept()
    assert world.attempts == [1, 2, 3, 4, 5, 6]
    assert [round(seconds) for seconds in world.slept] == [1, 2, 4, 8, 8]
    assert world.events == [
        RetryScheduled(batch=BATCH.number, attempt=attempt, after_seconds=seconds, reason=BUSY.reason)
        for attempt, seconds in enumerate(world.slept, 1)
    ]


async def test_what_is_sent_again_is_on_record_already() -> None:
    """Its first attempt left."""
    world = World(BUSY)
    await world.run()
    assert [context.is_on_record for context in world.inner.contexts] == [False, True]


async def test_a_part_of_a_batch_that_is_taken_apart_is_tried_again_by_others() -> None:
    """They know what the tries before it showed."""
    world = World(BUSY)
    suspect = Batch(number=8, runs=(), body=b"[1]", entries=1, weight=1, suspect=True)
    assert await world.retrying.send(suspect, CONTEXT) == BUSY
    assert world.attempts == [1]


async def test_what_the_server_asks_for_is_waited_for() -> None:
    """And not less, whatever the jitter."""
    world = World(Again(Cause.THROTTLED, "status 429", after_seconds=30.0))
    await world.run()
    assert 30 <= world.slept[0] <= 31


@pytest.mark.parametrize(
    "verdict",
    [
        Accept(),
        Again(Cause.CONFLICT, "ex_system"),
        Again(Cause.TOO_LARGE, "status 413"),
        Again(Cause.GARBLED, "half"),
        AgainInPart({0: {"": ("no",)}}, "1 error"),
        Refuse("ex_gen", (), ""),
        InDoubt(Cause.DISCONNECTED, "lost"),
        Stop(StopKind.NOT_AUTHORISED, "403"),
    ],
)
async def test_what_another_try_cannot_change_leaves_at_once(verdict: Verdict) -> None:
    """Another batch may be needed, or a person, or patience; and what is in doubt is never sent again."""
    world = World(verdict)
    assert await world.run() == verdict
    assert world.attempts == [1]


async def test_tries_are_bounded() -> None:
    """The last verdict is what the caller gets."""
    world = World(*[BUSY] * 10, max_attempts=3)
    assert await world.run() == BUSY
    assert world.attempts == [1, 2, 3]


async def test_a_run_that_stops_or_pauses_sends_nothing_again() -> None:
    """Nor does it wait."""
    world = World(BUSY)
    world.may_retry = False
    assert await world.run() == BUSY
    assert not world.slept


async def test_a_spent_budget_makes_retries_wait() -> None:
    """A server that struggles is not buried under them."""
    world = World(*[BUSY] * 4, budget=RetryBudget(share=0.0, per_second=0.01, start=1.0))
    await world.run()
    assert world.slept[0] < 2
    assert world.slept[1] > 50


class Megabytes:
    """Stands for a batch with its body."""

    number = 7
    suspect = False


@pytest.mark.parametrize("verdicts", [[], [BUSY]], ids=["at once", "after a retry"])
async def test_what_is_sent_is_let_go_with_the_verdict(verdicts: list[Verdict]) -> None:
    """And not when the garbage collector comes round, by when dozens of batches would have come together."""
    world = World(*verdicts)

    async def send() -> weakref.ref[Megabytes]:
        batch = Megabytes()
        await world.retrying.send(cast("Batch", batch), CONTEXT)
        return weakref.ref(batch)

    gc.disable()
    try:
        left = await send()
        assert left() is None
    finally:
        gc.enable()
