"""Writes a backup, chunk by chunk, so that a crash at any moment loses no chunk that is on disk (see `records`).

The part is `FILE.part` until the backup is finished; then it takes the name `FILE` at once and whole. One process
writes a part, held by a lock of the kernel on the part itself.
"""

from __future__ import annotations

import asyncio
import fcntl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.backups.file.frames import frame_of
from bulk_importer.backups.file.records import Chunk, Header, Trailer
from bulk_importer.backups.file.scan import BackupScan, is_begun, scan_backup
from bulk_importer.backups.file.tally import Tally
from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.errors import BackupUnusable
from bulk_importer.files.durable import DurableFile, has_name, sync_folder

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["BackupWriter", "MadeMedia", "locked_part", "part_of"]

_CHUNK_BYTES = 4 << 20
"""Unpacked. Memory is three times that, and a crash costs so much work; larger ones pack no better by 2 %."""
_LEVEL = 3
_encode = msgspec.json.Encoder().encode


def part_of(path: Path) -> Path:
    """Where a backup lies while it is written."""
    return path.with_name(f"{path.name}.part")


@dataclass(frozen=True, slots=True)
class MadeMedia:
    """What is written of one media: its entries as lines, and their counts."""

    lines: tuple[bytes, ...]
    tally: Tally

    @classmethod
    def of(cls, entries: Sequence[MadeEntry]) -> MadeMedia:
        """The entries of a media that was read."""
        tally = Tally()
        tally.count(entries)
        return cls(tuple(map(_encode, entries)), tally)

    @classmethod
    def without(cls, *, is_gone: bool) -> MadeMedia:
        """A media that is gone, or that could not be read: it has no entry, so that an import leaves it alone."""
        return cls((), Tally(media=1, gone=int(is_gone), unread=int(not is_gone)))


@contextmanager
def locked_part(path: Path) -> Iterator[DurableFile]:
    """The part of the backup `path`, for one process at a time while this is open; an empty one does not stay.

    Raises:
        BackupUnusable: another process has it, or it cannot be opened.
    """
    part = part_of(path)
    try:
        file = DurableFile(part)
    except OSError as error:
        raise BackupUnusable.by(part, error) from error
    try:
        _lock(file)
        try:
            yield file
        finally:
            if not file.size:
                part.unlink(missing_ok=True)
    finally:
        file.close()


def _lock(file: DurableFile) -> None:
    is_ours = True
    with suppress(OSError):  # a file system without locks
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = has_name(file.fileno(), file.path)  # else it is the finished backup by now
        except BlockingIOError:
            is_ours = False
    if not is_ours:
        advice = "Wait for it, or stop it; then run the same command again."
        raise BackupUnusable(file.path, "another process writes it", advice=advice)


class BackupWriter:
    """Writes the part of a backup. After an error nothing more is written.

    Raises, in each method:
        BackupUnusable: the part cannot be written.
    """

    def __init__(self, path: Path, part: DurableFile, header: Header) -> None:
        """Begin a part, or go on with one whose header is `header`.

        Args:
            part: of the backup `path`, locked; closed by the caller.

        Raises:
            BackupUnusable: also where what is there is no backup.
        """
        self._path = path
        self._file = part
        self._part = part.path
        scan = self._begin(header)
        # What is on disk; changed by `_put` alone.
        self.header = scan.header
        self.tally = scan.tally
        self._chain = scan.chain
        self._size = sum(place.chunk.size for place in scan.chunks)
        self._chunks = len(scan.chunks)
        # Lines that wait for a chunk, with their bytes and counts. Changed by `take` and `_write`.
        self._lines: list[bytes] = []
        self._bytes = 0
        self._tally = Tally()
        self.taken = Tally()
        self.taken.add(scan.tally)

    def _begin(self, header: Header) -> BackupScan:
        try:
            if not is_begun(self._part):
                self._file.cut(0)
                self._file.append(frame_of(header))
                self._file.sync()
                sync_folder(self._part.parent)
            scan = scan_backup(self._part)
            if scan.end < self._file.size:
                self._file.cut(scan.end)
                self._file.sync()
        except OSError as error:
            raise BackupUnusable.by(self._part, error) from error
        return scan

    async def take(self, media: MadeMedia) -> None:
        """Receive what is to be written of the next media; written with others, once they are enough for a chunk."""
        self._lines += media.lines
        self._bytes += sum(map(len, media.lines))
        self._tally.add(media.tally)
        self.taken.add(media.tally)
        if self._bytes >= _CHUNK_BYTES or self._tally.media >= _CHUNK_BYTES >> 8:
            await self.flush()

    async def flush(self) -> None:
        """Return when everything that was taken is on disk."""
        if self._tally.media:
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        lines, self._lines, self._bytes = self._lines, [], 0
        tally, self._tally = self._tally, Tally()
        # An entry stands behind what divides it from the one before it, so that a part may end with any.
        begins = b"[\n" if not self._size else b",\n"
        self._put(begins + b",\n".join(lines) if lines else b"", tally)

    def _put(self, content: bytes, tally: Tally) -> None:
        """Append a chunk with this content, and return when it is on disk."""
        frame = zstd.compress(content, level=_LEVEL)
        chunk = Chunk(
            packed=len(frame),
            digest=xxh3_128_hexdigest(frame),
            size=len(content),
            content=xxh3_128_hexdigest(content),
            media=tally.media,
            entries=tally.entries,
            labelled=tally.labelled,
            gone=tally.gone,
            unread=tally.unread,
            values=dict(tally.values),
            lost=dict(tally.lost),
        )
        try:
            self._file.append(frame_of(chunk) + frame)
            self._file.sync()
        except OSError as error:
            raise BackupUnusable.by(self._part, error) from error
        self.tally.add(chunk)
        self._chain.link(chunk)
        self._size += chunk.size
        self._chunks += 1

    async def finish(self, *, changed: bool, ended: str, seconds: float) -> Trailer:
        """Write the rest, close the array, and give the file its name."""
        await self.flush()
        return await asyncio.to_thread(self._finish, changed, ended, seconds)

    def _finish(self, changed: bool, ended: str, seconds: float) -> Trailer:
        self._put(b"\n]\n" if self._size else b"[\n]\n", Tally())
        sums = self.tally
        trailer = Trailer(
            chain=self._chain.digest,
            chunks=self._chunks,
            size=self._size,
            media=sums.media,
            entries=sums.entries,
            labelled=sums.labelled,
            gone=sums.gone,
            unread=sums.unread,
            values=sums.values,
            lost=sums.lost,
            changed=changed,
            ended=ended,
            seconds=round(seconds, 3),
        )
        try:
            self._file.append(frame_of(trailer))
            self._file.sync()
            self._part.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise BackupUnusable.by(self._part, error) from error
        return trailer
