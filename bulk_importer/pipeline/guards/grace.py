"""Limits how long requests in flight may go on once a stop is requested (`--grace`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from bulk_importer.errors import ExitCode
from bulk_importer.events import Observer, StopRequested
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["mind_grace"]

_SIGNALS = frozenset({ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED})


async def mind_grace(
    stop: StopSwitch, settings: Settings, emit: Observer, *, give_up: Callable[[], None]
) -> None:
    """Wait for a stop, let requests in flight go on for the grace period, and then give them up.

    After a signal the period is `grace`. Any other stop leaves all the time that a request may take: nobody is about
    to kill the process. A second signal ends the period at once.

    Args:
        emit: called with `StopRequested` when the period begins.
        give_up: breaks off all requests that are in flight.
    """
    await stop.requested()
    grace = settings.grace if stop.exit_code in _SIGNALS else settings.request_timeout
    emit(StopRequested(reason=stop.reason, grace_seconds=grace))
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await stop.aborted()
    give_up()
