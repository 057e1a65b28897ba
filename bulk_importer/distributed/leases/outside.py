"""A place as it is seen from the event loop: each call in a thread of its own, which may hang for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TypeVar

from bulk_importer.distributed.leases.interfaces import Held
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.machine.aside import aside

__all__ = ["PlaceOutside"]

_T = TypeVar("_T")


class PlaceOutside:
    """What taking and keeping a lease asks for, of a place and of the machine."""

    def __init__(
        self,
        place: Place,
        clock: Callable[[], float],
        wait: Callable[[Held, float], Awaitable[None]],
    ) -> None:
        self.name = place.name
        self._place = place
        self.now = clock
        self._wait = wait

    async def rest(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    async def wait(self, held: Held, seconds: float) -> None:
        await self._wait(held, seconds)

    async def read(self, key: str, until: float = inf) -> bytes | None:
        return await self._within(until, aside(self._place.read, key))

    async def create(self, key: str, content: bytes, until: float = inf) -> bool:
        return await self._within(until, aside(self._place.create, key, content))

    async def replace(self, key: str, content: bytes, until: float = inf) -> None:
        await self._within(until, aside(self._place.replace, key, content))

    async def remove(self, key: str, until: float = inf) -> None:
        await self._within(until, aside(self._place.remove, key))

    async def names(self, prefix: str, until: float = inf) -> Sequence[str]:
        return await self._within(until, aside(self._place.names, prefix))

    async def _within(self, until: float, call: Awaitable[_T]) -> _T:
        left = until - self.now()
        async with asyncio.timeout(None if left == inf else max(0.0, left)):
            return await call
