"""A clock that runs on while the process is stopped and the machine sleeps, and that nobody sets."""

from __future__ import annotations

import time

__all__ = ["boot_seconds"]

# What Python calls `monotonic` stands still while a Linux or a Mac sleeps. On a Mac this clock of the system does not.
_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_seconds() -> float:
    """Seconds since some moment, of which only differences within one process mean anything."""
    return time.clock_gettime(_CLOCK)
