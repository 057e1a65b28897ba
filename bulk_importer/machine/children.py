"""How a child process of this program is started: its own interpreter and path, and a function to call; its pipes.

Not `multiprocessing`: that imports the program's `__main__` again, which needs a main guard that a user's script or a
notebook does not have; forks a process that may hold threads and locks; and leaves semaphores behind.
"""

from __future__ import annotations

import fcntl
import json
import sys
from contextlib import suppress
from typing import IO

__all__ = ["child_command", "make_roomy"]

_ROOM_BYTES = 1 << 20  # as much as anybody may have, unless the system was told otherwise

# `-P` keeps the working folder out of the search for `json`; then the parent's own path takes over, because the
# package may have been found through it. What is imported stays, so that nothing of it is worth collecting; the
# function turns that on again. Ctrl-C at a terminal is meant for the parent, and would only leave a traceback here.
_BOOT = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "import gc, sys, json; gc.disable(); sys.path[:] = json.loads(sys.argv[1]); "
    "from {} import {}; {}(*sys.argv[2:])"
)


def child_command(module: str, function: str, *arguments: str) -> list[str]:
    """The command that calls a function of a module with these texts, in a process that ignores Ctrl-C."""
    boot = _BOOT.format(module, function, function)
    return [sys.executable, "-P", "-X", "faulthandler", "-c", boot, json.dumps(sys.path), *arguments]


def make_roomy(pipe: IO[bytes]) -> None:
    """Let a pipe hold a MiB, so that who writes need not wait for who reads; where it may not, it stays as it is."""
    set_size = getattr(fcntl, "F_SETPIPE_SZ", None)  # of Linux
    if set_size is not None:
        with suppress(OSError):
            fcntl.fcntl(pipe, set_size, _ROOM_BYTES)
