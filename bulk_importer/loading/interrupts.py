"""Ctrl-C where nothing is held that would have to be put in order: while modules load, and once a command is over.

An exception there would be shown with a traceback, or be lost in a callback of the import system. It ends the process
instead, and nothing is said: who pressed the keys sees them. This module imports little, so that it comes first.
"""

from __future__ import annotations

import os
import signal

__all__ = ["end_on_interrupts", "raise_on_interrupts"]

_EXIT_CODE = 130
"""As `ExitCode` has it, which takes longer to import."""


def end_on_interrupts() -> None:
    """From now on Ctrl-C ends the process with exit code 130, unless somebody has decided otherwise about it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_on_interrupts() -> None:
    """From now on Ctrl-C is a `KeyboardInterrupt` again, where `end_on_interrupts` had changed that."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: object) -> None:
    os._exit(_EXIT_CODE)
