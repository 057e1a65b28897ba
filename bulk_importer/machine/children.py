"""How a child process of this program is started: its own interpreter and path, and a function to call.

Not `multiprocessing`: that imports the program's `__main__` again, which needs a main guard that a user's script or a
notebook does not have; forks a process that may hold threads and locks; and leaves semaphores behind.
"""

from __future__ import annotations

import json
import sys

__all__ = ["child_command"]

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
