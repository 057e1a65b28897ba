"""A checkpoint without a disk: the real records change the real state, a moment after they are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bulk_importer.checkpoint.log.records import (
    Delivered,
    InDoubt,
    Owed,
    Record,
    Rejected,
    Resolved,
    SegmentRead,
    Sent,
    SourceIdentity,
    Suspected,
)
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.log.transitions import apply
from bulk_importer.model import Batch, Rejection, SegmentKey
from bulk_importer.spans import Span, SpanSet

__all__ = ["Book"]


class Book:
    """A `Ledger` whose `state` outlives the runs.

    Args:
        seconds: how long the disk takes for a record.
        rejecting: called with each position that is rejected, before that is on record.
    """

    def __init__(
        self, entries: int, *, seconds: Callable[[], float], rejecting: Callable[[int], None]
    ) -> None:
        self.state = CheckpointState(SourceIdentity())
        self._seconds = seconds
        self._rejecting = rejecting
        key = SegmentKey(first=0, count=entries, offset=0, length=entries, digest="")
        apply(self.state, SegmentRead(key=key, digests_crc=0))

    async def _write(self, record: Record) -> None:
        await asyncio.sleep(self._seconds())
        apply(self.state, record)

    async def record_sent(self, batch: Batch) -> None:
        """As `Ledger` has it."""
        await self._write(Sent(batch=batch.number, spans=batch.spans(), at=0.0))

    async def record_delivered(self, batch: Batch) -> None:
        """As `Ledger` has it."""
        await self._write(Delivered(batch=batch.number))

    async def record_owed(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        await self._write(Owed(batch=batch.number, reason=reason))

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None:
        """As `Ledger` has it."""
        for each in rejections:
            self._rejecting(each.position)
        spans = SpanSet.of(each.position for each in rejections).spans
        await self._write(Rejected(spans=spans, counts={}, batch=batch.number))

    async def record_suspected(self, spans: Sequence[Span], said: str, *, condemned: bool = False) -> None:
        """As `Ledger` has it."""
        await self._write(Suspected(spans=tuple(spans), said=said, condemned=condemned))

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        await self._write(InDoubt(batch=batch.number, reason=reason))

    def resolve(self, is_held: Callable[[int], bool]) -> None:
        """Find out what became of each batch that a run left behind; whatever it was, it is over by now."""
        for number, doubt in sorted(self.state.undecided.items()):
            landed = {is_held(position) for start, stop in doubt.spans for position in range(start, stop)}
            assert len(landed) == 1, "a request is executed as a whole"
            if not doubt.reason:
                apply(self.state, InDoubt(batch=number, reason="the run was killed"))
            apply(self.state, Resolved(batch=number, delivered=landed.pop(), why="asked"))

    def reject_condemned(self) -> None:
        """Reject what is owed and was found to be to blame by itself, as the next run does when it reads that."""
        for suspicion in self.state.suspects:
            owed = SpanSet(self.state.owed_within(0, self.state.position))
            spans = tuple(part for span in suspicion.spans for part in owed.within(*span))
            if suspicion.condemned and spans:
                for start, stop in spans:
                    for position in range(start, stop):
                        self._rejecting(position)
                apply(self.state, Rejected(spans=spans, counts={}))
