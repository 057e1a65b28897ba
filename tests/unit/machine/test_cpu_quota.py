"""A container's quota counts, in both versions of control groups; without one, the cores that there are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bulk_importer.machine.cpu_quota import usable_cores

CORES = len(os.sched_getaffinity(0))


def machine(root: Path, own: str, files: dict[str, str]) -> Path:
    """A machine whose /proc and /sys say this."""
    for name, text in {
        "proc/self/cgroup": own,
        **{f"sys/fs/cgroup/{name}": text for name, text in files.items()},
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_here_it_is_at_least_one_and_no_more_than_the_machine_has() -> None:
    assert 1 <= usable_cores() <= CORES


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/\n", {"cpu.max": "100000 100000\n"}),
        (
            "0::/a.slice/b.service\n",
            {"a.slice/cpu.max": "50000 100000\n", "a.slice/b.service/cpu.max": "max 100000\n"},
        ),
        (
            "4:cpu,cpuacct:/docker/1f\n0::/\n",
            {"cpu/docker/1f/cpu.cfs_quota_us": "150000\n", "cpu/docker/1f/cpu.cfs_period_us": "100000\n"},
        ),
        (
            "4:cpu,cpuacct:/docker/1f\n",
            {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"},
        ),
    ],
    ids=["one core", "half a core above us", "first version", "first version, seen from inside"],
)
def test_a_quota_counts_in_whole_cores(tmp_path: Path, own: str, files: dict[str, str]) -> None:
    assert usable_cores(machine(tmp_path, own, files)) == 1


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/\n", {"cpu.max": "max 100000\n"}),
        ("0::/\n", {"cpu.max": "9900000 100000\n"}),
        ("0::/\n", {"cpu.max": "\n"}),
        (
            "4:memory:/a\n3:cpu:/a\n",
            {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
        ),
        ("0::/../elsewhere\n", {}),
        ("", {}),
    ],
    ids=[
        "none",
        "more than there are",
        "unreadable",
        "none, first version",
        "outside of what is mounted",
        "no groups",
    ],
)
def test_without_a_smaller_quota_all_cores_are_used(tmp_path: Path, own: str, files: dict[str, str]) -> None:
    assert usable_cores(machine(tmp_path, own, files)) == CORES
