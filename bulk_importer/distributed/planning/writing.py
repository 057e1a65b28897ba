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

__all__ = ["another_plan", "put_pieces", "put_plan"]


def put_pieces(place: Place, pieces: Iterable[Piece]) -> str:
    """Put the pieces of a shard at a place. Memory: twice 80 bytes a piece. Blocks.

    Returns:
        The name of the file that lists them.

    Raises:
        CheckpointUnusable: the place cannot be written.
    """
    content = b"[%b]" % b",".join(map(msgspec.json.Encoder().encode, pieces))
    digest = xxh3_128_hexdigest(content)
    place.create(SHARDS + digest, content)
    return digest


def put_plan(place: Place, draft: Plan) -> Plan:
    """Put a plan at a place where its pieces are. Blocks.

    Args:
        draft: the plan, without its id.

    Returns:
        The plan as it lies there.

    Raises:
        UsageError: another plan lies there; it stays.
        CheckpointUnusable: the place cannot be written; no plan is there then.
    """
    plan = msgspec.structs.replace(draft, id=id_of(draft))
    content = encoded_plan(plan)
    if not place.create(PLAN, content) and place.read(PLAN) != content:
        raise another_plan(place)
    return plan


def another_plan(place: Place, differing: Sequence[str] = ()) -> UsageError:
    """What to raise where a place holds a plan that is not the one that is to be written; `differing`: in what."""
    what = f" What differs: {'; '.join(differing)}." if differing else ""
    return UsageError(
        f"{place.name} holds another plan, and a plan is never changed: workers may be at work on it.{what} To resume "
        "it, say what was said then; for a new one, name another place (--output of 'plan', --checkpoint of "
        "'import')."
    )
