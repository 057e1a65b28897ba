"""What leaves is counted, with how many others were in flight."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest
from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    Cause,
    InDoubt,
    Refuse,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.events import Event, RequestEnded
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.interfaces import SendContext
from bulk_importer.transfer.sender.counted import Counted
from bulk_importer.transfer.stop import StopSwitch
from support.sending import BATCH, CONTEXT, FakeSender


def unseen(event: Event) -> None:
    """Nobody looks."""


async def test_requests_and_those_of_them_that_had_left_before_are_counted() -> None:
    """A retry is a request, too."""
    counted = Counted(FakeSender(), Steering(StopSwitch()), unseen, lambda: 0.0)
    await counted.send(BATCH, CONTEXT)
    await counted.send(BATCH, replace(CONTEXT, attempt=2))
    assert (counted.requests, counted.retries) == (2, 1)


async def test_the_context_says_when_a_request_left_and_beside_how_many() -> None:
    """One that comes when the others have landed is by itself again."""
    inside: list[tuple[float, int]] = []
    lands = asyncio.Event()

    class Slow:
        async def send(self, batch: Batch, context: SendContext) -> Verdict:
            inside.append((context.left_at, context.in_flight))
            await lands.wait()
            return Accept()

    times = count(1.0)
    counted = Counted(Slow(), Steering(StopSwitch()), unseen, lambda: next(times))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(counted.send(BATCH, CONTEXT))
        tasks.create_task(counted.send(BATCH, CONTEXT))
        await asyncio.sleep(0)
        lands.set()
    await counted.send(BATCH, CONTEXT)
    assert inside == [(1.0, 1), (2.0, 2), (5.0, 1)]


@pytest.mark.parametrize(
    ("verdict", "outcome", "cause"),
    [
        (Accept(), "accepted", ""),
        (Refuse("ex_gen_geometry", (), "no"), "refused", ""),
        (Again(Cause.TIMED_OUT, "slow"), "not executed", "timed out"),
        (InDoubt(Cause.DISCONNECTED, "gone"), "lost", "disconnected"),
        (TurnedAway(StopKind.NOT_DATAGYM, "a page"), "turned away", ""),
    ],
)
async def test_the_end_of_each_request_is_told_once(verdict: Verdict, outcome: str, cause: str) -> None:
    """With what came of it, and how long it took."""
    told: list[Event] = []
    times = count(1.0)
    await Counted(FakeSender(verdict), Steering(StopSwitch()), told.append, lambda: next(times)).send(
        BATCH, CONTEXT
    )
    (event,) = told
    assert isinstance(event, RequestEnded)
    assert (event.outcome, event.cause, event.seconds, event.in_flight) == (outcome, cause, 1.0, 0)


async def test_a_request_that_is_broken_off_has_an_end() -> None:
    """Sums agree with what left, whatever ends it."""

    class Failing:
        async def send(self, batch: Batch, context: SendContext) -> Verdict:
            raise asyncio.CancelledError

    told: list[Event] = []
    with pytest.raises(asyncio.CancelledError):
        await Counted(Failing(), Steering(StopSwitch()), told.append, lambda: 0.0).send(BATCH, CONTEXT)
    assert [each.outcome for each in told if isinstance(each, RequestEnded)] == ["broken off"]
