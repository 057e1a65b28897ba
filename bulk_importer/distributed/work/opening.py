"""Opens a shard as a source: to import it, and to read again what was imported of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import pieces_of, read_plan
from bulk_importer.distributed.values import PLAN, Plan, shard_at
from bulk_importer.distributed.work.shard_source import ShardSource
from bulk_importer.errors import CheckpointMismatch, SourceUnreadable
from bulk_importer.pipeline.resume.source_identity import identity_of
from bulk_importer.readable import counted
from bulk_importer.sources import Source, open_source

__all__ = ["opened_shard", "opened_shard_again"]


@asynccontextmanager
async def opened_shard(
    plan: Plan, index: int, place: Place, source: str | None = None
) -> AsyncIterator[ShardSource]:
    """A shard of a plan as a source, open for as long as the context lasts.

    Args:
        source: where the source of the plan is now; None where it was.

    Raises:
        CheckpointMismatch: the source is not the one that the plan was made of.
        SourceUnreadable, UsageError: as `open_source`.
        CheckpointError: the pieces cannot be read.
    """
    shard = plan.shards[index]
    pieces = await asyncio.to_thread(pieces_of, place, shard)
    opened = await _opened(plan, place, plan.source if source is None else source)
    try:
        if await asyncio.to_thread(identity_of, opened) != plan.identity:
            raise CheckpointMismatch(
                f"{opened.name} is not what the plan at {place.name} was made of, by its size and samples of it. "
                "Nothing was sent. Put it back as it was, and run the same command again; if it was meant to change, "
                "make a plan of it at another place, by which all of it is sent."
            )
        yield ShardSource(opened, pieces, index=index, version=shard.pieces, lines=plan.lines)
    finally:
        await opened.aclose()


async def _opened(plan: Plan, place: Place, source: str) -> Source:
    try:
        return await open_source(source)
    except SourceUnreadable as error:
        advice = (
            f"The plan at {place.name} was made of it ({counted(plan.entries, 'entry')}, "
            f"{counted(plan.bytes, 'byte')}), and reads its shards from there. Nothing was sent. Bring it back as it "
            "was, and run the same command again; where this machine has it elsewhere, work, retry and undo take "
            "--source."
        )
        raise SourceUnreadable(error.source, error.reason, advice=advice, at_fault=error.at_fault) from error


@asynccontextmanager
async def opened_shard_again(folder: Path, source: str | None = None) -> AsyncIterator[ShardSource | None]:
    """What was imported into a checkpoint folder, where that is one of a shard; else None.

    Args:
        source: where the source of the plan is now; None where it was.

    Raises:
        As `opened_shard`, and where the plan cannot be read.
    """
    found = await asyncio.to_thread(_shard_of, folder)
    if found is None:
        yield None
        return
    place, index = found
    plan = await asyncio.to_thread(read_plan, place)
    async with opened_shard(plan, index, place, source) as shard:
        yield shard


def _shard_of(folder: Path) -> tuple[Place, int] | None:
    """Where the plan of a checkpoint folder lies, and the shard; None where it is not of a shard. Blocks."""
    found = shard_at(str(folder.absolute()))
    if found is None or not (Path(found[0]) / PLAN).is_file():
        return None
    return FolderPlace(Path(found[0])), found[1]
