"""A ledger without a disk, which is strict about the order of what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bulk_importer.model import Batch, Rejection
from bulk_importer.spans import Span

__all__ = ["Diary", "positions_in"]


class Diary:
    """A ledger that keeps what it is told, in order, as (what, positions).

    Attributes:
        under_way: the positions of each batch that may have left and has no outcome yet, by its number.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[str, tuple[int, ...]]] = []
        self.under_way: dict[int, tuple[int, ...]] = {}

    async def record_sent(self, batch: Batch) -> None:
        """As `Ledger` has it; another task runs meanwhile."""
        await asyncio.sleep(0)
        self.under_way[batch.number] = positions_in(batch)
        self.lines.append(("sent", positions_in(batch)))

    async def record_delivered(self, batch: Batch) -> None:
        """As `Ledger` has it."""
        self._end("delivered", batch)

    async def record_owed(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        self._end("owed", batch)

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None:
        """As `Ledger` has it."""
        del self.under_way[batch.number]
        self.lines.append(("rejected", tuple(each.position for each in rejections)))

    async def record_suspected(self, spans: Sequence[Span], said: str, *, condemned: bool = False) -> None:
        """As `Ledger` has it."""
        positions = tuple(position for start, stop in spans for position in range(start, stop))
        self.lines.append(("condemned" if condemned else "suspected", positions))

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        self._end("in doubt", batch)

    def _end(self, what: str, batch: Batch) -> None:
        del self.under_way[batch.number]  # an outcome of what is not under way is a defect
        self.lines.append((what, positions_in(batch)))

    def of(self, what: str) -> list[int]:
        """The positions of which something is said, in the order of saying."""
        return [position for said, positions in self.lines if said == what for position in positions]


def positions_in(batch: Batch) -> tuple[int, ...]:
    """The positions of its entries, in order."""
    return tuple(position for run in batch.runs for position in run.positions)
