"""Writes a plan to its place: the pieces of each shard by their digest, then the plan itself, in one step.

What a crash leaves is pieces without a plan, which nobody reads; the same plan made again finds them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import SHARDS, encoded_plan, id_of
from bulk_importer.distributed.values import PLAN, Piece, Plan
from bulk_importer.errors import UsageError

__all__ = ["another_plan", "write_plan"]


def write_plan(place: Place, draft: Plan, pieces: Iterable[Sequence[Piece]]) -> Plan:
    """Put a plan where there is none yet; where the same one lies already, leave it. Blocks.

    Args:
        draft: the plan, without its id, and its shards without the names of their pieces.
        pieces: of each of its shards, in order; they are taken one shard at a time.

    Returns:
        The plan as it lies there.

    Raises:
        UsageError: another plan lies there; it stays.
        CheckpointUnusable: the place cannot be written; no plan is there then.
    """
    shards = tuple(
        msgspec.structs.replace(shard, pieces=_written(place, some))
        for shard, some in zip(draft.shards, pieces, strict=True)
    )
    plan = msgspec.structs.replace(draft, shards=shards)
    plan = msgspec.structs.replace(plan, id=id_of(plan))
    content = encoded_plan(plan)
    if not place.create(PLAN, content) and place.read(PLAN) != content:
        raise another_plan(place)
    return plan


def another_plan(place: Place) -> UsageError:
    """What to raise where a place holds a plan that is not the one that is to be written."""
    return UsageError(
        f"{place.name} holds another plan, and a plan is never changed: workers may be at work on it. Name another "
        "--output."
    )


def _written(place: Place, pieces: Sequence[Piece]) -> str:
    """The digest of the list of `pieces`, by which it lies at the place."""
    content = msgspec.json.encode(pieces)
    digest = xxh3_128_hexdigest(content)
    place.create(SHARDS + digest, content)
    return digest
