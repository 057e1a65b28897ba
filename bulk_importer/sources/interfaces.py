"""What a source is to those who read it: bytes at any offset, or bytes in order."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from bulk_importer.errors import SourceUnreadable
from bulk_importer.files.small_files import reason_of

__all__ = ["GOES_ON", "HIDDEN_QUERY", "Owned", "Source", "Stream", "changed", "unreadable_at"]

HIDDEN_QUERY = "?..."
"""Stands in names for the query of an URL, which may be a signature."""

GOES_ON = "When it can be read, run the same command again; an import resumes."
"""Advice for whoever meets a source that cannot be read just now, at its beginning or further on."""


class Stream(Protocol):
    """Bytes in order. When a read was cancelled or failed, the stream is good for closing only."""

    async def read(self, limit: int) -> bytes:
        """At least one byte and at most `limit`; nothing at the end. Raises `SourceUnreadable`."""

    async def aclose(self) -> None:
        """Give back what reading needed."""


class Source(Protocol):
    """The bytes of an input, opened.

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
        packed_head: the first bytes as they lie there, at most 64, of a source that is not plain; else none.
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
    packed_head: bytes

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
    return SourceUnreadable(name, f"{reason_of(error)} at byte {offset}", advice=GOES_ON)


def changed(name: str) -> SourceUnreadable:
    """What to raise where a source is not what it was when it was opened."""
    advice = "Run the same command again when it is at rest."
    return SourceUnreadable(name, "it changed while it was read", advice=advice, at_fault=True)


class Owned:
    """A source that closes itself at the end of an `async with`."""

    taken: int | None = None
    packed_head: bytes = b""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the source."""
