"""`mentions`: which media the entries before a resume named, so that what a later entry wipes is found all the same.

Blocks, one for each segment in order of position, all numbers little-endian:

    first   8 bytes, the position of the segment's first element
    count   4 bytes, the number of its elements
    crc     4 bytes, CRC-32 of the keys
    keys    8 bytes for each element: `key_of` the lane of its media, 0 where it was rejected or skipped

A block is written before the record of its segment, and not waited for: a power cut may take it away where the record
stays. A resume takes the blocks from the beginning as far as they join, cuts what is behind the last recorded segment,
and says that it does not know all media where the blocks do not reach it. Nothing that is sent hangs on this file.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from zlib import crc32

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.intake.mentions import Mentions
from bulk_importer.model import Segment

__all__ = ["MentionLog"]

_FILE = "mentions"
_HEAD = Struct("<QII")
_KEY_BYTES = 8


class MentionLog:
    """The file of one checkpoint, open for appending; a context manager that closes it.

    Args:
        position: the first position that is not on record as read.
        mentions: told what was mentioned before it.

    Raises:
        CheckpointUnusable: it cannot be read or written.
    """

    def __init__(self, folder: Path, position: int, mentions: Mentions) -> None:
        self._path = folder / _FILE
        try:
            self._file = self._path.open("ab+")
            self._file.truncate(self._recall(position, mentions))
        except OSError as error:
            raise self._unusable(error) from error

    def __enter__(self) -> MentionLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, segment: Segment) -> None:
        """Write down the media of the next segment; returns when another process would find them.

        Raises:
            CheckpointUnusable: the file cannot be written.
        """
        keys = _keys(segment)
        try:
            self._file.write(_HEAD.pack(segment.key.first, segment.key.count, crc32(keys)) + keys)
            self._file.flush()
        except OSError as error:
            raise self._unusable(error) from error

    def sync(self) -> None:
        """Return when all of it is on disk. Raises as `keep` does."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unusable(error) from error

    def _recall(self, position: int, mentions: Mentions) -> int:
        """Tell what was mentioned before `position`; the bytes that it stands in."""
        self._file.seek(0)
        reached = size = 0
        for first, keys in self._blocks():
            if first != reached or first + len(keys) > position:
                break
            mentions.recall(keys)
            reached += len(keys)
            size += _HEAD.size + _KEY_BYTES * len(keys)
        if reached < position:
            mentions.forget()
        return size

    def _blocks(self) -> Iterator[tuple[int, Sequence[int]]]:
        """The position and the keys of each block, up to one that is not what was written."""
        while len(head := self._file.read(_HEAD.size)) == _HEAD.size:
            first, count, crc = _HEAD.unpack(head)
            body = self._file.read(_KEY_BYTES * count)
            if len(body) < _KEY_BYTES * count or crc32(body) != crc:
                return
            keys = array("Q", body)
            if sys.byteorder == "big":
                keys.byteswap()
            yield first, keys

    def _unusable(self, error: OSError) -> CheckpointUnusable:
        return CheckpointUnusable(os.fspath(self._path), error.strerror or str(error))


def _keys(segment: Segment) -> bytes:
    """The keys of all elements of a segment, as they lie in the file."""
    run = segment.run
    if len(run) == segment.key.count:
        found = array("Q", run.keys)
    else:
        found, first = array("Q", bytes(_KEY_BYTES * segment.key.count)), segment.key.first
        for position, key in zip(run.positions, run.keys, strict=True):
            found[position - first] = key
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()
