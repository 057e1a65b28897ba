"""Finds media that several shards count: those that a correction of one brought something to, and others have, too.

All entries of a media are in one shard, but for these, so sums over shards count each other one once.
"""

from __future__ import annotations

from collections.abc import Sequence

from bulk_importer.checkpoint import read_state
from bulk_importer.checkpoint.retries import delivered_corrections, retry_folders
from bulk_importer.distributed.corrected import named, not_mentioned, with_keys
from bulk_importer.distributed.gathering.values import Overlap, Standing
from bulk_importer.distributed.keeping.opening import checkpoint_at
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.errors import CheckpointError
from bulk_importer.media.names.making import NAMES
from bulk_importer.pipeline.wiped.media_counts import fates_of
from bulk_importer.pipeline.wiped.mentions import MENTIONS

__all__ = ["overlap_of"]


def overlap_of(place: Place, standings: Sequence[Standing]) -> Overlap | None:
    """By how many media the sums over shards are too high; None where that is not known. Blocks.

    Where corrections brought nothing to a media that their own shard does not name, nothing is read but these. Else all
    shards are asked what they have for such media, for which 8 bytes an entry are read.

    Args:
        standings: of all shards, complete.
    """
    corrected: dict[str, set[int]] = {}
    chosen = set[int]()
    try:
        for each in standings:
            if each.has_retries:
                corrected[each.folder], moved = _corrected(place, each.folder)
                chosen |= moved
        if not chosen:
            return Overlap()
        return _counted(place, standings, chosen, corrected)
    except CheckpointError:  # what is wrong with a shard is said of that
        return None


def _corrected(place: Place, key: str) -> tuple[set[int], set[int]]:
    """The media that corrections of a shard brought something to: all, and those that no entry of it may name."""
    with checkpoint_at(place, key, MENTIONS, NAMES) as folder:
        delivered = named(delivered_corrections(retry_folders(folder)), folder)
        moved = not_mentioned(delivered, folder)
    return {media for _, media in with_keys(delivered)}, {media for _, media in moved}


def _counted(
    place: Place, standings: Sequence[Standing], chosen: set[int], corrected: dict[str, set[int]]
) -> Overlap | None:
    """How often shards count these media more than once, or as without anything beside one that has something."""
    delivered: dict[int, int] = dict.fromkeys(chosen, 0)
    undelivered: dict[int, int] = dict.fromkeys(chosen, 0)
    for each in standings:
        with checkpoint_at(place, each.folder, MENTIONS) as folder:
            _, state = read_state(folder)
            fates = fates_of(folder, state, chosen, corrected.get(each.folder, set()))
        if fates is None:
            return None
        for key, is_delivered in fates.items():
            counts = delivered if is_delivered else undelivered
            counts[key] += 1
    # Something was brought to each of them, by one shard at least.
    return Overlap(sum(delivered.values()) - len(chosen), sum(undelivered.values()))
