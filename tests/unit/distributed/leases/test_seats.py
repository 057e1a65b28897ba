"""As many workers have a seat as there are seats; the next one has the first that becomes free."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bulk_importer.distributed.leases.interfaces import Held
from bulk_importer.distributed.leases.seats import seat_of, take_seat
from bulk_importer.distributed.places.folder import FolderPlace


async def test_each_worker_has_another_seat_and_the_next_one_waits(tmp_path: Path) -> None:
    """Until any of them is given back."""
    place, held = FolderPlace(tmp_path), list[Held]()

    async def wait(who: Held, seconds: float) -> None:
        held.append(who)
        await asyncio.sleep(seconds)

    async def refuse(who: Held, _: float) -> None:
        pytest.fail(f"{who.key} is held")

    leases = [await take_seat(place, 3, holder=f"{n}", seconds=1, wait=refuse) for n in range(3)]
    assert sorted(seat_of(lease) for lease in leases) == [0, 1, 2]
    async with leases[0].kept(), leases[1].kept(), leases[2].kept(), asyncio.TaskGroup() as group:
        fourth = group.create_task(take_seat(place, 3, holder="4", seconds=1, wait=wait))
        while not held:
            await asyncio.sleep(0.01)
        await leases[1].give_back()
    assert seat_of(await fourth) == seat_of(leases[1])
