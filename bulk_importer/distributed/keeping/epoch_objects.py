"""The checkpoints of one shard in a bucket, with their files in a folder of this machine.

Each holder of the lease has a prefix of its own, also where the one before gave it back: segments are never replaced,
so what a crash left behind the end that the log counts on could not be written over.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from bulk_importer.checkpoint.log.file import log_path
from bulk_importer.distributed.keeping.fetching import fetch, has_checkpoint
from bulk_importer.distributed.keeping.interfaces import WHOLE, Kept
from bulk_importer.distributed.keeping.shipping import Shipment
from bulk_importer.distributed.leases.claims import Names, standing
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import epoch_name
from bulk_importer.errors import CheckpointUnusable

__all__ = ["EpochObjects"]

_MOST_BYTES = 64 << 20
"""Of a file that can be done without: it is read into memory to be put."""


class EpochObjects:
    """The checkpoints below the prefix of a shard; see `Keeping`.

    Files of this machine lie in a folder of its own below that for temporary files, and go with the process.
    """

    def __init__(self, place: Place, root: str) -> None:
        self._place = place
        self._root = root
        # Changed by `_scratch` alone.
        self._folder: Path | None = None

    def begun(self, epoch: int, unbroken_since: int) -> Kept:
        del unbroken_since  # a copy is made in any case
        name = epoch_name(epoch)
        folder = self._scratch() / name
        shipment = Shipment(self._place, f"{self._root}/{name}", folder)
        last = self._last_epoch(epoch - 1)
        try:
            if last is None:
                folder.mkdir()
            else:
                fetch(self._place, f"{self._root}/{epoch_name(last)}", folder, to_go_on=True, besides=WHOLE)
                _ship_all(folder, shipment)
        except OSError as error:
            raise CheckpointUnusable.by(folder, error) from error
        return Kept(name, folder, shipment.open)

    def last(self, *files: str) -> Kept | None:
        last = self._last_epoch(standing(self._root, self._lease_names()).names.epoch)
        if last is None:
            return None
        folder = Path(tempfile.mkdtemp(dir=self._scratch())) / epoch_name(last)
        fetch(self._place, f"{self._root}/{epoch_name(last)}", folder, besides=files)
        return Kept(epoch_name(last), folder)

    def put_away(self, kept: Kept, *files: str) -> None:
        for name in files:
            path = kept.folder / name
            try:
                if path.stat().st_size > _MOST_BYTES:
                    continue
                content = path.read_bytes()
            except OSError:
                continue
            self._place.replace(f"{self._root}/{kept.name}/{name}", content)

    def _lease_names(self) -> list[str]:
        return [name for prefix in Names(self._root, 0).prefixes for name in self._place.names(prefix)]

    def _last_epoch(self, newest: int) -> int | None:
        """The last one that has a checkpoint, up to `newest`."""
        epochs = (
            epoch
            for epoch in range(newest, 0, -1)
            if has_checkpoint(self._place, f"{self._root}/{epoch_name(epoch)}")
        )
        return next(epochs, None)

    def _scratch(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="bulk-importer-"))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


def _ship_all(folder: Path, shipment: Shipment) -> None:
    """Put a checkpoint where its next holder has it, the log last: an epoch without one counts for nothing.

    Raises:
        CheckpointUnusable, OSError: it cannot be.
    """
    log = log_path(folder)
    for path in sorted(folder.rglob("*"), key=lambda path: (path == log, path)):
        if path.name in WHOLE and path.parent == folder:
            shipment.put_whole(path)
        elif path.is_file() and path.stat().st_size:
            shipment.ship(path)
