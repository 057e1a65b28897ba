"""Lets requests be in flight together, or one of them by itself.

A single entry that keeps failing with `ex_system` is called refused only when it failed with nothing else in
flight: any other request could be the one that it deadlocks with.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bulk_importer.datagym.answers.verdicts import Verdict
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import SendContext, Sender

__all__ = ["Exclusive", "SharedExclusiveLock"]


class Exclusive:
    """Sends a batch beside others, or, where its context says so, with nothing else in flight."""

    def __init__(self, inner: Sender) -> None:
        self._inner = inner
        self._lock = SharedExclusiveLock()

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Wait until the batch may leave beside what is in flight, then send it."""
        async with self._lock.exclusive() if context.exclusive else self._lock.shared():
            return await self._inner.send(batch, context)


class SharedExclusiveLock:
    """A lock for many, or for one alone. One that wants it alone goes before those that come later."""

    def __init__(self) -> None:
        # How many hold it, and how many want it alone or have it so. Changed under `_changed` by the methods.
        self._holders = 0
        self._exclusive = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Hold the lock together with others."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._exclusive)
            self._holders += 1
        try:
            yield
        finally:
            await self._release()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Hold the lock alone: waits until those who hold it are through, and keeps new ones off meanwhile."""
        async with self._changed:
            self._exclusive += 1
            try:
                await self._changed.wait_for(lambda: self._holders == 0)
            except BaseException:
                self._exclusive -= 1
                self._changed.notify_all()
                raise
            self._holders += 1
        try:
            yield
        finally:
            self._exclusive -= 1
            await self._release()

    async def _release(self) -> None:
        self._holders -= 1
        async with self._changed:
            self._changed.notify_all()
