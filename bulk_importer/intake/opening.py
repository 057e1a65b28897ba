"""Finds out what a source is, array or JSON Lines, where its elements begin, and whether it ends as it should."""

from __future__ import annotations

import codecs

import msgspec

from bulk_importer.errors import MalformedInput
from bulk_importer.intake.exact import ArrayFinder, NotJson, path_keys
from bulk_importer.intake.readers import Reader
from bulk_importer.intake.scan import BLANKS, scan

__all__ = ["Opening", "Sniffer"]

_PIECE_BYTES = 1 << 18
_ENTRY_KEY = b'"internal_media_ID"'
_FOREIGN_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class Opening(msgspec.Struct, frozen=True):
    """Where the elements begin.

    Attributes:
        lines: the source is JSON Lines.
        offset: the byte behind the array's opening bracket; for JSON Lines the first byte that is no blank.
    """

    lines: bool
    offset: int


class Sniffer:
    """Looks at one source.

    Args:
        path: ijson's notation for the elements of the array; empty for an array at the root.
        lines: True and False force JSON Lines and an array, None looks.
        max_line_bytes: how far to look for the end of the first line.
    """

    def __init__(
        self, reader: Reader, name: str, *, path: str, lines: bool | None, max_line_bytes: int
    ) -> None:
        self._reader = reader
        self._name = name
        self._keys = path_keys(path)
        self._lines = lines
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
        self._expect_array(at, first)
        return False

    async def open(self) -> Opening:
        """Find the first element. Raises `MalformedInput` where there is no array."""
        lines = await self.is_lines()
        at, first = await self._first_byte()
        if lines:
            return Opening(lines=True, offset=at)
        if self._keys:
            return Opening(lines=False, offset=await self._find_array(at))
        self._expect_array(at, first)
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
            reason = error.reason if self._keys else "something follows the end of the array"
            raise MalformedInput(self._name, total, end + error.offset, reason) from error
        return at

    async def _first_byte(self) -> tuple[int, bytes]:
        """The offset of the first byte that is no blank or byte order mark, and that byte; empty at the end."""
        if self._first is None:
            self._first = await self._find_first_byte()
        return self._first

    async def _find_first_byte(self) -> tuple[int, bytes]:
        head = await self._reader.read(0, 4)
        for mark, encoding in _FOREIGN_MARKS.items():
            if head.startswith(mark):
                raise MalformedInput(self._name, 0, 0, f"this is {encoding}, and JSON must be UTF-8")
        at = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
        while piece := await self._reader.read(at, _PIECE_BYTES):
            solid = piece.lstrip(BLANKS)
            if solid:
                return at + len(piece) - len(solid), solid[:1]
            at += len(piece)
            self._reader.release(at)
        return at, b""

    def _expect_array(self, at: int, first: bytes) -> None:
        if first == b"[":
            return
        if not first:
            raise MalformedInput(self._name, 0, at, "the input breaks off before it begins")
        reason = "this is not a JSON array"
        if first == b"{":
            reason += "; if it holds one below a key, name that with --path, as in --path entries.item"
        raise MalformedInput(self._name, 0, at, reason)

    async def _find_array(self, at: int) -> int:
        finder = ArrayFinder(self._keys)
        start = at
        try:
            while piece := await self._reader.read(at, _PIECE_BYTES):
                found = finder.find(piece)
                if found is not None:
                    return at + found
                at += len(piece)
                self._reader.release(at)
            finder.finish()
        except NotJson as error:
            raise MalformedInput(self._name, 0, start + error.offset, error.reason) from error
        raise AssertionError("a document without the array does not end well")

    async def _line_is_whole(self, at: int) -> bool:
        """Whether an object that begins at `at` ends on its line, or is all that there is."""
        length = _PIECE_BYTES
        while True:
            piece = await self._reader.read(at, length)
            line, newline, rest = piece.partition(b"\n")
            at_end = len(piece) < length
            if at_end and not rest.strip(BLANKS):
                # A lone object is more often a document of another form than JSON Lines of one entry.
                return _ENTRY_KEY in line and _is_balanced(line)
            if newline:
                return _is_balanced(line)
            if length > self._max_line_bytes:
                return False
            length *= 4


def _is_balanced(line: bytes) -> bool:
    found = scan(line + b",", comma=False, at_end=False, limit=2)
    return found.element is None and found.trouble is None
