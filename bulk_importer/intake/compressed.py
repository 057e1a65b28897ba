"""Unpacks gzip, zstd, bzip2 and xz, known by their first bytes and not by a name.

All of them may hold several members one after the other, which are read as one. Data that breaks off or is damaged
is `SourceUnreadable`, after everything before it was given. What comes out of a piece of what goes in is bounded, so
a file that unpacks to a million times its size takes no more memory than any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from bulk_importer.errors import SourceUnreadable
from bulk_importer.intake.sources import Owned, Source, Stream

__all__ = ["CompressedSource", "unpacked"]

_PIECE_BYTES = 1 << 18
_OUT_BYTES = 1 << 20
# zstd gives all that a piece unpacks to at once: a block of 128 KiB may take four bytes, so this is at most 32 MiB.
_ZSTD_IN_BYTES = 1 << 10
_ZSTD_OUT_BYTES = 1 << 14
_LONGEST_MARK_BYTES = 6


class _Member(Protocol):
    """One member of a compressed file, as `bz2` and `lzma` have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _GzipMember:
    """One member of a gzip file."""

    def __init__(self) -> None:
        import zlib

        self._member = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._member.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._member.decompress(self._member.unconsumed_tail + data, max_length)


class _ZstdMember:
    """One frame of a zstd file, fed in small pieces because its decoder bounds nothing."""

    def __init__(self) -> None:
        import zstandard

        self._member = zstandard.ZstdDecompressor().decompressobj(write_size=_ZSTD_OUT_BYTES)
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data + self._waiting

    def decompress(self, data: bytes, max_length: int) -> bytes:
        waiting = self._waiting + data
        out, at, unpacked = [], 0, 0
        while at < len(waiting) and unpacked < max_length and not self._member.eof:
            out.append(self._member.decompress(waiting[at : at + _ZSTD_IN_BYTES]))
            unpacked += len(out[-1])
            at += _ZSTD_IN_BYTES
        self._waiting = waiting[at:]
        return b"".join(out)


def _bzip2_member() -> _Member:
    import bz2

    return bz2.BZ2Decompressor()


def _xz_member() -> _Member:
    import lzma

    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ)


# The second bytes of zstd belong to a frame that may be skipped, of which sixteen kinds may come first.
_MARKS: tuple[tuple[bytes, str, Callable[[], _Member]], ...] = (
    (b"\x1f\x8b", "gzip", _GzipMember),
    (b"\x28\xb5\x2f\xfd", "zstd", _ZstdMember),
    *((bytes((0x50 + kind,)) + b"\x2a\x4d\x18", "zstd", _ZstdMember) for kind in range(16)),
    (b"BZh", "bzip2", _bzip2_member),
    (b"\xfd7zXZ\x00", "xz", _xz_member),
)


async def unpacked(source: Source) -> Source:
    """The source itself, or what it holds when that is compressed. Raises `SourceUnreadable`."""
    head = await source.head(_LONGEST_MARK_BYTES)
    for mark, form, member in _MARKS:
        if head.startswith(mark):
            return CompressedSource(source, form, member)
    return source


class CompressedSource(Owned):
    """The content of a compressed source, as a stream from its beginning. Owns `packed`."""

    seekable = False
    lines = False
    plain = False
    descriptor: int | None = None

    def __init__(self, packed: Source, form: str, member: Callable[[], _Member]) -> None:
        self._packed = packed
        self._form = form
        self._member = member
        self.name = packed.name
        self.size = packed.size
        self.path = packed.path
        self.version = packed.version

    async def head(self, length: int) -> bytes:  # noqa: ARG002 - the source does not have it, however long
        """Not to be had without reading, which a packed stream may allow only once."""
        raise SourceUnreadable(self.name, f"{self._form} inside of {self._form} is not unpacked")

    async def stream(self, offset: int) -> Stream:
        if offset:
            raise SourceUnreadable(self.name, f"{self._form} can be unpacked from its beginning only")
        self.taken = 0
        return _Unpacking(await self._packed.stream(0), self.name, self._form, self._member, self._take)

    def _take(self, length: int) -> None:
        self.taken = (self.taken or 0) + length

    def check_unchanged(self) -> None:
        self._packed.check_unchanged()

    async def aclose(self) -> None:
        await self._packed.aclose()


class _Unpacking:
    """A stream of what a packed stream holds. `took` is told how many bytes of that were read."""

    def __init__(
        self,
        packed: Stream,
        name: str,
        form: str,
        member: Callable[[], _Member],
        took: Callable[[int], None],
    ) -> None:
        self._packed = packed
        self._name = name
        self._form = form
        self._make = member
        self._took = took
        # Changed by `read`: the member that is being unpacked (None between two), what it was not given yet, and how
        # many bytes came out so far.
        self._member: _Member | None = None
        self._ahead = b""
        self._given = 0
        self._waiting = b""

    async def read(self, limit: int) -> bytes:
        while not self._waiting:
            if not self._ahead and (self._member is None or self._member.needs_input):
                self._ahead = await self._packed.read(_PIECE_BYTES)
                self._took(len(self._ahead))
                if not self._ahead:
                    return self._ended()
            self._waiting = await asyncio.to_thread(self._unpack)
        piece, self._waiting = self._waiting[:limit], self._waiting[limit:]
        self._given += len(piece)
        return piece

    def _unpack(self) -> bytes:
        """Some of what is in `_ahead`; nothing where more is needed."""
        if self._member is None:
            # Members may be padded with zeros, as tape drives did.
            self._ahead = self._ahead.lstrip(b"\0")
            if not self._ahead:
                return b""
            self._member = self._make()
        ahead, self._ahead = self._ahead, b""
        try:
            out = self._member.decompress(ahead, _OUT_BYTES)
        except Exception as error:
            if not isinstance(error, _refusals()):
                raise
            raise self._unreadable("is damaged") from error
        if self._member.eof:
            self._ahead, self._member = self._member.unused_data, None
        return out

    def _ended(self) -> bytes:
        if self._member is not None:
            raise self._unreadable("breaks off")
        return b""

    def _unreadable(self, what: str) -> SourceUnreadable:
        reason = f"its {self._form} data {what} behind byte {self._given} of what it unpacks to"
        return SourceUnreadable(self._name, reason)

    async def aclose(self) -> None:
        await self._packed.aclose()


def _refusals() -> tuple[type[Exception], ...]:
    """What the four raise when the bytes are at fault."""
    import lzma
    import sys
    import zlib

    zstandard = sys.modules.get("zstandard")
    more = (zstandard.ZstdError,) if zstandard else ()
    return (zlib.error, lzma.LZMAError, OSError, EOFError, *more)
