"""Gathers what was done to each media, for more media than memory holds.

What belongs to one media is given in any order among that of others. It goes into one of some files by the key of the
lane, and a file is read into memory as a whole, when all is in.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.labels.entry import key_of, lane_of

__all__ = ["Deed", "DeedKind", "MediaBuckets"]

_BUCKET_BYTES = 24 << 20
_MOST_BUCKETS = 256


class DeedKind(IntEnum):
    """What was done: in this order where two have the same place."""

    KEPT = 0
    DELIVERED = 1
    TAKEN_BACK = 2


class Deed(msgspec.Struct, frozen=True, array_like=True):
    """What was done to a media.

    Attributes:
        stage: 0 for the import, then its retries in their order, then its undos.
        position: of the entry in the source of the import; of what was kept, that of the first entry behind it.
        entries: the one that was delivered, or what the media held; none where it was taken back.
    """

    media_id: str
    stage: int
    position: int
    kind: DeedKind
    entries: tuple[bytes, ...]

    @property
    def place(self) -> tuple[int, int, int]:
        """By which the deeds of one media are in the order in which they were done."""
        return self.stage, self.position, self.kind


class MediaBuckets:
    """Files without names, into which deeds go by media; a context manager that gives them back.

    Args:
        folder: where they may lie.
        total_bytes: about how much will be put in.
    """

    def __init__(self, folder: Path, total_bytes: int) -> None:
        self._folder = folder
        self._count = min(_MOST_BUCKETS, 1 + total_bytes // _BUCKET_BYTES)
        self._files: list[BinaryIO] = []
        self._encode = msgspec.msgpack.Encoder().encode

    def __enter__(self) -> Self:
        """Make the files. Raises `CheckpointUnusable`: they cannot be."""
        try:
            for _ in range(self._count):
                self._files.append(tempfile.TemporaryFile(dir=self._folder))
        except OSError as error:
            self.__exit__()
            raise CheckpointUnusable.by(self._folder, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        # What a full disk did not take is said by `put` and `media`; here it would be said once more.
        for file in self._files:
            with suppress(OSError):
                file.close()

    def put(self, deed: Deed) -> None:
        """Put a deed in. Blocks.

        Raises:
            CheckpointUnusable: the disk refuses it.
        """
        packed = self._encode(deed)
        try:
            self._files[key_of(lane_of(deed.media_id)) % self._count].write(
                len(packed).to_bytes(4, "little") + packed
            )
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error

    def media(self) -> Iterator[list[list[Deed]]]:
        """The deeds of each media, in the order in which they were done; bucket by bucket. Blocks.

        Raises:
            CheckpointUnusable: the disk cannot be read, or refused what was put in last.
        """
        try:
            for file in self._files:
                file.seek(0)
                by_lane: dict[str, list[Deed]] = {}
                for deed in _deeds(file):
                    by_lane.setdefault(lane_of(deed.media_id), []).append(deed)
                yield [sorted(each, key=lambda deed: deed.place) for each in by_lane.values()]
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error


def _deeds(file: BinaryIO) -> Iterator[Deed]:
    decode = msgspec.msgpack.Decoder(Deed).decode
    while head := file.read(4):
        yield decode(file.read(int.from_bytes(head, "little")))
