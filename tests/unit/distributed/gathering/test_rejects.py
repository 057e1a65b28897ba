"""Lines come out in the order of the source, however many there are."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bulk_importer.distributed.gathering.rejects import in_order


@pytest.mark.parametrize("chunk_bytes", [1, 1000, 1 << 20])
def test_lines_are_sorted_in_memory_and_on_disk_alike(tmp_path: Path, chunk_bytes: int) -> None:
    """What has no room is spilled, and nothing of that is left."""
    lines = [(position, b'{"position":%d}\n' % position) for position in range(0, 90, 3)]
    mixed = random.Random(1).sample(lines, len(lines))
    assert list(in_order(iter(mixed), tmp_path, chunk_bytes=chunk_bytes)) == lines
    assert not list(tmp_path.iterdir())
