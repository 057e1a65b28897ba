"""Tells a service manager how a command is: ready, how far, and how long it may take to end after a signal."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from bulk_importer.cli.watching.service.datagrams import ServiceManager
from bulk_importer.cli.watching.watch import Outcome, Watched
from bulk_importer.observe.progress_state import ProgressState

if TYPE_CHECKING:
    from bulk_importer.events import Event

__all__ = ["opened"]

_SECONDS_BETWEEN = 2.0
_SECONDS_TO_WRITE = 30.0
"""What may be left to do when nothing is in flight any more: the checkpoint, the report, who is told of the end."""


@asynccontextmanager
async def opened(watched: Watched) -> AsyncIterator[_Notifying]:
    """Tell it from now on. What is wrong with the server or the source is a matter of the run, so this is the start."""
    notifying = _Notifying(ServiceManager(os.environ["NOTIFY_SOCKET"]), watched.settings.grace)
    watched.stop.subscribe(notifying.stop)
    notifying.begin(watched.command)
    ticking = asyncio.ensure_future(notifying.keep())
    try:
        yield notifying
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking


class _Notifying:
    """How the command is, and what of it was told last."""

    def __init__(self, manager: ServiceManager, grace_seconds: float) -> None:
        self._manager = manager
        self._grace_seconds = grace_seconds
        # Changed by a call, and by `_tell`.
        self._progress = ProgressState(time.monotonic())
        self._told = ""

    def __call__(self, event: Event) -> None:
        self._progress.see(event, time.monotonic())

    async def ended(self, outcome: Outcome) -> None:
        """Tell how it ended; what `systemctl status` shows of it afterwards."""
        self._tell(f"{outcome.state}, exit code {int(outcome.exit_code)}")

    def begin(self, command: str) -> None:
        """Tell that it runs."""
        self._manager.tell(READY="1", STATUS=f"{command} begins")

    def stop(self) -> None:
        """Tell that it was told to end, and that it will, in a time that the unit need not know."""
        seconds = self._grace_seconds + _SECONDS_TO_WRITE
        self._manager.tell(STOPPING="1", EXTEND_TIMEOUT_USEC=str(round(seconds * 1_000_000)))

    async def keep(self) -> None:
        """Tell now and then how far it is, until this is cancelled."""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            self._tell("; ".join(part.text.strip() for part in self._progress.parts(time.monotonic())))

    def _tell(self, text: str) -> None:
        if text and text != self._told:
            self._told = text
            self._manager.tell(STATUS=text)
