"""The media of a project in one small file: which can be imported, and whose work would be overwritten.

The file is made once, when a checkpoint is begun, is kept in its folder for the resume, and is mapped by every worker
process, so that they share its pages. Nine bytes a media: a million media are 9 MB, once for all processes.

Format, all numbers little-endian:

    magic   8 bytes, `BIMEDIA2`
    count   8 bytes, the number of media
    sized   8 bytes, 1 if sizes follow, else 0
    origin 16 bytes, what it was made of, as whoever made it says
    digest 16 bytes, XXH3-128 of the origin and everything behind this
    keys    8 bytes for each media, ascending: `key_of` its lane
    flags   1 byte for each media, in the order of the keys: `MediaFlag`
    sizes   8 bytes for each media, if sized: width and height, 4 bytes each, 0 where unknown

Written beside its place and renamed, so that a crash leaves the old file, or none.
"""

from __future__ import annotations

import mmap
import os
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from xxhash import xxh3_64_intdigest, xxh3_128

from bulk_importer.datagym.entry import key_of, keys_of, lanes_of
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.intake.media_rules import MediaFlag

__all__ = ["MediaFlag", "MediaIndex", "MediaTask"]

_HEAD = Struct("<8sQQ16s16s")
_MAGIC = b"BIMEDIA2"
_NOWHERE = bytes(16)
_BATCH = 4096
_LARGEST_SIZE = (1 << 32) - 1
_FIRST_BITS = 12
_REST_BITS = 64 - _FIRST_BITS
_FINISHED = frozenset({"IN_PROGRESS", "COMPLETED", "REVIEWED"})
# As plain numbers: a million rows ask for them, and an operation on flags takes ten times as long.
_IMPORTABLE, _BENCHMARK = MediaFlag.IMPORTABLE.value, MediaFlag.BENCHMARK.value
_FINISHED_FLAG, _UPLOADED, _TWICE = (
    MediaFlag.FINISHED.value,
    MediaFlag.UPLOADED.value,
    MediaFlag.TWICE.value,
)
_IS_IMPORTABLE = bytes(flags & _IMPORTABLE for flags in range(256))


class MediaTask(NamedTuple):
    """A media and one of its tasks: `MediaFlag` bits, and width and height, 0 where they are not known."""

    media_id: str
    flags: int
    width: int = 0
    height: int = 0

    @classmethod
    def of_id(cls, media_id: str) -> MediaTask:
        """A media of which nothing is known but its id; it is taken to be importable."""
        return cls(media_id, _IMPORTABLE)

    @classmethod
    def of_row(cls, row: Mapping[str, object]) -> MediaTask:
        """From a row of the server's task list; what a row leaves out is taken to be harmless.

        Raises:
            ValueError: a width or height is no whole number of pixels.
        """
        get = row.get
        flags = _IMPORTABLE if get("labelTaskType", "DEFAULT") == "DEFAULT" else _BENCHMARK
        if get("labelTaskState") in _FINISHED:
            flags |= _FINISHED_FLAG
        if get("hasJsonUpload"):
            flags |= _UPLOADED
        width, height = get("width"), get("height")
        if width is None and height is None:
            return cls(str(row["mediaId"]), flags)
        return cls(str(row["mediaId"]), flags, _pixels(width), _pixels(height))


