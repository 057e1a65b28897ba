"""Holds back what only looks at the server while a run is paused, so that a paused run leaves it alone."""

from __future__ import annotations

from bulk_importer.datagym.answers.verdicts import Again, NotSent, Stop, TurnedAway, Verdict
from bulk_importer.errors import BulkImporterError
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.interfaces import UploadRoute

__all__ = ["Held"]


class Held:
    """An upload route whose requests that change nothing wait while the run is paused. For uploads see `Guarded`."""

    def __init__(self, inner: UploadRoute, steering: Steering) -> None:
        self._inner = inner
        self._steering = steering
        # Whether a stop ended a pause in which something waited here; set by `_is_over`.
        self._is_cut_off = False

    async def upload(self, body: bytes) -> Verdict:
        """As the route does it."""
        return await self._inner.upload(body)

    async def upload_nothing(self) -> Verdict:
        """As the route does it, once it may; `NotSent` where the run is to stop instead."""
        return NotSent(is_on_record=False) if await self._is_over() else await self._inner.upload_nothing()

    async def rehearse(self, body: bytes) -> Verdict:
        """As the route does it, once it may; `NotSent` where the run is to stop instead."""
        return NotSent(is_on_record=False) if await self._is_over() else await self._inner.rehearse(body)

    async def probe(self) -> Verdict:
        """As the route does it, once it may; `NotSent` where the run is to stop instead."""
        return NotSent(is_on_record=False) if await self._is_over() else await self._inner.probe()

    async def is_working(self) -> bool:
        """As the route does it, once it may; False where the run is to stop instead."""
        return not await self._is_over() and await self._inner.is_working()

    async def light_read(self) -> bool:
        """As the route does it; False where it had to wait, because it is timed by who asks."""
        return not await self._steering.passes() and await self._inner.light_read()

    def error(self, verdict: Stop | TurnedAway | Again) -> BulkImporterError:
        """As the route does it."""
        return self._inner.error(verdict)

    async def _is_over(self) -> bool:
        """Whether the run was paused until it was to stop; then nothing more is looked at."""
        if await self._steering.passes() and self._steering.stop.is_requested:
            self._is_cut_off = True
        return self._is_cut_off
