"""Hops through a backup from record to record, and says how far it is whole (see `records`).

Nothing is unpacked here. The `BackupScan` of a part that a crash left says where to go on; `content` proves every byte
that it reads.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from xxhash import xxh3_128

from bulk_importer.backups.file.chain import Chain
from bulk_importer.backups.file.frames import HEAD_BYTES, NotARecord, payload_bytes, record_of
from bulk_importer.backups.file.records import FORMAT_VERSION, Chunk, Header, Record, Trailer
from bulk_importer.backups.file.tally import Tally
from bulk_importer.errors import BackupUnusable
from bulk_importer.files.small_files import reason_of

__all__ = ["BackupScan", "ChunkPlace", "is_begun", "scan_backup"]

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """A chunk, and the offset of its zstd frame."""

    chunk: Chunk
    at: int


@dataclass(frozen=True, slots=True)
class BackupScan:
    """What a backup holds, by its records.

    Attributes:
        chunks: those whose frames are there whole.
        tally: the sums of these.
        chain: the digest of header and chunks.
        end: the offset behind the last of them.
        trailer: None where the backup is not finished.
        why_not: what is wrong behind `end`, for people; empty where nothing is there, or the trailer alone.
    """

    header: Header
    chunks: tuple[ChunkPlace, ...]
    tally: Tally
    chain: Chain
    end: int
    trailer: Trailer | None
    why_not: str


def is_begun(path: Path) -> bool:
    """Whether a part has more than a crash leaves of a header that was being written. Raises `OSError`."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            length = payload_bytes(file.read(HEAD_BYTES))
        except NotARecord:
            return os.fstat(file.fileno()).st_size >= HEAD_BYTES
        return os.fstat(file.fileno()).st_size >= HEAD_BYTES + length


def scan_backup(path: Path) -> BackupScan:
    """Hop through a backup; the frame of the last chunk is compared with its digest, because a crash may have cut it.

    Raises:
        BackupUnusable: it cannot be read, or is no backup.
    """
    try:
        with path.open("rb") as file:
            return _scan(file.fileno(), path)
    except OSError as error:
        advice = "Name a file that 'bulk-importer backup' wrote."
        raise BackupUnusable(path, reason_of(error), advice=advice) from error


def _holds(file: int, place: ChunkPlace) -> bool:
    """Whether the frame of a chunk lies in an open file as it was written."""
    digest, at, left = xxh3_128(), place.at, place.chunk.packed
    while left and (piece := os.pread(file, min(left, _PIECE_BYTES), at)):
        digest.update(piece)
        at, left = at + len(piece), left - len(piece)
    return not left and digest.hexdigest() == place.chunk.digest


def _scan(file: int, path: Path) -> BackupScan:
    header, end = _header(file, path)
    ends, places = [end], []
    trailer, why_not = None, ""
    size = os.fstat(file).st_size
    while ends[-1] < size and trailer is None and not why_not:
        try:
            record, behind = _record_at(file, ends[-1])
        except NotARecord:
            why_not = f"from byte {ends[-1]:,} on there is no record of a backup"
            continue
        if isinstance(record, Trailer):
            trailer = record
            why_not = "" if behind == size else f"something follows its end, from byte {behind:,} on"
        elif isinstance(record, Chunk) and behind + record.packed <= size:
            places.append(ChunkPlace(record, behind))
            ends.append(behind + record.packed)
        else:
            why_not = f"it breaks off behind byte {ends[-1]:,}"
    # What was written last before a crash may be there in length, and not in content; what closes the array is written
    # anew with the trailer.
    while trailer is None and places and not (places[-1].chunk.media and _holds(file, places[-1])):
        why_not = f"what lies from byte {places.pop().at:,} on is not what was written"
        ends.pop()
    tally, chain = Tally(), Chain()
    chain.link(header)
    for place in places:
        tally.add(place.chunk)
        chain.link(place.chunk)
    return BackupScan(header, tuple(places), tally, chain, ends[-1], trailer, why_not)


def _header(file: int, path: Path) -> tuple[Header, int]:
    try:
        record, behind = _record_at(file, 0)
    except NotARecord:
        record, behind = None, 0
    if not isinstance(record, Header):
        advice = "Name a file that 'bulk-importer backup' wrote."
        raise BackupUnusable(path, "it does not begin as a backup does", advice=advice)
    if record.format > FORMAT_VERSION:
        reason = (
            f"it was written by bulk-importer {record.program}, in a form that this version does not know"
        )
        raise BackupUnusable(path, reason, advice="Install that version or a later one.")
    return record, behind


def _record_at(file: int, at: int) -> tuple[Record, int]:
    """The record at an offset, and the offset behind it. Raises `NotARecord`."""
    length = payload_bytes(os.pread(file, HEAD_BYTES, at))
    payload = os.pread(file, length, at + HEAD_BYTES)
    return record_of(payload), at + HEAD_BYTES + length
