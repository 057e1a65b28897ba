"""Who waits hears when a batch is back."""

from __future__ import annotations

import asyncio

from bulk_importer.datagym.answers.verdicts import Again, Cause, NotSent
from bulk_importer.packing import Pool
from bulk_importer.transfer.adaptive.gate import Bounds, Gate
from bulk_importer.transfer.sender.returned import Returned
from bulk_importer.transfer.slots import Slots
from bulk_importer.transfer.stop import StopSwitch
from support.sending import BATCH, FakeSender, admission_of


async def test_another_batch_may_try_when_the_one_that_tried_is_through() -> None:
    """Also where it did not leave."""
    admission = admission_of(StopSwitch())
    slots = Slots(Pool(1), Gate(Bounds()), admission, lambda: 0.0)
    breaker, woken = admission.breaker, asyncio.Event()
    breaker.saw(Again(Cause.UNREACHABLE, "refused"))
    async with asyncio.TaskGroup() as tasks:
        probing = tasks.create_task(breaker.run(woken.set))
        await woken.wait()
        probing.cancel()
    context = slots.take(starved=False)
    assert context.is_trial
    assert not breaker.may_acquire
    held_back = FakeSender(NotSent(is_on_record=False))
    await Returned(held_back, admission, wake=slots.wake, clock=lambda: 0.0).send(BATCH, context)
    assert breaker.may_acquire
