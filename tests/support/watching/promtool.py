"""Prometheus' own check of what programs expose, and of rules; tests that need it are skipped where it is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["needs_promtool", "promtool"]

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def promtool(*arguments: str | Path, given: bytes = b"") -> None:
    """Run it; fails with what it says where anything is wrong."""
    done = subprocess.run(
        ["promtool", *map(str, arguments)], input=given, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
