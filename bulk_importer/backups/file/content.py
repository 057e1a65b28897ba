"""Reads the entries of a backup, chunk by chunk, and proves on the way that they are what was written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.backups.file.records import Trailer
from bulk_importer.backups.file.scan import BackupScan, ChunkPlace, scan_backup
from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.errors import BackupUnusable
from bulk_importer.files.small_files import reason_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["Backup", "opened_backup"]

_decode = msgspec.json.Decoder(MadeEntry).decode
_AGAIN = "Take a copy of it that is whole, or make the backup anew."


@contextmanager
def opened_backup(path: Path) -> Iterator[Backup]:
    """A finished backup to be read, while this is open.

    Raises:
        BackupUnusable: it cannot be read, is no backup, is not finished, or its records are not what was written.
    """
    scan = scan_backup(path)
    if scan.trailer is None:
        reason = f"it is not finished{f': {scan.why_not}' if scan.why_not else ''}"
        advice = "Run the command that writes it again, which resumes; or name a copy that is whole."
        raise BackupUnusable(path, reason, advice=advice)
    if scan.why_not or scan.trailer.chain != scan.chain.digest:
        reason = scan.why_not or "its parts are not those that its end tells of"
        raise BackupUnusable(path, reason, advice=_AGAIN)
    try:
        with path.open("rb") as file:
            yield Backup(path, scan, scan.trailer, file.fileno())
    except OSError as error:
        raise BackupUnusable(path, reason_of(error), advice=_AGAIN) from error


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is open for reading.

    Attributes:
        scan: its records, which add up to what the `trailer` tells of.
    """

    path: Path
    scan: BackupScan
    trailer: Trailer
    file: int

    def contents(self) -> Iterator[tuple[ChunkPlace, bytes]]:
        """Each chunk with what it unpacks to, some MiB at a time.

        Raises:
            BackupUnusable: a chunk is not what was written.
        """
        for place in self.scan.chunks:
            yield place, self.content(place)

    def content(self, place: ChunkPlace) -> bytes:
        """What one chunk unpacks to. Raises as `contents` does."""
        frame = os.pread(self.file, place.chunk.packed, place.at)
        if xxh3_128_hexdigest(frame) == place.chunk.digest:
            content = zstd.decompress(frame)
            if xxh3_128_hexdigest(content) == place.chunk.content:
                return content
        reason = f"what lies in it from byte {place.at} on is not what was written"
        raise BackupUnusable(self.path, reason, advice=_AGAIN)

    def media(self) -> Iterator[list[MadeEntry]]:
        """The entries of each media, in their order. Raises as `contents` does."""
        waiting: list[MadeEntry] = []
        for _, content in self.contents():
            for line in content.split(b"\n"):
                if not line.startswith(b"{"):
                    continue
                waiting.append(_decode(line.removesuffix(b",")))
                if len(waiting) == waiting[0].backup.total:
                    yield waiting
                    waiting = []
