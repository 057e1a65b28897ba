"""Where the bytes come from: opens what the user named, as bytes to be read from any offset or as a stream.

A source that can be read at any byte has a `descriptor` (a plain file) or is `seekable` (a server that
answers range requests). The others are read once, from the beginning.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.intake.stretches import read_at
from bulk_importer.readable import readable

__all__ = [
    "HIDDEN_QUERY",
    "EntriesSource",
    "FileSource",
    "Owned",
    "PipeSource",
    "Source",
    "Stream",
    "changed",
    "open_entries",
    "open_source",
    "unreadable_at",
]

HIDDEN_QUERY = "?..."
"""Stands in names for the query of an URL, which may be a signature."""

_STANDARD_INPUT = "-"
_GOES_ON = "When it can be read, the same command goes on."
_PIECE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031


class Stream(Protocol):
    """Bytes in order. When a read was cancelled or failed, the stream is good for closing only."""

    async def read(self, limit: int) -> bytes:
        """At least one byte and at most `limit`; nothing at the end. Raises `SourceUnreadable`."""

    async def aclose(self) -> None:
        """Give back what reading needed."""


class Source(Protocol):
    """Something that can be read.

    Attributes:
        name: as the user gave it, without secrets; for people (see `readable`).
        size: bytes as it lies there (compressed, if it is), None where unknown.
        seekable: a stream can be opened at any offset without reading what comes before.
        repeatable: it can be streamed a second time, and is known to be the same then.
        descriptor: open file to read at any offset by `os.pread`, where there is one.
        lines: it is JSON Lines and need not be looked at to find out.
        plain: its bytes as they lie there are the content, not something that it is unpacked from.
        file: open file that it lies in, also where that is compressed; None where it lies in none. What is to be
            known of the file is asked of this and not of the name, which may say something else by now, or nothing:
            `-` is no path.
        version: what a server calls the present content (a strong ETag), None where it says nothing.
        taken: how many bytes as they lie there the last stream has taken, of a source that is not plain; else None.
    """

    name: str
    size: int | None
    seekable: bool
    repeatable: bool
    descriptor: int | None
    lines: bool
    plain: bool
    file: int | None
    version: str | None
    taken: int | None

    async def head(self, length: int) -> bytes:
        """The first bytes, fewer only where there are no more; they are read again by `stream(0)`."""

    async def stream(self, offset: int) -> Stream:
        """The bytes from `offset` on, which is 0 where it is not seekable."""

    def check_unchanged(self) -> None:
        """Raise `SourceUnreadable` where the source is not what it was when it was opened."""

    async def aclose(self) -> None:
        """Close the source and what was opened by it."""


def unreadable_at(name: str, offset: int, error: OSError) -> SourceUnreadable:
    """What to raise where the disk, or what stands for one, did not give what is at `offset`."""
    return SourceUnreadable(name, f"{_why(error)} at byte {offset}", advice=_GOES_ON)


def changed(name: str) -> SourceUnreadable:
    """What to raise where a source is not what it was when it was opened."""
    advice = "Run the same command again when it is at rest."
    return SourceUnreadable(name, "it changed while it was read", advice=advice, at_fault=True)


class Owned:
    """A source that closes itself at the end of an `async with`."""

    taken: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the source."""


async def open_source(spec: str) -> Source:
    """Open `spec`: a path, `-` for standard input, `http(s)://`, or `s3://`; what is compressed is unpacked.

    Raises:
        SourceUnreadable: it does not exist, or may not be read.
        UsageError: its kind needs a package that is not installed, or is not known.
    """
    from bulk_importer.intake.compressed import unpacked

    opened = await _opened(spec)
    try:
        return await unpacked(opened)
    except BaseException:
        await opened.aclose()
        raise


async def _opened(spec: str) -> Source:
    scheme, found, _ = spec.partition("://")
    if not found:
        return _opened_file(spec)
    if scheme in ("http", "https"):
        from bulk_importer.intake.web import open_url

        return await open_url(spec)
    if scheme == "s3":
        from bulk_importer.intake.bucket import open_object

        return await open_object(spec)
    raise UsageError(f"{scheme}:// is not known. A source is a path, -, http://, https:// or s3://.")


def _opened_file(spec: str) -> Source:
    try:
        descriptor = (
            _standard_input() if spec == _STANDARD_INPUT else os.open(spec, os.O_RDONLY | os.O_NONBLOCK)
        )
    except (OSError, ValueError) as error:
        raise SourceUnreadable(spec, _why(error)) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise SourceUnreadable(spec, "it is a folder", advice="Name the files in it.")
        # Of a file that another program has read the beginning of, what is left is the source: a stream.
        is_whole = stat.S_ISREG(mode) and not os.lseek(descriptor, 0, os.SEEK_CUR)
        return FileSource(spec, descriptor) if is_whole else PipeSource(spec, descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def _standard_input() -> int:
    if sys.stdin is None:
        raise ValueError("standard input is closed")
    return os.dup(sys.stdin.fileno())


def open_entries(entries: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]]) -> Source:
    """A source of the entries that a program gives; they are written as JSON Lines, one after the other.

    Raises:
        UsageError: these are no entries.
    """
    if isinstance(entries, Mapping | bytes | bytearray) or not isinstance(entries, Iterable | AsyncIterable):
        raise UsageError(
            f"A source is a path, a URL, or an iterable of entries, and not {type(entries).__name__}."
        )
    return EntriesSource(entries)


def _why(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


class FileSource(Owned):
    """A plain file, read by positions; it is noticed when it changes meanwhile. Owns `descriptor`."""

    seekable = True
    repeatable = True
    lines = False
    plain = True
    version: str | None = None

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = readable(name)
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
                raise SourceUnreadable(self.name, _why(error), advice=_GOES_ON) from error

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
