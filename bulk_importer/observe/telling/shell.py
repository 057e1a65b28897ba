"""Runs a command of the shell beside the event loop, and ends it with all that it started where nobody waits longer."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress

__all__ = ["run_in_shell"]

_TERM_SECONDS = 1.0
"""How long a command may take to end itself, and the system to end it: what waits for a lost disk never ends."""


async def run_in_shell(command: str, environment: Mapping[str, str], *, output: int) -> int:
    """Run a command in a process group of its own, which reads nothing; return its exit code, below zero for a signal.

    Where this is cancelled, the whole group is told to end, and killed when it does not. What the command left in the
    background when it ended by itself is left alone.

    Args:
        output: a descriptor for what it writes on either stream.

    Raises:
        OSError: there is no shell, or no process can be made.
    """
    process = await asyncio.create_subprocess_shell(
        command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=dict(environment),
        start_new_session=True,
    )
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _end(process)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    # Not by `asyncio.timeout`: that of Python 3.11.2 raises no TimeoutError in a task that is being cancelled.
    end = asyncio.ensure_future(process.wait())
    # Killed also where the shell has ended by then: what it started may not have.
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        await asyncio.wait([end], timeout=_TERM_SECONDS)
    end.cancel()
