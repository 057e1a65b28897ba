"""Puts what is appended to the files of a checkpoint into a bucket, before it counts as written."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bulk_importer.distributed.keeping.segments import Segment
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.errors import CheckpointUnusable, LeaseLost
from bulk_importer.files.durable import DurableFile

__all__ = ["Shipment"]

_TRIES = 4
_BETWEEN_SECONDS = 2.0
_UNFINISHED = ".new"


class Shipment:
    """The files of one checkpoint, and of those in it, on their way to a prefix in a bucket.

    Each file is for one thread at a time.
    """

    def __init__(
        self, place: Place, key: str, folder: Path, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._place = place
        self._key = key
        self._folder = folder
        self._sleep = sleep
        # Changed by `begin` and `put` alone: the last generation of each file, and how much of it is there.
        self._last: dict[str, Segment] = {}

    def open(self, path: Path) -> DurableFile:
        """The file `path`, open for appending; what `FolderOptions` calls `open_file`.

        One whose name ends with `.new` is another generation of the file that it will replace.
        """
        name = self._name_of(path)
        if name.endswith(_UNFINISHED):
            return _ShippedFile(path, self, self.begin(name.removesuffix(_UNFINISHED)))
        return _ShippedFile(path, self, self._last.get(name) or self.begin(name))

    def ship(self, path: Path) -> None:
        """Begin a file with what is in `path`, all of it in one segment. Raises as `put`, and OSError."""
        self.put(self.begin(self._name_of(path)), path.read_bytes())

    def put_whole(self, path: Path) -> None:
        """Put what is in `path` by its very name, in place of what was there. Raises `CheckpointUnusable`, OSError."""
        self._place.replace(f"{self._key}/{self._name_of(path)}", path.read_bytes())

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def begin(self, file: str) -> Segment:
        """Begin a generation of a file; one before it is not gone on with."""
        known = self._last.get(file)
        self._last[file] = Segment(file, 1 if known is None else known.generation + 1, 0)
        return self._last[file]

    def put(self, segment: Segment, content: bytes) -> Segment:
        """Put it there, and return the segment that follows.

        Raises:
            CheckpointUnusable: the bucket did not take it. It may be there all the same: nothing may be put after it.
            LeaseLost: somebody else writes this file, or it was begun anew.
        """
        if self._last[segment.file] != segment or not self._created(segment, content):
            raise LeaseLost(f"{self._place.name}/{self._key}", "another worker writes the same checkpoint")
        following = Segment(segment.file, segment.generation, segment.offset + len(content))
        self._last[segment.file] = following
        return following

    def _created(self, segment: Segment, content: bytes) -> bool:
        name = f"{self._key}/{segment.name}"
        for _ in range(_TRIES - 1):
            try:
                return self._place.create(name, content)
            except CheckpointUnusable:
                # What may be there all the same has this very content, and is found to be ours.
                self._sleep(_BETWEEN_SECONDS)
        return self._place.create(name, content)


class _ShippedFile(DurableFile):
    """A file of this machine, of which all that was synced lies in a bucket."""

    def __init__(self, path: Path, shipment: Shipment, segment: Segment) -> None:
        super().__init__(path)
        self._shipment = shipment
        # Changed by `append`, `cut` and `sync` alone: where the next segment begins, and what it will hold.
        self._segment = segment
        self._ahead = bytearray()
        if self.size != segment.offset:
            self.close()
            reason = f"{path} has {self.size:,} bytes, and {segment.offset:,} of it are kept"
            raise CheckpointUnusable(str(path.parent), reason)

    def append(self, content: bytes | memoryview) -> None:
        super().append(content)
        self._ahead += content

    def sync(self) -> None:
        """Return when all that was appended is in the bucket; the disk of this machine need not have it."""
        if self._ahead:
            self._segment = self._shipment.put(self._segment, bytes(self._ahead))
            self._ahead.clear()

    def cut(self, size: int) -> None:
        """Take away what lies behind the first `size` bytes, and was not synced."""
        kept = size - self._segment.offset
        if kept < 0:
            raise CheckpointUnusable(str(self.path.parent), f"{self.path.name} is kept beyond byte {size:,}")
        super().cut(size)
        del self._ahead[kept:]
