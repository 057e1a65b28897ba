"""`mentions`: which media the entries before a resume named, so that what a later entry wipes is found all the same.

Blocks, one for each segment in order of position, all numbers little-endian:

    first   8 bytes, the position of the segment's first element
    count   4 bytes, the number of its elements
    crc     4 bytes, CRC-32 of the keys
    keys    8 bytes for each element: `key_of` the lane of its media, 0 where it brings nothing: it was rejected when
            it was read, or holds only classes

A block is written before the record of its segment, and not waited for: a power cut may take it away where the record
stays. A resume takes the blocks from the beginning as far as they join, cuts what is behind the last recorded segment,
and says that it does not know all media where the blocks do not reach it. Nothing that is sent hangs on this file.
Other sources of the same command read it too, to know what this one mentions; and at the end of a run it is read once
more, where not all is delivered, to count media (see `media_counts`).
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import BinaryIO
from zlib import crc32

from bulk_importer.checkpoint import read_state
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.files.durable import DurableFile
from bulk_importer.model import Segment, SegmentKey
from bulk_importer.pipeline.wiped.mentions import MENTIONS, Mentions
from bulk_importer.spans import SpanSet

__all__ = ["MentionLog", "keys_at", "keys_in_doubt", "keys_of_segment", "recall_checkpoint"]

_HEAD = Struct("<QII")
_KEY_BYTES = 8


class MentionLog:
    """The file of one checkpoint, open for appending; a context manager that closes it.

    Args:
        position: the first position that is not on record as read.
        mentions: receives what was mentioned before that position.

    Raises:
        CheckpointUnusable: it cannot be read or written.
    """

    def __init__(self, folder: Path, position: int, mentions: Mentions) -> None:
        self._path = folder / MENTIONS
        try:
            self._file = DurableFile(self._path)
            size = _recall(self._path, position, mentions)
            if self._file.size > size:
                self._file.cut(size)
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error
        # Of the next segment, what was delivered before: positions and keys. Set by `note`, cleared by `keep`.
        self._delivered: list[tuple[Sequence[int], Sequence[int]]] = []

    def __enter__(self) -> MentionLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def note(self, positions: Sequence[int], keys: Sequence[int]) -> None:
        """Take note of entries of the next segment that an earlier import delivered: their media are mentioned, too."""
        self._delivered.append((positions, keys))

    def keep(self, segment: Segment) -> Segment:
        """Write down the media of the next segment, a filter; when this returns, other processes would find them.

        Raises:
            CheckpointUnusable: the file cannot be written.
        """
        keys = keys_of_segment(segment.key, [(segment.run.positions, segment.run.keys), *self._delivered])
        self._delivered.clear()
        try:
            self._file.append(_HEAD.pack(segment.key.first, segment.key.count, crc32(keys)) + keys)
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error
        return segment

    def sync(self) -> None:
        """Return when all that was kept is on disk. Raises `CheckpointUnusable` as `keep` does."""
        try:
            self._file.sync()
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error


def recall_checkpoint(folder: Path, mentions: Mentions) -> None:
    """Add to `mentions` what the source of the checkpoint in `folder` mentions, as far as that is on record.

    Where the checkpoint or the file is damaged, `mentions` forgets everything and is incomplete. Nothing is raised:
    whoever opens the checkpoint says what is wrong. A folder without a checkpoint adds nothing.
    """
    try:
        position = read_state(folder)[1].position
    except CheckpointDamaged:
        mentions.forget()
        return
    except CheckpointUnusable:
        return
    try:
        _recall(folder / MENTIONS, position, mentions)
    except OSError:
        mentions.forget()


def keys_at(folder: Path, positions: SpanSet) -> Iterator[Sequence[int]]:
    """The keys of the media at these positions, in order and in pieces, as far as they are on record; 0 for none.

    Raises:
        OSError: the file cannot be read.
    """
    if positions:
        with (folder / MENTIONS).open("rb") as file:
            for first, keys in _blocks(file, positions):
                for start, stop in positions.within(first, first + len(keys)):
                    yield keys[start - first : stop - first]


def keys_in_doubt(folder: Path) -> frozenset[int]:
    """The keys of the media that the checkpoint in `folder` has in doubt or under way, as far as they are on record."""
    try:
        return frozenset().union(*keys_at(folder, read_state(folder)[1].taken))
    except (CheckpointUnusable, CheckpointDamaged, OSError):
        return frozenset()


def keys_of_segment(key: SegmentKey, parts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> bytes:
    """The keys of all elements of a segment, as they lie in the file; 0 for those that have none.

    Args:
        parts: positions and the keys at them.
    """
    if len(parts[0][1]) == key.count:
        found = array("Q", parts[0][1])
    else:
        found = array("Q", bytes(_KEY_BYTES * key.count))
        for positions, keys in parts:
            for position, media in zip(positions, keys, strict=True):
                found[position - key.first] = media
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def _recall(path: Path, position: int, mentions: Mentions) -> int:
    """Add to `mentions` what was mentioned before `position`; returns how many bytes of the file say it.

    Raises:
        OSError: the file cannot be read.
    """
    reached = size = 0
    if position:
        with path.open("rb") as file:
            for first, keys in _blocks(file):
                if first != reached or first + len(keys) > position:
                    break
                mentions.recall(keys)
                reached += len(keys)
                size += _HEAD.size + _KEY_BYTES * len(keys)
    if reached < position:
        mentions.forget()
    return size


def _blocks(file: BinaryIO, positions: SpanSet | None = None) -> Iterator[tuple[int, Sequence[int]]]:
    """The position and the keys of each block, up to one that is not what was written.

    Args:
        positions: blocks with none of them are passed by unread.
    """
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        first, count, crc = _HEAD.unpack(head)
        if positions is not None and not positions.meets(first, first + count):
            file.seek(_KEY_BYTES * count, os.SEEK_CUR)
            continue
        body = file.read(_KEY_BYTES * count)
        if len(body) < _KEY_BYTES * count or crc32(body) != crc:
            return
        keys = array("Q", body)
        if sys.byteorder == "big":
            keys.byteswap()
        yield first, keys
