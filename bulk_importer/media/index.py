"""The media of a project in one small file: which can be imported, and whose work would be overwritten.

The file is made once, when a checkpoint is begun, is kept in its folder for the resume, and is mapped by every worker
process, so that they share its pages. It is a table with open addressing: the slot of a media is the lower bits of its
key, or the next one behind it that is free, and behind the last slot comes the first. A third of the slots are empty at
least, and two thirds at most where each media has one task: nine bytes a slot are 13.5 to 27 bytes a media (25.5 to 51
with sizes), once for all processes. A million media take 19 MB.

Format, all numbers little-endian:

    magic   8 bytes, `BIMEDIA3`
    slots   8 bytes, their number, a power of two
    sized   8 bytes, 1 if sizes follow, else 0
    origin 16 bytes, what it was made of, as whoever made it says
    digest 16 bytes, XXH3-128 of the origin and everything behind this
    keys    8 bytes for each slot: `key_of` the lane of its media, 0 where it is empty
    flags   1 byte for each slot: `MediaFlag`, 0 where it is empty
    sizes   8 bytes for each slot, if sized: width and height, 4 bytes each, 0 where unknown

Written beside its place and renamed, so that a crash leaves the old file, or none.
"""

from __future__ import annotations

import mmap
import os
import sys
from array import array
from collections.abc import Iterable
from pathlib import Path
from struct import Struct
from typing import TypeAlias

from xxhash import xxh3_64_intdigest, xxh3_128

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import replace_file
from bulk_importer.files.small_files import reason_of
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.rules import MediaFlag
from bulk_importer.media.task_runs import TaskRun

__all__ = ["MediaIndex"]

_HEAD = Struct("<8sQQ16s16s")
_MAGIC = b"BIMEDIA3"
_NOWHERE = bytes(16)
_FEWEST_SLOTS = 8
_Column: TypeAlias = "bytes | bytearray | memoryview | array[int]"
_WIDTH_BITS = 32
_WIDTH = (1 << _WIDTH_BITS) - 1
# As plain numbers: a million tasks ask for them, and an operation on flags takes ten times as long.
_IMPORTABLE, _TWICE = MediaFlag.IMPORTABLE.value, MediaFlag.TWICE.value
_IS_IMPORTABLE = bytes(flags & _IMPORTABLE for flags in range(256))


