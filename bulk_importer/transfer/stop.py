"""The wish to end a run: who has it, and everybody who has to know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bulk_importer.errors import ExitCode, Interrupted

__all__ = ["StopSwitch"]


class StopSwitch:
    """The wish to end a run. Once requested it stays: nothing new leaves. An abort gives up what is in flight, too."""

    def __init__(self) -> None:
        # Changed by `request` and `abort` alone; the first reason counts.
        self._requested = asyncio.Event()
        self._aborted = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.reason = ""
        self.exit_code = ExitCode.DELIVERED

    @property
    def is_requested(self) -> bool:
        """Whether nothing new may leave."""
        return self._requested.is_set()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the run is to end, at once where that is wished already."""
        self._listeners.append(listener)
        if self.is_requested:
            listener()

    def request(self, reason: str, exit_code: ExitCode) -> None:
        """End the run; what is in flight may land."""
        if self.is_requested:
            return
        self.reason, self.exit_code = reason, exit_code
        self._requested.set()
        for listener in self._listeners:
            listener()

    def abort(self) -> None:
        """Give up what is in flight: it is in doubt, unless its body had not left."""
        self._aborted.set()

    async def requested(self) -> None:
        """Return when the run is to end."""
        await self._requested.wait()

    async def aborted(self) -> None:
        """Return when what is in flight is to be given up."""
        await self._aborted.wait()

    async def sleep(self, seconds: float) -> None:
        """Wait so long, or until the run is to end."""
        try:
            async with asyncio.timeout(seconds):
                await self._requested.wait()
        except TimeoutError:
            return

    async def rest(self, seconds: float) -> None:
        """Wait so long between two attempts at something that the run cannot go on without.

        Raises:
            Interrupted: the run is to end.
        """
        await self.sleep(seconds)
        if self.is_requested:
            raise Interrupted(self.reason, self.exit_code)

    @asynccontextmanager
    async def breaking_off(self) -> AsyncIterator[None]:
        """Break off what is inside as soon as the run is to end: for what leaves nothing half done.

        Raises:
            Interrupted: it was broken off.
        """
        is_over = False

        def break_off() -> None:
            if not is_over:
                deadline.reschedule(asyncio.get_running_loop().time())

        deadline = asyncio.timeout(None)
        try:
            async with deadline:
                self.subscribe(break_off)
                yield
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise Interrupted(self.reason, self.exit_code) from error
        finally:
            is_over = True
