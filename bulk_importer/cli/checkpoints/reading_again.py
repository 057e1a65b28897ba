"""Opens what was imported into a checkpoint, to be read once more: a source, what it was converted into, or a shard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.sources import Source

__all__ = ["opened_again"]


@asynccontextmanager
async def opened_again(source: str, folder: Path, emit: Observer) -> AsyncIterator[Source]:
    """What was imported into `folder`, while this is open; of a shard its own part of the source.

    Args:
        source: as `import` takes it; for a shard, the one that the plan was made of.
        emit: receives how far a conversion is.

    Raises:
        BulkImporterError: as `library.converting.opened_again` and `distributed.work.opening.opened_shard`.
    """
    from bulk_importer.distributed.work.opening import opened_shard_again
    from bulk_importer.library import converting

    async with opened_shard_again(folder, source) as shard:
        if shard is not None:
            yield shard
            return
    async with converting.opened_again(source, folder, emit) as opened:
        yield opened
