"""Sources on this machine: a plain file, read at any offset; a pipe and the entries of a program, read once."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import Any

from bulk_importer.errors import SourceUnreadable
from bulk_importer.files.small_files import reason_of
from bulk_importer.readable import readable
from bulk_importer.sources.interfaces import GOES_ON, Owned, Stream, changed, unreadable_at
from bulk_importer.sources.pread import read_at

__all__ = ["EntriesSource", "FileSource", "PipeSource"]

_PIECE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031  # of Linux; `fcntl` has the name nowhere else, and other systems refuse the number


class FileSource(Owned):
    """A plain file, read by positions; it is noticed when it changes meanwhile. Owns `descriptor`."""

    seekable = True
    repeatable = True
    plain = True
    version: str | None = None

    def __init__(self, name: str, descriptor: int, *, lines: bool = False) -> None:
        self.name = readable(name)
        self.lines = lines
        self.descriptor: int | None = descriptor
        self.file: int | None = descriptor
        self._file = descriptor
        self._known = self._look()
        self.size: int | None = os.fstat(descriptor).st_size

    def _look(self) -> tuple[int, int, int]:
        now = os.fstat(self._file)
        return now.st_size, now.st_mtime_ns, now.st_ino

    async def head(self, length: int) -> bytes:
        return await asyncio.to_thread(self.pread, length, 0)

    async def stream(self, offset: int) -> Stream:
        return _FileStream(self, offset)

    def pread(self, length: int, offset: int) -> bytes:
        """Exactly the bytes `[offset, offset + length)`, fewer only at the end of the file."""
        try:
            return read_at(self._file, length, offset)
        except OSError as error:
            raise unreadable_at(self.name, offset, error) from error

    def check_unchanged(self) -> None:
        if self._look() != self._known:
            raise changed(self.name)

    async def aclose(self) -> None:
        if self.descriptor is not None:
            self.descriptor = self.file = None
            os.close(self._file)


class _FileStream:
    def __init__(self, source: FileSource, offset: int) -> None:
        self._source = source
        self._offset = offset

    async def read(self, limit: int) -> bytes:
        piece = await asyncio.to_thread(self._source.pread, min(limit, _PIECE_BYTES), self._offset)
        # After the reading: a change that comes between a look and a reading would go unnoticed.
        self._source.check_unchanged()
        self._offset += len(piece)
        return piece

    async def aclose(self) -> None:
        """Nothing is held: the file belongs to the source."""


class PipeSource(Owned):
    """A pipe, a terminal, a device: read once, as the bytes come. Owns `descriptor`.

    The loop is asked when there is something to read, so that a wait can be cancelled; a thread that sits in
    `read` could not, and would keep the program from ending.
    """

    seekable = False
    repeatable = False
    lines = False
    plain = True
    file: int | None = None
    version: str | None = None
    descriptor: int | None = None
    size: int | None = None

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = readable(name)
        self._file = descriptor
        # Changed by `head` and `read`: what was looked at and not yet read.
        self._ahead = bytearray()
        self._streamed = False
        self._closed = False
        _widen(descriptor)

    async def head(self, length: int) -> bytes:
        while len(self._ahead) < length:
            piece = await self._receive(length)
            if not piece:
                break
            self._ahead += piece
        return bytes(self._ahead[:length])

    async def stream(self, offset: int) -> Stream:
        if offset or self._streamed:
            raise SourceUnreadable(self.name, "it can be read once only, from its beginning")
        self._streamed = True
        return self

    async def read(self, limit: int) -> bytes:
        if self._ahead:
            piece = bytes(self._ahead[:limit])
            del self._ahead[:limit]
            return piece
        return await self._receive(limit)

    async def _receive(self, limit: int) -> bytes:
        while True:
            await self._readable()
            try:
                return os.read(self._file, min(limit, _PIECE_BYTES))
            except BlockingIOError:
                continue
            except OSError as error:
                raise SourceUnreadable(self.name, reason_of(error), advice=GOES_ON) from error

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        try:
            loop.add_reader(self._file, lambda: None if ready.done() else ready.set_result(None))
        except PermissionError:
            return  # a device that is always ready, such as /dev/null, cannot be waited for
        try:
            await ready
        finally:
            loop.remove_reader(self._file)

    def check_unchanged(self) -> None:
        """What was read once cannot change."""

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            os.close(self._file)


def _widen(descriptor: int) -> None:
    """Ask for a pipe of 1 MiB, so that fewer, larger pieces come; it is no matter where that is refused."""
    import fcntl

    try:
        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, _PIECE_BYTES)
    except OSError:
        return


class EntriesSource(Owned):
    """Entries of a program, as JSON Lines: read once, as they come."""

    name = "entries"
    seekable = False
    repeatable = False
    lines = True
    plain = True
    file: int | None = None
    version: str | None = None
    descriptor: int | None = None
    size: int | None = None

    def __init__(self, entries: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]]) -> None:
        # Changed by `head` and `read`: what was written and not yet read.
        self._ahead = bytearray()
        self._written = 0
        self._entries = _as_async(entries)

    async def head(self, length: int) -> bytes:
        await self._write_ahead(length)
        return bytes(self._ahead[:length])

    async def stream(self, offset: int) -> Stream:
        if offset:
            raise SourceUnreadable(self.name, "entries can be read once only, from the first one")
        return self

    async def read(self, limit: int) -> bytes:
        await self._write_ahead(min(limit, _PIECE_BYTES))
        piece = bytes(self._ahead[:limit])
        del self._ahead[:limit]
        return piece

    async def _write_ahead(self, length: int) -> None:
        while len(self._ahead) < length:
            try:
                entry = await anext(self._entries, None)
                if entry is None:
                    return
                self._ahead += _line(entry)
            except Exception as error:
                why = f"entry {self._written} of the program: {type(error).__name__}: {error}"
                raise SourceUnreadable(self.name, why) from error
            self._written += 1

    def check_unchanged(self) -> None:
        """What was read once cannot change."""


async def _as_async(
    entries: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
) -> AsyncIterator[Mapping[str, Any]]:
    if isinstance(entries, AsyncIterable):
        async for entry in entries:
            yield entry
    else:
        for entry in entries:
            yield entry


def _line(entry: Mapping[str, Any]) -> bytes:
    import orjson

    try:
        return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        pass
    try:
        # Slower, and takes what orjson does not: whole numbers of any size, subclasses of the plain types.
        return json.dumps(entry, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise ValueError(f"it cannot be written as JSON: {error}") from error
