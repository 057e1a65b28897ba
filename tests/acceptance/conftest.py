"""The command line program as a fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.commands import Command


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """The command line program."""
    one = Command(tmp_path)
    yield one
    for process in one.started:
        if process.poll() is None:
            process.kill()
        process.communicate()
