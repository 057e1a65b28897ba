"""What is left of memory counts as a container sees it, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.machine.memory import available_bytes

MACHINE = {"proc/meminfo": "MemTotal:  9000 kB\nMemAvailable:    4000 kB\n"}
STAT = "anon 1\ninactive_file 300\nactive_file 7\n"


def test_here_there_is_some() -> None:
    here = available_bytes()
    assert here is None or here > 0


@pytest.mark.parametrize(
    ("files", "available"),
    [
        ({}, 4_096_000),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 4_096_000),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/memory.max": "1000\n",
                "sys/fs/cgroup/a/memory.current": "900\n",
                "sys/fs/cgroup/a/memory.stat": STAT,
            },
            400,
        ),
        (
            {
                "proc/self/cgroup": "5:memory:/docker/1f\n0::/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "1100\n",
                "sys/fs/cgroup/memory/memory.stat": "inactive_file 5\ntotal_inactive_file 200\n",
            },
            100,
        ),
    ],
    ids=["the machine", "no bound", "a bound above us", "first version, seen from inside"],
)
def test_the_least_of_what_is_free_and_what_is_allowed_counts(
    tmp_path: Path, files: dict[str, str], available: int
) -> None:
    """Files that were read are given up for it."""
    for name, text in {**MACHINE, **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available_bytes(tmp_path) == available


def test_where_nothing_tells_nothing_is_known(tmp_path: Path) -> None:
    assert available_bytes(tmp_path) is None
