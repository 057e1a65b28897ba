"""How many cores this process may use: those it is bound to, or fewer where a container's quota says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bulk_importer.machine.control_groups import control_groups

__all__ = ["usable_cores"]


def usable_cores(root: Path = Path("/")) -> int:
    """How many cores this process may use, at least 1. `root` is the folder of /proc and /sys."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min([bound, *(int(cores) for cores in _quotas(root))]))


def _quotas(root: Path) -> Iterator[float]:
    """The quotas of the control groups of this process, in cores."""
    for group, is_second in control_groups("cpu", root):
        if is_second:
            yield from _quota_of(group / "cpu.max")
        else:
            yield from _quota_of(group / "cpu.cfs_quota_us", group / "cpu.cfs_period_us")


def _quota_of(*files: Path) -> Iterator[float]:
    """Quota by period; nothing where there is no file, or no quota (`max`; in the first version -1)."""
    try:
        quota, period = " ".join(file.read_text() for file in files).split()
    except (OSError, ValueError):
        return
    if quota.isdigit() and period.isdigit() and int(period):
        yield int(quota) / int(period)
