"""Finds out what a source is, array or JSON Lines, where its elements begin, and whether it ends as it should."""

from __future__ import annotations

import codecs

import msgspec

from bulk_importer.errors import MalformedInput, UsageError
from bulk_importer.intake.framing.exact import ENTRY_ID, ArrayFinder, NotJson, NotThere, path_keys
from bulk_importer.intake.framing.foreign import (
    LOOK_BYTES,
    Foreign,
    foreign_bytes,
    foreign_lines,
    foreign_text,
)
from bulk_importer.intake.framing.readers import Reader
from bulk_importer.intake.framing.scan import BLANKS, scan

__all__ = ["Opening", "Sniffer"]

_PIECE_BYTES = 1 << 18
_ENTRY_KEY = b'"%b"' % ENTRY_ID.encode()
# So many tell what a source is by its marks, and how the first element of an array begins.
_MARK_BYTES = _FEW_BYTES = 512


class Opening(msgspec.Struct, frozen=True):
    """What a source is, and where its elements begin.

    Attributes:
        lines: the source is JSON Lines.
        offset: the byte behind the array's opening bracket; for JSON Lines the first byte that is no blank.
    """

    lines: bool
    offset: int


class Sniffer:
    """Finds out how one source begins, and whether it ends as it should.

    Args:
        path: ijson's notation for the elements of the array; empty for an array at the root.
        lines: True and False force JSON Lines and an array, None looks.
        ours: it is JSON Lines that this program wrote, and need not be looked at; then the others do not matter.
        max_line_bytes: how far to look for the end of the first line.

    Raises:
        UsageError: the path names no array, or there can be none.
    """

    def __init__(
        self, reader: Reader, name: str, *, path: str, lines: bool | None, ours: bool, max_line_bytes: int
    ) -> None:
        if path and lines and not ours:
            raise UsageError(f"--path {path!r} names an array, and --lines lines says that there is none.")
        self._reader = reader
        self._name = name
        self._keys = () if ours else path_keys(path)
        self._lines = True if ours else lines
        self._ours = ours
        self._max_line_bytes = max_line_bytes
        # Found once: blanks before it are let go, and a stream cannot be read again.
        self._first: tuple[int, bytes] | None = None

    async def is_lines(self) -> bool:
        """Whether the source is JSON Lines. Raises `MalformedInput` when it is neither."""
        if self._lines is not None:
            return self._lines
        if self._keys:
            return False
        at, first = await self._first_byte()
        if first == b"{" and await self._line_is_whole(at):
            return True
        await self._expect_array(at, first)
        return False

    async def open(self) -> Opening:
        """Find the first element. Raises `MalformedInput` where there is no array."""
        lines = await self.is_lines()
        at, first = await self._first_byte()
        if lines:
            await self._expect_lines(at)
            return Opening(lines=True, offset=at)
        if self._keys:
            return Opening(lines=False, offset=await self._find_array(at, first))
        await self._expect_array(at, first)
        return Opening(lines=False, offset=at + 1)

    async def close(self, end: int, total: int) -> int:
        """Prove that the document is whole behind the array, which ends before byte `end`; the document's length.

        Raises:
            MalformedInput: something follows that may not.
        """
        finder = ArrayFinder.behind(self._keys)
        at = end
        try:
            while piece := await self._reader.read(at, _PIECE_BYTES):
                finder.find(piece)
                at += len(piece)
                self._reader.release(at)
            finder.finish()
        except NotJson as error:
            raise await self._behind(total, end + error.offset, error.reason) from error
        return at

    async def _behind(self, total: int, offset: int, reason: str) -> MalformedInput:
        """What to say of a byte behind the array that may not be there."""
        if self._keys:
            return MalformedInput(self._name, total, offset, reason)
        if await self._reader.read(offset, 1) == b"[":
            reason = "a second array follows the end of the first"
            advice = "Put a comma in place of the brackets between them, and run the same command again."
            return MalformedInput(self._name, total, offset, reason, advice=advice)
        return MalformedInput(self._name, total, offset, "something follows the end of the array")

    async def _first_byte(self) -> tuple[int, bytes]:
        """The offset of the first byte that is no blank or byte order mark, and that byte; empty at the end."""
        if self._first is None:
            self._first = await self._find_first_byte()
        return self._first

    async def _find_first_byte(self) -> tuple[int, bytes]:
        head = await self._reader.read(0, _MARK_BYTES)
        if not self._ours:
            self._refuse(0, foreign_bytes(head))
        at = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
        while piece := await self._reader.read(at, _PIECE_BYTES):
            solid = piece.lstrip(BLANKS)
            if solid:
                return at + len(piece) - len(solid), solid[:1]
            at += len(piece)
            self._reader.release(at)
        return at, b""

    def _refuse(self, at: int, found: Foreign | None) -> None:
        if found is not None:
            raise MalformedInput(self._name, 0, at, found.reason, advice=found.advice)

    async def _expect_array(self, at: int, first: bytes) -> None:
        if not first:
            raise MalformedInput(self._name, 0, at, "the input breaks off before it begins")
        self._refuse(
            at, foreign_text(await self._reader.read(at, _FEW_BYTES if first == b"[" else LOOK_BYTES))
        )

    async def _expect_lines(self, at: int) -> None:
        """Refuse lines none of which can be an entry."""
        if self._ours:
            return
        head = await self._reader.read(at, _PIECE_BYTES)
        if head.startswith(b"<"):
            self._refuse(at, foreign_text(head))
        lines = [line for line in head.split(b"\n", 2)[:2] if line.strip(BLANKS)]
        # A line that fills the piece may be followed by others, or not.
        if lines and (len(lines) == 2 or len(head) < _PIECE_BYTES):
            self._refuse(at, foreign_lines(lines))

    async def _find_array(self, at: int, first: bytes) -> int:
        if first not in (b"{", b"["):
            await self._expect_array(at, first)
        finder = ArrayFinder(self._keys)
        start, head = at, b""
        try:
            while piece := await self._reader.read(at, _PIECE_BYTES):
                head = head or piece
                found = finder.find(piece)
                if found is not None:
                    return at + found
                at += len(piece)
                self._reader.release(at)
            finder.finish()
        except NotThere as error:
            there = foreign_text(head)
            advice = "It is an array itself: leave out --path." if there is None else there.advice
            raise MalformedInput(self._name, 0, start + error.offset, error.reason, advice=advice) from error
        except NotJson as error:
            raise MalformedInput(self._name, 0, start + error.offset, error.reason) from error
        raise AssertionError("a document without the array does not end well")

    async def _line_is_whole(self, at: int) -> bool:
        """Whether an object that begins at `at` ends on its line, or is an entry and all that there is."""
        length = _PIECE_BYTES
        while True:
            piece = await self._reader.read(at, length)
            line, newline, rest = piece.partition(b"\n")
            at_end = len(piece) < length
            if at_end and not rest.strip(BLANKS):
                # A lone object is more often a document of another form than JSON Lines of one entry.
                return _ENTRY_KEY in line and _is_balanced(line) and foreign_lines([line]) is None
            if newline:
                return _is_balanced(line)
            if length > self._max_line_bytes or _is_no_line(line):
                return False
            length *= 4


def _is_no_line(piece: bytes) -> bool:
    """Whether what begins with `piece` is no line of an entry: it holds several, or goes on behind an object."""
    has_ended = scan(piece + b",", comma=False, at_end=False, limit=1).consumed > 0
    return has_ended or foreign_lines([piece]) is not None


def _is_balanced(line: bytes) -> bool:
    found = scan(line + b",", comma=False, at_end=False, limit=2)
    return found.element is None and found.damage is None
