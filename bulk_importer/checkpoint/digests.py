"""`digests`: eight bytes for each position, by which a delivered entry is known again in a mended source.

The digest of position `p` stands at byte `8 * p`. The log keeps a CRC-32 of each segment's part, and the part
is on disk before the record of the segment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

from bulk_importer.checkpoint.log.file import read_log
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.files.durable import DurableFile
from bulk_importer.model import SegmentKey
from bulk_importer.spans import SpanSet

__all__ = [
    "DIGESTS",
    "DIGEST_BYTES",
    "DeliveredDigests",
    "SegmentDigests",
    "damaged_digests",
    "delivered_digests",
]

DIGEST_BYTES = 8
DIGESTS = "digests"


class SegmentDigests:
    """The file `digests`, open for appending."""

    def __init__(
        self, folder: Path, entries: int, open_file: Callable[[Path], DurableFile] = DurableFile
    ) -> None:
        """Open the file, and cut what stands behind the `entries` that the log counts on.

        Raises:
            CheckpointUnusable: it is shorter than that.
            OSError: it cannot be opened.
        """
        self._file = open_file(folder / DIGESTS)
        counted = entries * DIGEST_BYTES
        if self._file.size < counted:
            self._file.close()
            reason = f"it has {self._file.size:,} bytes, the log counts on {counted:,}"
            raise CheckpointUnusable(str(folder / DIGESTS), reason, advice="Restore it from a copy.")
        if self._file.size > counted:
            self._file.cut(counted)

    def append(self, digests: bytes) -> None:
        """Add the digests of the next positions. Raises OSError."""
        self._file.append(digests)

    def sync(self) -> None:
        """Return when all digests are on disk. Raises OSError."""
        self._file.sync()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


class DeliveredDigests:
    """A multiset of digests, from which each can be taken as often as it was delivered.

    Memory: nine bytes for each (eight, and what a growing buffer keeps in reserve) and a few MiB. A `Counter`
    would take more than a hundred. Digests that begin with the same bits lie in one buffer, which
    is searched from its beginning; there are enough buffers that it holds a few hundred.
    """

    def __init__(self, expected: int) -> None:
        self._shift = 64 - min(16, max(1, (expected // 256).bit_length()))
        self._buffers = [bytearray() for _ in range(1 << (64 - self._shift))]
        self._left = 0

    def __len__(self) -> int:
        """How many digests are left."""
        return self._left

    def put(self, digests: bytes) -> None:
        """Put in all of `digests`, eight bytes each."""
        shift, buffers = self._shift, self._buffers
        for at in range(0, len(digests), DIGEST_BYTES):
            digest = digests[at : at + DIGEST_BYTES]
            buffers[int.from_bytes(digest, "big") >> shift] += digest
        self._left += len(digests) // DIGEST_BYTES

    def take(self, digest: bytes) -> bool:
        """Take one `digest` out; False when none is left."""
        buffer = self._buffers[int.from_bytes(digest, "big") >> self._shift]
        at = buffer.find(digest)
        while at % DIGEST_BYTES:  # across two neighbours, or -1 for none
            if at < 0:
                return False
            at = buffer.find(digest, at + 1)
        last = buffer[-DIGEST_BYTES:]
        buffer[at : at + DIGEST_BYTES] = last
        del buffer[-DIGEST_BYTES:]
        self._left -= 1
        return True


def delivered_digests(*folders: Path) -> DeliveredDigests:
    """The digests of all entries that the checkpoints in `folders` have as delivered; reads without a lock.

    Raises:
        CheckpointUnusable, CheckpointDamaged: it cannot be read, or is not what was written.
    """
    states = [read_log(folder).state for folder in folders]
    found = DeliveredDigests(sum(len(state.delivered) for state in states))
    for folder, state in zip(folders, states, strict=True):
        _put_delivered(found, folder, state)
    return found


def _put_delivered(found: DeliveredDigests, folder: Path, state: CheckpointState) -> None:
    for key, part in _parts(folder, state):
        if part is None:
            reason = f"the digests of positions {key.first} to {key.first + key.count - 1} are not what was written"
            raise CheckpointDamaged(str(folder / DIGESTS), key.first * DIGEST_BYTES, reason)
        for start, stop in state.delivered.within(key.first, key.first + key.count):
            found.put(part[(start - key.first) * DIGEST_BYTES : (stop - key.first) * DIGEST_BYTES])


def damaged_digests(folder: Path, state: CheckpointState) -> SpanSet:
    """The positions of the segments whose digests are not what was written."""
    bad = ((key.first, key.first + key.count) for key, part in _parts(folder, state) if part is None)
    return SpanSet(bad)


def _parts(folder: Path, state: CheckpointState) -> Iterator[tuple[SegmentKey, bytes | None]]:
    """Each segment with its digests, None in place of those that do not fit their checksum."""
    try:
        with (folder / DIGESTS).open("rb") as file:
            for key, crc in zip(state.segments, state.digests_crcs, strict=True):
                part = file.read(key.count * DIGEST_BYTES)
                whole = len(part) == key.count * DIGEST_BYTES and crc32(part) == crc
                yield key, part if whole else None
    except OSError as error:
        raise CheckpointUnusable.by(folder / DIGESTS, error) from error
