"""The program of a child that a worker of Dask starts: a command that also stops when standard input ends."""

from __future__ import annotations

import os
import signal
import sys
import threading

from bulk_importer.cli import main

__all__ = ["run"]


def run(*arguments: str) -> None:
    """Run the command with these arguments, and stop it as SIGTERM does when the other end of standard input closes.

    The worker's process has that end, so it closes also when that is killed.
    """
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a command that somebody may interrupt, as any other
    threading.Thread(target=_stop_at_the_end, daemon=True, name="standard input").start()
    sys.argv[1:] = arguments
    main.run()


def _stop_at_the_end() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