class MediaIndex:
    """A read-only view of an index file; cheap to open, and safe to look into from any process.

    Attributes:
        origin: what it was made of, as `write` was told.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Map the file.

        Raises:
            CheckpointUnusable: if it cannot be read, or is not what was written.
        """
        try:
            with Path(path).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            magic, count, sized, self.origin, digest = _HEAD.unpack_from(self._map)
        except (OSError, ValueError) as error:
            raise CheckpointUnusable(
                os.fspath(path), f"the index of its media cannot be read ({error})"
            ) from error
        body = memoryview(self._map)[_HEAD.size :]
        if (
            magic != _MAGIC
            or len(body) != count * (17 if sized else 9)
            or _digest(self.origin, body) != digest
        ):
            raise CheckpointUnusable(
                os.fspath(path),
                "the index of its media is not what was written",
                advice="Remove that file and run the same command again; the index is made anew.",
            )
        self._keys = _numbers(body[: 8 * count], "Q")
        self._flags = body[8 * count : 9 * count]
        self._sizes = _numbers(body[9 * count :], "I") if sized else None
        # Where the keys begin of which the first bits are 0, 1, ...: a look-up then takes few steps.
        self._begins = [bisect_left(self._keys, first << _REST_BITS) for first in range(1 << _FIRST_BITS)]
        self._begins.append(count)

    def __len__(self) -> int:
        """The number of media, importable or not."""
        return len(self._keys)

    @property
    def importable(self) -> int:
        """The number of media that can be imported."""
        return bytes(self._flags).translate(_IS_IMPORTABLE).count(_IMPORTABLE)

    @property
    def is_sized(self) -> bool:
        """Whether the size of any image is known."""
        return self._sizes is not None

    def flags(self, lane: str) -> int | None:
        """What is known about the media of a lane, as `MediaFlag` bits; None if the project has none."""
        row = self._row(lane)
        return None if row is None else self._flags[row]

    def size(self, lane: str) -> tuple[int, int] | None:
        """Width and height in pixels, if they are known."""
        row = self._row(lane) if self._sizes is not None else None
        if row is None or self._sizes is None or not self._sizes[2 * row]:
            return None
        return self._sizes[2 * row], self._sizes[2 * row + 1]

    def is_free(self, lane: str) -> bool:
        """Whether there is nothing to say about any entry for the media of a lane."""
        # As `_row` and `key_of`, written out: it is asked for every entry.
        key = xxh3_64_intdigest(lane.encode("utf-8", "surrogatepass")) or 1
        first = key >> _REST_BITS
        end = self._begins[first + 1]
        row = bisect_left(self._keys, key, self._begins[first], end)
        if row == end or self._keys[row] != key or self._flags[row] != MediaFlag.IMPORTABLE:
            return False
        return self._sizes is None or not self._sizes[2 * row]

    def _row(self, lane: str) -> int | None:
        key = key_of(lane)
        first = key >> _REST_BITS
        end = self._begins[first + 1]
        row = bisect_left(self._keys, key, self._begins[first], end)
        return row if row < end and self._keys[row] == key else None

    @classmethod
    def write(
        cls, path: str | os.PathLike[str], tasks: Iterable[MediaTask], *, origin: bytes = _NOWHERE
    ) -> MediaIndex:
        """Make an index file out of tasks in any order, durably, and open it.

        Holds nine bytes a media (17 with sizes) while it gathers, and sorts one part in 256 at a time.

        Args:
            origin: 16 bytes by which it is known again what the index was made of.
        """
        parts = _gathered(tasks)
        sized = any(part.sizes for part in parts)
        keys, flags, sizes = array("Q"), bytearray(), array("I")
        for part in parts:
            merged = part.merged()
            ordered = sorted(merged)
            keys.extend(ordered)
            flags.extend(map(merged.__getitem__, ordered))
            if sized:
                sizes.extend(chain.from_iterable(part.sizes.get(key, (0, 0)) for key in ordered))
        if sys.byteorder == "big":
            keys.byteswap()
            sizes.byteswap()
        body = keys.tobytes() + flags + sizes.tobytes()
        head = _HEAD.pack(_MAGIC, len(keys), int(sized), origin, _digest(origin, body))
        _write_durably(Path(path), head, body)
        return cls(path)


class _Part:
    """The tasks whose keys begin with one byte, while an index is made."""

    def __init__(self) -> None:
        self.keys = array("Q")
        self.flags = bytearray()
        self.sizes: dict[int, tuple[int, int]] = {}

    def merged(self) -> dict[int, int]:
        """Key and flags of each media; the tasks of one media are made one."""
        merged = dict(zip(self.keys, self.flags, strict=True))
        if len(merged) < len(self.keys):
            merged.clear()
            for key, bits in zip(self.keys, self.flags, strict=True):
                before = merged.get(key, 0)
                merged[key] = before | bits | (_TWICE if before & bits & _IMPORTABLE else 0)
        return merged


def _gathered(tasks: Iterable[MediaTask]) -> list[_Part]:
    parts = [_Part() for _ in range(256)]
    into = [(part.keys.append, part.flags.append) for part in parts]
    left = iter(tasks)
    while some := list(islice(left, _BATCH)):
        for key, (_, flags, width, height) in zip(_keys(some), some, strict=True):
            add_key, add_flags = into[key >> 56]
            add_key(key)
            add_flags(flags)
            if width and height:
                parts[key >> 56].sizes[key] = width, height
    return parts


def _keys(tasks: list[MediaTask]) -> Iterable[int]:
    lanes = lanes_of([task.media_id for task in tasks])
    try:
        return keys_of(lanes)
    except UnicodeEncodeError:  # an id with half a surrogate pair, which no server gives out
        return map(key_of, lanes)


def _pixels(given: object) -> int:
    """A width or height as lists write it: a number, or its digits; 0 where there is none."""
    if given is None or given == "":
        return 0
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise ValueError(f"{given!r} is no number of pixels")
    return min(given, _LARGEST_SIZE)


def _numbers(body: memoryview, code: str) -> memoryview | array[int]:
    """Little-endian numbers as they lie there, or turned round on a big-endian machine."""
    if sys.byteorder == "little":
        return body.cast(code)  # type: ignore[call-overload, no-any-return]  # typeshed wants a literal
    turned = array(code, body.tobytes())
    turned.byteswap()
    return turned


def _digest(origin: bytes, body: bytes | memoryview) -> bytes:
    digest = xxh3_128(origin)
    digest.update(body)
    return digest.digest()


def _write_durably(path: Path, *pieces: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise CheckpointUnusable(
            os.fspath(path), f"the index of its media cannot be written ({error})"
        ) from error
