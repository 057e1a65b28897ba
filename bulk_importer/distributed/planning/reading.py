"""Reads a plan from its place, and the pieces of its shards; nothing is believed that its digest does not prove."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import PLAN, Piece, Plan, Shard
from bulk_importer.errors import PlanUnusable, UsageError

__all__ = ["SHARDS", "encoded_plan", "id_of", "pieces_of", "read_plan"]

SHARDS = "shards/"
"""What the keys of pieces begin with; their digest follows."""

_VERSION = 1
_UNSHARED = " (or, where one was made, see that it lies in a folder that all machines share by this name)"


class _Head(msgspec.Struct):
    version: int


def read_plan(place: Place) -> Plan:
    """The plan that lies at a place. Blocks.

    Raises:
        UsageError: there is none.
        PlanUnusable: it is of another version, or not what was written.
        CheckpointUnusable: the place cannot be read.
    """
    content = place.read(PLAN)
    if content is None:
        raise UsageError(_missing(place))
    try:
        version = msgspec.json.decode(content, type=_Head).version
        if version != _VERSION:
            raise _of_another_version(place, version)
        plan = msgspec.json.decode(content, type=Plan)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PlanUnusable(place.name, f"{PLAN} is not what was written ({error})") from error
    if content != encoded_plan(plan) or plan.id != id_of(plan):
        raise PlanUnusable(place.name, f"{PLAN} is not what was written: its digest is another one")
    return plan


def pieces_of(place: Place, shard: Shard) -> Sequence[Piece]:
    """The pieces of a shard of the plan at a place, in order of position. Blocks.

    Raises:
        PlanUnusable: they are missing, or not what was written.
        CheckpointUnusable: the place cannot be read.
    """
    key = SHARDS + shard.pieces
    content = place.read(key)
    if content is None:
        raise PlanUnusable(place.name, f"{key}, which lists the pieces of shard {shard.index}, is not there")
    if xxh3_128_hexdigest(content) != shard.pieces:
        raise PlanUnusable(place.name, f"{key} is not what was written: its digest is another one")
    return msgspec.json.decode(content, type=list[Piece])


def encoded_plan(plan: Plan) -> bytes:
    """A plan as it lies at its place: the same bytes for the same plan."""
    return msgspec.json.encode(plan, order="sorted") + b"\n"


def id_of(plan: Plan) -> str:
    """The id of a plan: the digest of all else of it."""
    return xxh3_128_hexdigest(encoded_plan(msgspec.structs.replace(plan, id="")))


def _missing(place: Place) -> str:
    if place.names(SHARDS):
        return (
            f"{place.name} holds the beginning of a plan, whose making was stopped. Run the same 'bulk-importer plan' "
            "again."
        )
    return (
        f"{place.name} holds no plan. Make one: bulk-importer plan SOURCE --shards N --server URL --project P "
        f"--output {place.name}" + (_UNSHARED if place.folder is not None else "")
    )


def _of_another_version(place: Place, version: int) -> PlanUnusable:
    return PlanUnusable(
        place.name,
        f"it has version {version}, and this program reads version {_VERSION}",
        advice="Take the program that it was made with, on all machines.",
    )
