"""A batch waits for the rates that a person allowed."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from bulk_importer.datagym.timing import Timing
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.schedule import SendSchedule
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.sender.paced import Paced
from bulk_importer.transfer.stop import StopSwitch
from support.sending import BATCH, CONTEXT, FakeSender


async def test_a_batch_is_charged_for_its_entries_and_the_next_one_waits() -> None:
    """The gate is told which: the time of one that waited says nothing about a setting."""
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        await asyncio.sleep(0)

    timing = Timing(lambda: now, sleep)
    schedule = SendSchedule(
        Pacing(entries_per_second=4), steering=Steering(StopSwitch()), timing=timing, emit=lambda _: None
    )
    inner = FakeSender()
    paced = Paced(inner, schedule)
    await paced.send(BATCH, CONTEXT)
    await paced.send(BATCH, CONTEXT)
    assert now == BATCH.entries / 4
    assert [context.paced for context in inner.contexts] == [False, True]


async def test_a_retry_counts_as_paced() -> None:
    """It waited, although not here."""
    inner = FakeSender()
    timing = Timing(lambda: 0.0, asyncio.sleep)
    schedule = SendSchedule(Pacing(), steering=Steering(StopSwitch()), timing=timing, emit=lambda _: None)
    await Paced(inner, schedule).send(BATCH, replace(CONTEXT, attempt=2))
    assert inner.contexts[0].paced
