"""Finds for each line of a corrected `rejected.jsonl` of the whole the shard that it belongs to.

A line says by its position in the source which entry it stands for; the checkpoint of a shard has other positions. So
lines are written anew for each shard, each with its position there, and with the rest of it as it is. All are looked
at before the first is fed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import read_state
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.distributed.gathering.values import Gathered, Standing
from bulk_importer.distributed.keeping.opening import checkpoint_at
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import pieces_of
from bulk_importer.distributed.translating import Translation
from bulk_importer.pipeline.retry.given import Given, given_in, refuse_foreign

__all__ = ["Routed", "routed"]


class Routed(msgspec.Struct, frozen=True):
    """The corrections for one shard, as lines by its own positions."""

    standing: Standing
    lines: Sequence[bytes]


def routed(place: Place, gathered: Gathered, corrected: Path) -> list[Routed]:
    """The corrections in a file, by shard. Blocks.

    Memory: the file, and the pieces of one shard.

    Raises:
        InputError: the file cannot be read, names a position twice or one that is not rejected, or a line has no entry.
        CheckpointError: what is on record of a shard cannot be read.
    """
    given = sorted(given_in(corrected), key=lambda each: each.position)
    positions = [each.position for each in given]
    found: list[Routed] = []
    left = set(positions)
    for standing in gathered.standings:
        translation = Translation(pieces_of(place, standing.shard), lines=gathered.plan.lines)
        ours = dict(_within(given, positions, translation))
        if not ours:
            continue
        foreign = _not_rejected(place, standing, ours)
        left -= {each.position for own, each in ours.items() if own not in foreign}
        lines = [
            msgspec.json.encode(msgspec.structs.replace(each, position=own)) + b"\n"
            for own, each in ours.items()
        ]
        found.append(Routed(standing, lines))
    refuse_foreign(corrected, left)
    return found


def _within(
    given: Sequence[Given], positions: Sequence[int], translation: Translation
) -> Iterator[tuple[int, Given]]:
    """The lines for elements of a shard, each with its position there, in order."""
    for span in translation.spans():
        at = bisect_left(positions, span.start)
        while at < len(positions) and positions[at] < span.stop:
            own = translation.own_position(positions[at])
            assert own is not None
            yield own, given[at]
            at += 1


def _not_rejected(place: Place, standing: Standing, own: Iterable[int]) -> set[int]:
    """Those of these positions of a shard that are neither rejected, nor were fed again by an earlier retry."""
    if not standing.folder:
        return set(own)
    with checkpoint_at(place, standing.folder) as folder:
        _, state = read_state(folder)
        known = frozenset[int]().union(*(each.standing().delivered for each in retry_folders(folder)))
        return {position for position in own if position not in state.rejected and position not in known}
