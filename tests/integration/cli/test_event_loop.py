"""A command may be interrupted when its coroutine is over, and its loop is closed."""

from __future__ import annotations

import signal
import subprocess
import sys

_PROGRAM = """
import asyncio, contextlib, os, signal, threading, time
from bulk_importer.cli.event_loop import run_in_loop

def interrupt():
    while threading.active_count() < 3:  # there is no thread yet that closes the pool of this one
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.3)

async def main():
    asyncio.get_running_loop().run_in_executor(None, interrupt)

with contextlib.suppress(KeyboardInterrupt):
    run_in_loop(main())
"""


def test_an_interruption_while_the_loop_is_closed_ends_it_without_a_word() -> None:
    """Else the thread that closes the pool of threads calls a loop that is gone, and a traceback is printed."""
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")
