"""Unpacks gzip, zstd, bzip2 and xz, known by their first bytes and not by a name.

All of them may hold several members one after the other, which are read as one. Data that breaks off or is damaged
is `SourceUnreadable`, after everything before it was given. What comes out of a piece of what goes in is bounded, so
a file that unpacks to a million times its size takes no more memory than any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bulk_importer.errors import SourceUnreadable
from bulk_importer.sources.interfaces import Owned, Source, Stream
from bulk_importer.sources.member import HEAD_BYTES, CannotUnpack, DamagedData, Member

__all__ = ["CompressedSource", "unpacked"]

_PIECE_BYTES = 1 << 18
_OUT_BYTES = 1 << 20
_HEAD_BYTES = 64  # the longest mark has six, that of xz, below


class _GzipMember:
    """One member of a gzip file."""

    def __init__(self, _: bytes) -> None:
        import zlib

        self._member = zlib.decompressobj(wbits=31)  # 16 for the form of gzip, 15 for its largest window

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


def _zstd_member(head: bytes) -> Member:
    from bulk_importer.sources.zstd_frame import ZstdFrame

    return ZstdFrame(head)


def _bzip2_member(_: bytes) -> Member:
    import bz2

    return bz2.BZ2Decompressor()


def _xz_member(_: bytes) -> Member:
    import lzma

    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ)


# The second bytes of zstd belong to a frame that may be skipped, of which sixteen kinds may come first.
_MARKS: tuple[tuple[bytes, str, Callable[[bytes], Member]], ...] = (
    (b"\x1f\x8b", "gzip", _GzipMember),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd_member),
    *((bytes((0x50 + kind,)) + b"\x2a\x4d\x18", "zstd", _zstd_member) for kind in range(16)),
    (b"BZh", "bzip2", _bzip2_member),
    (b"\xfd7zXZ\x00", "xz", _xz_member),
)


async def unpacked(source: Source) -> Source:
    """The source itself, or what it holds when that is compressed. Raises `SourceUnreadable`."""
    head = await source.head(_HEAD_BYTES)
    for mark, form, member in _MARKS:
        if head.startswith(mark):
            return CompressedSource(source, head[:_HEAD_BYTES], form, member)
    return source


class CompressedSource(Owned):
    """The content of a compressed source, as a stream from its beginning. Owns `packed`."""

    seekable = False
    lines = False
    plain = False
    descriptor: int | None = None

    def __init__(self, packed: Source, head: bytes, form: str, member: Callable[[bytes], Member]) -> None:
        self._packed = packed
        self.packed_head = head
        self._form = form
        self._member = member
        self.name = packed.name
        self.size = packed.size
        self.repeatable = packed.repeatable
        self.file = packed.file
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
    """A stream of what a packed stream holds. `took` is called with how many bytes of that were read."""

    def __init__(
        self,
        packed: Stream,
        name: str,
        form: str,
        member: Callable[[bytes], Member],
        took: Callable[[int], None],
    ) -> None:
        self._packed = packed
        self._name = name
        self._form = form
        self._make = member
        self._took = took
        self._marks = tuple(mark for mark, of, _ in _MARKS if of == form)
        # Changed by `read`: the member that is being unpacked (None between two), what it was not given yet, how many
        # bytes were taken of the packed ones, and how many came out so far.
        self._member: Member | None = None
        self._ahead = b""
        self._taken = 0
        self._given = 0
        self._waiting = b""

    async def read(self, limit: int) -> bytes:
        while not self._waiting:
            if self._member is None:
                if not await self._begin():
                    return b""
            elif not self._ahead and self._member.needs_input and not await self._take():
                raise self._at_fault("breaks off")
            self._waiting = await asyncio.to_thread(self._unpack)
        piece, self._waiting = self._waiting[:limit], self._waiting[limit:]
        self._given += len(piece)
        return piece

    async def _take(self) -> bool:
        """Have more of the packed bytes; whether there are any."""
        piece = await self._packed.read(_PIECE_BYTES)
        self._ahead += piece
        self._taken += len(piece)
        self._took(len(piece))
        return bool(piece)

    async def _begin(self) -> bool:
        """Begin the next member; whether there is one."""
        # Members may be padded with zeros, as tape drives did.
        while len(self._ahead) < HEAD_BYTES and await self._take():
            self._ahead = self._ahead.lstrip(b"\0")
        self._ahead = self._ahead.lstrip(b"\0")
        if not self._ahead:
            return False
        if not self._ahead.startswith(self._marks):
            raise self._something_else()
        try:
            self._member = self._make(self._ahead[:HEAD_BYTES])
        except CannotUnpack as error:
            raise SourceUnreadable(self._name, error.reason, advice=error.advice) from error
        return True

    def _unpack(self) -> bytes:
        """Some of what is in `_ahead`; nothing where more is needed."""
        assert self._member is not None
        ahead, self._ahead = self._ahead, b""
        try:
            out = self._member.decompress(ahead, _OUT_BYTES)
        except CannotUnpack as error:
            raise SourceUnreadable(self._name, error.reason, advice=error.advice) from error
        except _refusals() as error:
            raise self._at_fault("is damaged") from error
        if self._member.eof:
            self._ahead, self._member = self._member.unused_data, None
        return out

    def _something_else(self) -> SourceUnreadable:
        at = self._taken - len(self._ahead)
        if any(mark.startswith(self._ahead) for mark in self._marks):
            return self._at_fault("breaks off")
        return SourceUnreadable(
            self._name,
            f"something that is no {self._form} follows its {self._form} data, from byte {at} on",
            advice=(
                f"Cut it off (head -c {at} FILE > CUT), put that in its place, and run the same command again."
            ),
            at_fault=True,
        )

    def _at_fault(self, what: str) -> SourceUnreadable:
        reason = f"its {self._form} data {what} behind byte {self._given} of what it unpacks to"
        advice = "Copy it again from where it came, whole, and run the same command again."
        return SourceUnreadable(self._name, reason, advice=advice, at_fault=True)

    async def aclose(self) -> None:
        await self._packed.aclose()


def _refusals() -> tuple[type[Exception], ...]:
    """What members raise when the bytes are at fault."""
    import lzma
    import zlib

    return (zlib.error, lzma.LZMAError, OSError, EOFError, DamagedData)
