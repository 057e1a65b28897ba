"""Puts the rejected entries of all shards into one order: that of their positions in the source.

Lines stand in each `rejected.jsonl` in the order in which entries were rejected, and shards interleave where entries
were moved. So lines are sorted: in memory as far as they have room, in files beside the result where they do not, and
then merged. A line is as in `rejected.jsonl` of an import of the whole (`checkpoint.rejects`), to the byte.

Memory: `CHUNK_BYTES`, and a line of each sorted file.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import msgspec

from bulk_importer.checkpoint import RejectedLine, read_state, rejected_lines
from bulk_importer.distributed.gathering.standing import require_own
from bulk_importer.distributed.gathering.values import Gathered, Standing
from bulk_importer.distributed.keeping.opening import checkpoint_at
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import pieces_of
from bulk_importer.distributed.translating import Translation
from bulk_importer.distributed.values import Plan
from bulk_importer.errors import CheckpointError, CheckpointUnusable

__all__ = ["CHUNK_BYTES", "Lines", "in_order", "rejected_in"]

CHUNK_BYTES = 32 << 20
_LINE_BYTES = 200
"""What a line costs in memory besides its bytes."""

Lines = Iterator[tuple[int, bytes]]
"""Positions in the source, and the lines of `rejected.jsonl` for them, each with its line feed."""


def rejected_in(
    place: Place, gathered: Gathered, failed: Callable[[CheckpointError], None] | None = None
) -> Lines:
    """The rejected entries of all shards that can be read, one shard after the other. Blocks.

    Args:
        failed: told what is wrong beside the log of a shard, of which what can be read is given; without it that is
            raised.

    Raises:
        CheckpointError: what is beside a log is not what that counts on, or cannot be read.
    """
    for standing in gathered.standings:
        summary = standing.summary
        if not standing.folder or (summary is not None and not summary.rejected):
            continue
        try:
            yield from _of_shard(place, gathered.plan, standing)
        except CheckpointError as error:
            if failed is None:
                raise
            failed(error)


def in_order(lines: Lines, beside: Path | None = None, *, chunk_bytes: int = CHUNK_BYTES) -> Lines:
    """The same lines in the order of their positions.

    Args:
        beside: the folder for what does not fit into memory; None for the one of the system.

    Raises:
        OSError: that cannot be written.
    """
    with ExitStack() as opened:
        spilled: list[IO[bytes]] = []
        chunk: list[tuple[int, bytes]] = []
        held = 0
        for each in lines:
            chunk.append(each)
            held += len(each[1]) + _LINE_BYTES
            if held >= chunk_bytes:
                spilled.append(_spill(sorted(chunk), beside, opened))
                chunk, held = [], 0
        yield from heapq.merge(*map(_spilled, spilled), sorted(chunk))


def _of_shard(place: Place, plan: Plan, standing: Standing) -> Lines:
    shard = standing.shard
    with checkpoint_at(place, standing.folder) as folder:
        header, state = read_state(folder)
        require_own(header, state, plan, shard)
        if not state.rejected:
            return
        translation = Translation(pieces_of(place, shard), lines=plan.lines)
        found = 0
        for line in rejected_lines(folder, state.rejected_bytes):
            if line.position in state.rejected:
                found += 1
                yield _translated(line, translation)
        if found != len(state.rejected):
            reason = (
                f"its log counts {len(state.rejected):,} rejected entries, and rejected.jsonl has {found:,}"
            )
            raise CheckpointUnusable(str(folder), reason)


def _translated(line: RejectedLine, translation: Translation) -> tuple[int, bytes]:
    position = translation.position(line.position)
    if line.offset is None:  # written after the file had grown to its limit
        facts: dict[str, object] = {"position": position}
    else:
        facts = {"position": position, "offset": translation.offset(line.offset), "media_id": line.media_id}
    facts["findings"] = [
        msgspec.structs.replace(each, position=position, offset=translation.offset(each.offset))
        for each in line.findings
    ]
    return position, msgspec.json.encode({**facts, **line.kept()}) + b"\n"


def _spill(lines: Iterable[tuple[int, bytes]], beside: Path | None, opened: ExitStack) -> IO[bytes]:
    file: IO[bytes] = tempfile.TemporaryFile(dir=beside)  # noqa: SIM115  # open until all is merged
    opened.enter_context(file)
    for position, line in lines:
        file.write(b"%d %b" % (position, line))
    file.flush()
    return file


def _spilled(file: IO[bytes]) -> Lines:
    file.seek(0)
    for each in file:
        position, _, line = each.partition(b" ")
        yield int(position), line
