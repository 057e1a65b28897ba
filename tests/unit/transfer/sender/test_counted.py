"""What leaves is counted, with how many others were in flight."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import Accept, Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.interfaces import SendContext
from bulk_importer.transfer.sender.counted import Counted
from bulk_importer.transfer.stop import StopSwitch
from support.sending import BATCH, CONTEXT, FakeSender


async def test_requests_and_those_of_them_that_had_left_before_are_counted() -> None:
    """A retry is a request, too."""
    counted = Counted(FakeSender(), Steering(StopSwitch()), lambda: 0.0)
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

    times = iter((1.0, 2.0, 3.0))
    counted = Counted(Slow(), Steering(StopSwitch()), lambda: next(times))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(counted.send(BATCH, CONTEXT))
        tasks.create_task(counted.send(BATCH, CONTEXT))
        await asyncio.sleep(0)
        lands.set()
    await counted.send(BATCH, CONTEXT)
    assert inside == [(1.0, 1), (2.0, 2), (3.0, 1)]
