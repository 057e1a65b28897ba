"""What is wrong with the source of a plan while a shard of it is read is said with what a plan needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.planning.reading import pieces_of
from bulk_importer.distributed.work.shard_source import ShardSource
from bulk_importer.errors import SourceUnreadable
from bulk_importer.sources import open_source
from support.fleet.plans import planned


async def test_a_source_that_is_cut_short_meanwhile_is_to_be_put_back(tmp_path: Path) -> None:
    """To wait until it is at rest does not help, as the plan is of what it was."""
    place, path = FolderPlace(tmp_path / "plan"), tmp_path / "labels.json"
    plan = planned(place, path, [[0, 1], [2]])
    source = await open_source(str(path))
    try:
        shard = ShardSource(source, pieces_of(place, plan.shards[1]), index=1, version="", lines=False)
        path.write_bytes(path.read_bytes()[:20])
        stream = await shard.stream(0)
        with pytest.raises(SourceUnreadable, match="Put it back as it was when the plan was made of it"):
            await stream.read(100)
        await stream.aclose()
    finally:
        await source.aclose()