class MediaIndex:
    """A read-only view of an index file; cheap to open, and safe to look into from any process.

    Attributes:
        origin: what the index was made of, as given to `write`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Map the file.

        Raises:
            CheckpointUnusable: if it cannot be read, or is not what was written.
        """
        try:
            with Path(path).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            magic, slots, sized, self.origin, digest = _HEAD.unpack_from(self._map)
        except (OSError, ValueError) as error:
            raise CheckpointUnusable(
                os.fspath(path), f"the index of its media cannot be read ({reason_of(error)})"
            ) from error
        body = memoryview(self._map)[_HEAD.size :]
        if (
            magic != _MAGIC
            or len(body) != slots * (17 if sized else 9)
            or _digest(self.origin, body) != digest
        ):
            raise CheckpointUnusable(
                os.fspath(path),
                "the index of its media is not what was written",
                advice="Remove that file and run the same command again; the index is made anew.",
            )
        self._mask: int = slots - 1
        self._keys = _numbers(body[: 8 * slots])
        self._flags = body[8 * slots : 9 * slots]
        self._sizes = _numbers(body[9 * slots :]) if sized else None

    def __len__(self) -> int:
        """The number of media, importable or not."""
        return len(self._flags) - bytes(self._flags).count(0)

    @property
    def importable(self) -> int:
        """The number of media that can be imported."""
        return bytes(self._flags).translate(_IS_IMPORTABLE).count(_IMPORTABLE)

    @property
    def every(self) -> memoryview:
        """What is known about each media, as `MediaFlag` bits, one byte a slot; 0 where a slot is empty."""
        return self._flags

    @property
    def is_sized(self) -> bool:
        """Whether the size of any image is known."""
        return self._sizes is not None

    def flags(self, lane: str) -> int | None:
        """What is known about the media of a lane, as `MediaFlag` bits; None if the project has none."""
        return self.flags_of(key_of(lane))

    def flags_of(self, key: int) -> int | None:
        """What is known about the media whose lane has this key, as `MediaFlag` bits; None if there is none."""
        slot = self.slot(key)
        return None if slot is None else self._flags[slot]

    def size(self, lane: str) -> tuple[int, int] | None:
        """Width and height in pixels, if they are known."""
        slot = self.slot(key_of(lane)) if self._sizes is not None else None
        if slot is None or self._sizes is None or not self._sizes[slot]:
            return None
        return self._sizes[slot] & _WIDTH, self._sizes[slot] >> _WIDTH_BITS

    def is_free(self, media_id: str) -> bool:
        """Whether there is nothing to say about any entry for a media; no surrogate may stand alone in its id."""
        # As `slot` and `key_of`, written out, because it is asked for every entry. What is found as it stands is its
        # own lane; so only the lane of what is not has to be made.
        key = xxh3_64_intdigest(media_id.encode()) or 1
        keys = self._keys
        slot = key & self._mask
        while (found := keys[slot]) != key:
            if not found:
                lane = lane_of(media_id)
                return lane != media_id and self.is_free(lane)
            slot = (slot + 1) & self._mask
        return self._flags[slot] == _IMPORTABLE and (self._sizes is None or not self._sizes[slot])

    def slot(self, key: int) -> int | None:
        """The index in `every` of the media whose lane has this key; None if there is none."""
        slot = key & self._mask
        while (found := self._keys[slot]) != key:
            if not found:
                return None
            slot = (slot + 1) & self._mask
        return slot

    @classmethod
    def write(
        cls, path: str | os.PathLike[str], runs: Iterable[TaskRun], *, origin: bytes = _NOWHERE
    ) -> MediaIndex:
        """Make an index file out of tasks in any order, durably, and open it.

        Holds nine bytes a task (17 with sizes) while it gathers, and the table while it fills it.

        Args:
            origin: 16 bytes by which it is known again what the index was made of.
        """
        table = _Table(list(runs))
        if sys.byteorder == "big":
            table.keys.byteswap()
            table.sizes.byteswap()
        pieces = (table.keys, table.flags, table.sizes)
        head = _HEAD.pack(_MAGIC, len(table.keys), bool(table.sizes), origin, _digest(origin, *pieces))
        try:
            replace_file(Path(path), head, *pieces)
        except OSError as error:
            raise CheckpointUnusable.by(
                Path(path), error, what="the index of its media cannot be written"
            ) from error
        return cls(path)


class _Table:
    """The media of all tasks, in slots as the file has them; `sizes` is empty if none is known."""

    def __init__(self, runs: list[TaskRun]) -> None:
        tasks = sum(len(run.keys) for run in runs)
        slots = _FEWEST_SLOTS
        while 2 * slots < 3 * tasks:
            slots *= 2
        self.keys = array("Q", [0]) * slots
        self.flags = bytearray(slots)
        self.sizes = array("Q", [0]) * (slots if any(run.sizes for run in runs) else 0)
        for run in runs:
            self._enter(run)
            if run.sizes:
                self._enter_sizes(run)

    def _enter(self, run: TaskRun) -> None:
        # Written out, because the first segment waits for it: 0.2 µs a task.
        keys, flags = self.keys, self.flags
        mask = len(keys) - 1
        for key, bits in zip(run.keys, run.flags, strict=True):
            slot = key & mask
            found = keys[slot]
            while found and found != key:
                slot = (slot + 1) & mask
                found = keys[slot]
            if found:
                flags[slot] = _merged(flags[slot], bits)
            else:
                keys[slot], flags[slot] = key, bits

    def _enter_sizes(self, run: TaskRun) -> None:
        """The sizes of media that have a slot."""
        mask = len(self.keys) - 1
        for key, size in zip(run.keys, run.sizes, strict=True):
            if size:
                slot = key & mask
                while self.keys[slot] != key:
                    slot = (slot + 1) & mask
                self.sizes[slot] = size


def _merged(before: int, bits: int) -> int:
    """The flags of a media that has a further task."""
    return before | bits | (_TWICE if before & bits & _IMPORTABLE else 0)


def _numbers(body: memoryview) -> memoryview | array[int]:
    """Little-endian numbers as they lie there, or turned round on a big-endian machine."""
    if sys.byteorder == "little":
        return body.cast("Q")
    turned = array("Q", body.tobytes())
    turned.byteswap()
    return turned


def _digest(origin: bytes, *pieces: _Column) -> bytes:
    digest = xxh3_128(origin)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
