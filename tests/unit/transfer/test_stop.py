"""The wish to end a run reaches everybody."""

from __future__ import annotations

import asyncio

from bulk_importer.errors import ExitCode
from bulk_importer.transfer.stop import StopSwitch


async def test_the_first_wish_to_stop_counts() -> None:
    """Its reason and its exit code stay; listeners are told once, late ones at once."""
    stop = StopSwitch()
    heard: list[str] = []
    stop.subscribe(lambda: heard.append("early"))
    stop.request("SIGTERM", ExitCode.TERMINATED)
    stop.request("something else", ExitCode.SERVER)
    stop.subscribe(lambda: heard.append("late"))
    assert (stop.reason, stop.exit_code) == ("SIGTERM", ExitCode.TERMINATED)
    assert heard == ["early", "late"]


async def test_a_stop_ends_a_sleep() -> None:
    """Who waits to send something again need not wait any longer; a sleep that begins later is over at once."""
    stop = StopSwitch()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(stop.sleep(3600.0))
        stop.request("enough", ExitCode.TERMINATED)
    async with asyncio.timeout(60):
        await stop.sleep(3600.0)
