"""The labels of one project as the source of an import into another, while they are still being read.

A backup grows chunk by chunk; what is there of it is mapped and given as JSON Lines, and where it ends for now the
stream waits for more. Nothing depends on when it was read: the same backup gives the same bytes again, so an import
that is resumed meets what it has on record.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.backups.file.frames import HEAD_BYTES, NotARecord, payload_bytes, record_of
from bulk_importer.backups.file.records import Chunk, Record, Trailer
from bulk_importer.backups.file.writing import part_of
from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.errors import SourceUnreadable
from bulk_importer.files.small_files import reason_of
from bulk_importer.sources.interfaces import Owned, Stream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["Growth", "MigrationSource"]

_LOOK_AGAIN_SECONDS = 0.5


class Growth:
    """Tells those who follow a backup that it has grown, or that nothing more will come."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        # Set by `end` alone.
        self.is_over = False

    def grew(self) -> None:
        """Something was written."""
        self._changed.set()

    def end(self) -> None:
        """Nothing more will be written."""
        self.is_over = True
        self._changed.set()

    async def wait(self) -> None:
        """Return when something was written since the last time, or after a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                await self._changed.wait()
        self._changed.clear()


class MigrationSource(Owned):
    """A backup that may still grow, mapped. It can be read as often as wanted, from its beginning.

    Args:
        name: for people.
        backup: its path when it is finished; until then it lies in the part beside.
        mapped: makes the lines of the entries of one media.
        growth: says when to look again.
    """

    size: int | None = None
    seekable = False
    repeatable = True
    descriptor: int | None = None
    lines = True
    plain = False
    file: int | None = None
    version: str | None = None

    def __init__(
        self, name: str, backup: Path, mapped: Callable[[list[MadeEntry]], list[bytes]], growth: Growth
    ) -> None:
        self.name = name
        self._backup = backup
        self._mapped = mapped
        self._growth = growth

    async def head(self, length: int) -> bytes:  # noqa: ARG002 - what it begins with is known
        """Nothing: that it is JSON Lines need not be looked at."""
        return b""

    async def stream(self, offset: int) -> Stream:
        """The lines from the beginning."""
        if offset:
            raise SourceUnreadable(self.name, "it can be read from its beginning only")
        self.taken = 0
        return _Following(self.name, self._opened, self._mapped, self._growth)

    def check_unchanged(self) -> None:
        """Do nothing: a chunk that was written stays as it is, and each is compared with its digest when it is read."""

    def _opened(self) -> int:
        """The file of the backup; -1 where it is not begun yet."""
        for path in (self._backup, part_of(self._backup)):
            try:
                return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise SourceUnreadable(self.name, f"{path}: {reason_of(error)}") from error
        return -1


class _Following:
    """Follows a backup from chunk to chunk."""

    def __init__(
        self,
        name: str,
        opened: Callable[[], int],
        mapped: Callable[[list[MadeEntry]], list[bytes]],
        growth: Growth,
    ) -> None:
        self._name = name
        self._opened = opened
        self._mapped = mapped
        self._growth = growth
        # -1 until there is one. Changed by `_next` and `aclose`.
        self._file = -1
        # Where the next record begins, what is given next, and the entries of a media that is not whole yet. Changed by
        # `read`.
        self._at = 0
        self._ready = b""
        self._waiting: list[MadeEntry] = []
        self._is_over = False

    async def read(self, limit: int) -> bytes:
        """Some of the lines; nothing at the end of a backup that is finished."""
        while not self._ready and not self._is_over:
            is_last_look = self._growth.is_over
            if await asyncio.to_thread(self._next):
                continue
            if is_last_look:
                raise SourceUnreadable(self._name, "the project it comes from was not read to the end")
            await self._growth.wait()
        piece, self._ready = self._ready[:limit], self._ready[limit:]
        return piece

    async def aclose(self) -> None:
        """Close the file; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _next(self) -> bool:
        """Take what comes next of the file, if it is there; whether it was. Blocks."""
        if self._file < 0:
            self._file = self._opened()
        found = None if self._file < 0 else self._record()
        if found is None:
            return False
        record, behind = found
        if isinstance(record, Trailer):
            self._is_over = True
        elif isinstance(record, Chunk):
            frame = os.pread(self._file, record.packed, behind)
            if xxh3_128_hexdigest(frame) != record.digest:
                return False  # it is being written
            content = zstd.decompress(frame)
            behind += record.packed
            self._ready = b"".join(line + b"\n" for line in self._lines(content))
        self._at = behind
        return True

    def _record(self) -> tuple[Record, int] | None:
        try:
            length = payload_bytes(os.pread(self._file, HEAD_BYTES, self._at))
            payload = os.pread(self._file, length, self._at + HEAD_BYTES)
            return record_of(payload), self._at + HEAD_BYTES + length
        except NotARecord:
            return None

    def _lines(self, content: bytes) -> Iterator[bytes]:
        for line in content.split(b"\n"):
            if not line.startswith(b"{"):
                continue
            self._waiting.append(msgspec.json.decode(line.removesuffix(b","), type=MadeEntry))
            if len(self._waiting) == self._waiting[0].backup.total:
                entries, self._waiting = self._waiting, []
                yield from self._mapped(entries)
