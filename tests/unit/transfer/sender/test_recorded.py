"""That a batch may have left is on record before it leaves (promises 3 and 4)."""

from __future__ import annotations

import pytest

from bulk_importer.errors import CheckpointError
from bulk_importer.model import Batch
from bulk_importer.transfer.sender.recorded import Recorded
from support.sending import BATCH, CONTEXT, Diary, FakeSender


async def test_the_record_comes_first() -> None:
    """And who is inside knows of it."""
    inner, diary = FakeSender(), Diary()
    await Recorded(inner, diary).send(BATCH, CONTEXT)
    assert list(diary.under_way) == [BATCH.number]
    assert inner.contexts[0].is_on_record


async def test_what_cannot_be_recorded_does_not_leave() -> None:
    """The disk is full."""

    class Full(Diary):
        async def record_sent(self, batch: Batch) -> None:
            raise CheckpointError("no space left")

    inner = FakeSender()
    with pytest.raises(CheckpointError):
        await Recorded(inner, Full()).send(BATCH, CONTEXT)
    assert not inner.contexts
