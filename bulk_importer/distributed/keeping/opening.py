"""Opens what keeps the checkpoints of a shard, and a checkpoint to look at, wherever the plan lies."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulk_importer.distributed.keeping.epoch_folders import EpochFolders
from bulk_importer.distributed.keeping.epoch_objects import EpochObjects
from bulk_importer.distributed.keeping.fetching import fetch
from bulk_importer.distributed.keeping.interfaces import Keeping
from bulk_importer.distributed.places.interfaces import Place

__all__ = ["checkpoint_at", "keeping_of"]


def keeping_of(place: Place, root: str) -> Keeping:
    """What keeps the checkpoints whose keys begin with `root`, at a place. Nothing is asked of it yet."""
    return EpochObjects(place, root) if place.folder is None else EpochFolders(place.folder / root)


@contextmanager
def checkpoint_at(place: Place, key: str, *files: str) -> Iterator[Path]:
    """The checkpoint with this key, as a folder of this machine that is only read. Blocks.

    One in a bucket is as it was at this moment, and its folder goes with the context.

    Args:
        files: as of `fetch`, what is asked for besides.

    Raises:
        CheckpointUnusable, CheckpointDamaged: it cannot be read from the bucket.
    """
    if place.folder is not None:
        yield place.folder / key
        return
    with tempfile.TemporaryDirectory(prefix="bulk-importer-") as scratch:
        folder = Path(scratch) / Path(key).name
        fetch(place, key, folder, besides=files)
        yield folder
