"""Who follows a log learns what is wrong with it, as often as they look."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.checkpoint import Checkpoint, LogTail
from bulk_importer.errors import CheckpointUnusable
from support.checkpoints import header
from support.entries import segment_of


async def test_a_log_that_is_away_for_a_time_is_followed_when_it_is_back(tmp_path: Path) -> None:
    """Each look in between says what is wrong, the second as the first."""
    checkpoint = Checkpoint.open(tmp_path, header())
    tail = LogTail(tmp_path)
    log, elsewhere = tmp_path / "log", tmp_path / "elsewhere"
    log.rename(elsewhere)
    log.mkdir()
    for _ in range(2):
        with pytest.raises(CheckpointUnusable, match="Is a directory"):
            tail.look()
    log.rmdir()
    elsewhere.rename(log)
    await checkpoint.record_segment(segment_of(0, 50))
    tail.look()
    assert tail.state.counts.entries == 50
    tail.close()
    await checkpoint.close()
