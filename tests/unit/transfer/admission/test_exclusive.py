"""Who may send with whom."""

from __future__ import annotations

import asyncio

import pytest

from bulk_importer.transfer.admission.exclusive import SharedExclusiveLock


async def test_one_that_wants_the_road_alone_waits_for_the_others_and_goes_before_new_ones() -> None:
    """So it is its turn soon, however many there are."""
    traffic = SharedExclusiveLock()
    happened: list[str] = []
    leaves = asyncio.Event()

    async def share(name: str) -> None:
        async with traffic.shared():
            happened.append(f"{name} in")
            await leaves.wait()
            happened.append(f"{name} out")

    async def be_alone() -> None:
        async with traffic.alone():
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


async def test_one_that_gives_up_waiting_for_the_road_leaves_it_to_the_others() -> None:
    """A cancelled wait must not keep everybody off for ever."""
    traffic = SharedExclusiveLock()
    async with traffic.shared():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), traffic.alone():
                raise AssertionError("the road is taken")
        async with asyncio.timeout(10), traffic.shared():
            pass
    async with asyncio.timeout(10), traffic.alone():
        pass
