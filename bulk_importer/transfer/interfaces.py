"""What transfer needs of the place where batches come from; `packing.Pool` is one.

Stages do not know each other: the pool and the dispatcher meet in `pipeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bulk_importer.model import Batch, Limits, Outcome

__all__ = ["Supply"]


class Supply(Protocol):
    """Seals batches, and is told what became of them. See `packing.Pool` for the contracts."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be sealed at the moment."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will be put in."""

    async def changed(self) -> None:
        """Return when something is put in, or when the pool is closed."""

    def can_fill(self, limits: Limits) -> bool:
        """Whether what is there reaches one of the limits."""

    def seal(self, limits: Limits) -> Batch | None:
        """The next batch; its lanes are held until `settle`."""

    def seal_again(self, batch: Batch, indexes: Sequence[int]) -> Batch:
        """Some entries of a refused batch by themselves."""

    def settle(self, batch: Batch, outcome: Outcome, indexes: Sequence[int] | None = None) -> None:
        """The outcome of these entries of a batch (None: of all) is on record."""
