"""What passes is sent again, within reason; everything else leaves the loop at once."""

from __future__ import annotations

import gc
import weakref

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
from bulk_importer.datagym.retry import Retrying, until_answered

BUSY = Again(Cause.UNAVAILABLE, "status 503")


class World:
    """A clock that sleeping moves on, and a server that says things in turn."""

    def __init__(self, *verdicts: Verdict, budget: RetryBudget | None = None, max_attempts: int = 8) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.told: list[tuple[int, float]] = []
        self.attempts: list[int] = []
        self.may_retry = True
        self._left = list(verdicts)
        self.retrying = Retrying(
            RetryPolicy(base_seconds=1.0, cap_seconds=8.0),
            budget=budget or RetryBudget(),
            clock=lambda: self.now,
            max_attempts=max_attempts,
            may_retry=lambda verdict, attempt: self.may_retry,
            sleep=self.sleep,
            chance=lambda: 0.999,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def send(self, attempt: int) -> Verdict:
        self.attempts.append(attempt)
        return self._left.pop(0) if self._left else Accept()

    async def run(self) -> Verdict:
        return await self.retrying.until_final(
            self.send, lambda attempt, seconds, _: self.told.append((attempt, seconds))
        )


async def test_what_passes_is_sent_again_after_growing_waits() -> None:
    """And each wait is told of before it begins."""
    world = World(*[BUSY] * 5)
    assert await world.run() == Accept()
    assert world.attempts == [1, 2, 3, 4, 5, 6]
    assert [round(seconds) for seconds in world.slept] == [1, 2, 4, 8, 8]
    assert [seconds for _, seconds in world.told] == world.slept


async def test_what_the_server_asks_for_is_waited_for() -> None:
    """And not less, whatever chance says."""
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


async def test_a_look_up_is_tried_until_its_time_is_over() -> None:
    """Then the last failure is raised; one that does not pass is raised at once."""
    world = World()
    tries = 0

    async def look_up() -> None:
        nonlocal tries
        tries += 1
        raise ConnectionError if tries < 50 else LookupError

    with pytest.raises(LookupError):
        await until_answered(
            look_up,
            RetryPolicy(base_seconds=1e-6, cap_seconds=1e-6),
            is_passing=lambda error: isinstance(error, ConnectionError),
            asked_seconds=lambda _: None,
            max_seconds=lambda: 60.0,
            on_wait=lambda *_: None,
            sleep=world.sleep,
            chance=lambda: 0.5,
        )
    assert tries == 50


class Body:
    """Stands for the megabytes of a batch."""


@pytest.mark.parametrize("verdicts", [[], [BUSY]], ids=["at once", "after a retry"])
async def test_what_is_sent_is_let_go_with_the_verdict(verdicts: list[Verdict]) -> None:
    """And not when the garbage collector comes round, by when dozens of batches would have come together."""
    world = World(*verdicts)

    async def carry() -> weakref.ref[Body]:
        body = Body()

        async def send(attempt: int) -> Verdict:
            assert body
            return await world.send(attempt)

        def on_retry(attempt: int, seconds: float, verdict: Again) -> None:
            assert body

        await world.retrying.until_final(send, on_retry)
        return weakref.ref(body)

    gc.disable()
    try:
        left = await carry()
        assert left() is None
    finally:
        gc.enable()


async def test_a_look_up_waits_for_as_long_as_the_server_asks_for() -> None:
    """But no longer than it may take altogether: then it is tried a last time."""
    world = World()
    asked = iter([20.0, None, 3000.0])

    async def look_up() -> str:
        if len(world.slept) < 3:
            raise ConnectionError
        return "found"

    found = await until_answered(
        look_up,
        RetryPolicy(),
        is_passing=lambda error: isinstance(error, ConnectionError),
        asked_seconds=lambda _: next(asked),
        max_seconds=lambda: 60.0,
        on_wait=lambda *_: None,
        sleep=world.sleep,
        chance=lambda: 0.5,
    )
    assert found == "found"
    assert world.slept[:2] == [20.25, 0.5]
    assert world.slept[2] <= 60.0
