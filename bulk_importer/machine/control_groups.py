"""The control groups of this process, whose bounds hold for it as those of the machine do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

__all__ = ["control_groups"]


def control_groups(controller: str, root: Path = Path("/")) -> Iterator[tuple[Path, bool]]:
    """The folder of each, and whether it is of the second version; what bounds one bounds all below it.

    Args:
        controller: what is to be bounded, as the first version names it.
        root: where /proc and /sys are found.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    mounted = root / "sys/fs/cgroup"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        own = PurePosixPath(path.lstrip("/"))
        for group in (own, *own.parents):
            if not controllers:
                yield mounted / group, True
            elif controller in controllers.split(","):
                yield mounted / controller / group, False
