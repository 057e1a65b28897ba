"""Lets requests share the road, or one of them have it for itself.

A single entry that keeps failing with `ex_system` is called refused only when it failed with nothing else in
flight: any other request could be the one that it deadlocks with.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["SharedExclusiveLock"]


class SharedExclusiveLock:
    """A lock for many, or for one alone. One that wants to be alone goes before those that come after it."""

    def __init__(self) -> None:
        # Requests on the road, and who wants it alone. Changed under `_changed` by the two below.
        self._on_road = 0
        self._wanted_alone = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Be on the road with others."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._wanted_alone)
            self._on_road += 1
        try:
            yield
        finally:
            await self._leave()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Have the road for oneself: waits until those on it are through, and keeps new ones off meanwhile."""
        async with self._changed:
            self._wanted_alone += 1
            try:
                await self._changed.wait_for(lambda: self._on_road == 0)
            except BaseException:
                self._wanted_alone -= 1
                self._changed.notify_all()
                raise
            self._on_road += 1
        try:
            yield
        finally:
            self._wanted_alone -= 1
            await self._leave()

    async def _leave(self) -> None:
        self._on_road -= 1
        async with self._changed:
            self._changed.notify_all()
