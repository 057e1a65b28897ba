"""Plans over a small file of entries, cut where a test wants it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.checkpoint import identify
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.writing import put_pieces, put_plan
from bulk_importer.distributed.values import Piece, Plan, Seat, Shard
from support.entries import entry

__all__ = ["draft_of", "planned", "write_plan"]


def planned(
    place: Place, source: Path, parts: Sequence[Sequence[int]], entries: Sequence[object] = (), **changes: Any
) -> Plan:
    """Write `source`, an array, and a plan over it to `place`.

    Args:
        parts: the positions of each shard, ascending, each position in one of them.
        entries: the elements; for as many media, an entry each, unless given.
        changes: fields of the plan that are to be others.
    """
    draft, pieces = draft_of(source, parts, entries, **changes)
    return write_plan(place, draft, pieces)


def write_plan(place: Place, draft: Plan, pieces: Iterable[Sequence[Piece]]) -> Plan:
    """Put a plan with its pieces where there is none yet; where the same one lies already, leave it. Blocks.

    Args:
        draft: the plan, without its id, and its shards without the names of their pieces.
        pieces: of each of its shards, in order.

    Returns:
        The plan as it lies there.
    """
    shards = tuple(
        msgspec.structs.replace(shard, pieces=put_pieces(place, some))
        for shard, some in zip(draft.shards, pieces, strict=True)
    )
    return put_plan(place, msgspec.structs.replace(draft, shards=shards))


def draft_of(
    source: Path, parts: Sequence[Sequence[int]], entries: Sequence[object] = (), **changes: Any
) -> tuple[Plan, list[list[Piece]]]:
    """Write `source`, and return what `write_plan` takes; arguments as of `planned`."""
    count = sum(map(len, parts))
    raws = [msgspec.json.encode(each) for each in entries or [entry(f"m{n}", n) for n in range(count)]]
    assert sorted(position for part in parts for position in part) == list(range(len(raws)))
    source.write_bytes(b"[" + b", ".join(raws) + b"]\n")
    offsets = [1 + sum(len(raw) + 2 for raw in raws[:position]) for position in range(len(raws))]
    pieces = [
        [
            Piece(position, 1, offsets[position], len(raws[position]), xxh3_128_hexdigest(raws[position]))
            for position in part
        ]
        for part in parts
    ]
    draft = Plan(
        id="",
        source=str(source.absolute()),
        identity=_identity(source),
        lines=False,
        entries=len(raws),
        accepted=len(raws),
        rejected=0,
        skipped=0,
        bytes=source.stat().st_size,
        server="http://127.0.0.1:1",
        project="p1",
        project_name="Street",
        label_config=None,
        settings={},
        seats=(Seat(max_in_flight=2), Seat(max_in_flight=1)),
        shards=tuple(_shard(index, part, offsets) for index, part in enumerate(pieces)),
    )
    return msgspec.structs.replace(draft, **changes), pieces


def _shard(index: int, pieces: Sequence[Piece], offsets: Sequence[int]) -> Shard:
    return Shard(
        index=index,
        first=pieces[0].first,
        offset=offsets[pieces[0].first],
        length=pieces[-1].offset + pieces[-1].length - pieces[0].offset,
        entries=sum(piece.count for piece in pieces),
        bytes=sum(piece.length for piece in pieces),
        moved=0,
        pieces="",
        max_errors="5%",
    )


def _identity(source: Path) -> Any:
    file = os.open(source, os.O_RDONLY)
    try:
        return identify(file)
    finally:
        os.close(file)
