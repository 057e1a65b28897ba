"""Requests are in flight together, or one of them by itself."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import Accept, Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import SendContext
from bulk_importer.transfer.sender.exclusive import Exclusive, SharedExclusiveLock
from support.sending import BATCH, CONTEXT


async def test_a_batch_that_has_to_be_alone_leaves_when_the_others_have_landed() -> None:
    """Any of them could be the one that it deadlocks with."""
    inside: list[bool] = []

    class Slow:
        async def send(self, batch: Batch, context: SendContext) -> Verdict:
            inside.append(context.exclusive)
            await asyncio.sleep(0.001)
            inside.pop()
            assert not inside or not context.exclusive
            return Accept()

    exclusive = Exclusive(Slow())
    alone = replace(CONTEXT, exclusive=True)
    async with asyncio.TaskGroup() as tasks:
        together = [tasks.create_task(exclusive.send(BATCH, CONTEXT)) for _ in range(2)]
        await asyncio.sleep(0)
        last = tasks.create_task(exclusive.send(BATCH, alone))
        await asyncio.gather(*together)
        assert not last.done()


async def test_one_that_wants_the_lock_alone_waits_for_the_others_and_goes_before_new_ones() -> None:
    """So it is its turn soon, however many there are."""
    lock = SharedExclusiveLock()
    happened: list[str] = []
    leaves = asyncio.Event()

    async def share(name: str) -> None:
        async with lock.shared():
            happened.append(f"{name} in")
            await leaves.wait()
            happened.append(f"{name} out")

    async def be_alone() -> None:
        async with lock.exclusive():
            happened.append("alone in")
            await asyncio.sleep(0)
            happened.append("alone out")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(share("first"))
        await asyncio.sleep(0.001)
        tasks.create_task(be_alone())
        await asyncio.sleep(0.001)
        tasks.create_task(share("second"))
        await asyncio.sleep(0.001)
        leaves.set()
    assert happened == ["first in", "first out", "alone in", "alone out", "second in", "second out"]


async def test_one_that_gives_up_waiting_for_the_lock_leaves_it_to_the_others() -> None:
    """A cancelled wait must not keep everybody off for ever."""
    lock = SharedExclusiveLock()
    async with lock.shared():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), lock.exclusive():
                raise AssertionError("others hold it")
        async with asyncio.timeout(60), lock.shared():
            pass
    async with asyncio.timeout(60), lock.exclusive():
        pass
