"""Says that what a plan brought was taken back by `undo`, and what follows from that.

Pure.
"""

from __future__ import annotations

from bulk_importer.distributed.gathering.values import Gathered

__all__ = ["ANEW", "is_undone", "undone_in"]

ANEW = "To import the source again, make a plan of it at another place."
"""What to do where nothing more is sent for a plan."""


def undone_in(gathered: Gathered) -> list[int]:
    """The shards that were taken back, or of which that was begun."""
    return [each.shard.index for each in gathered.standings if each.is_undone and each.folder]


def is_undone(gathered: Gathered) -> bool:
    """Whether all that was begun of a plan was taken back, and something was."""
    begun = [each for each in gathered.standings if each.folder]
    return bool(begun) and all(each.is_undone for each in begun)
