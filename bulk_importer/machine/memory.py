"""How much memory is there to be had: what the machine has free, or less where a container's bound says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bulk_importer.machine.control_groups import control_groups

__all__ = ["available_bytes"]

_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)


def available_bytes(root: Path = Path("/")) -> int | None:
    """About how many bytes of memory are free; None where nothing tells. `root` is the folder of /proc and /sys."""
    return min([*_free(root), *_left(root)], default=None)


def _free(root: Path) -> Iterator[int]:
    try:
        found = _AVAILABLE.search((root / "proc/meminfo").read_text())
    except OSError:
        return
    if found:
        yield 1024 * int(found[1])


def _left(root: Path) -> Iterator[int]:
    """What the control groups of this process leave, with what the kernel would take back from files that were read."""
    for group, is_second in control_groups("memory", root):
        bound, used, reclaimed = (
            ("memory.max", "memory.current", "inactive_file")
            if is_second
            else ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        )
        try:
            most, now = (group / bound).read_text().strip(), int((group / used).read_text())
            files = re.search(rf"^{reclaimed} (\d+)$", (group / "memory.stat").read_text(), re.MULTILINE)
        except (OSError, ValueError):
            continue
        if most.isdigit():
            yield max(0, int(most) - now + (int(files[1]) if files else 0))
