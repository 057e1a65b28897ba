"""Reads JSON exactly, with ijson: finds the array, names the byte at which JSON stops, proves what follows the array.

ijson reads any document as a stream, in constant memory, but tells no byte offsets. They are won by feeding
its coroutine pieces that end where an answer is wanted: at opening brackets when an array is looked for, at
single bytes when an error is.

Traps of ijson's C backend, each closed here: it takes a form feed and a vertical tab for white space; it looks
at the UTF-8 of a string only when the string has ended; a whole number of more digits than
`sys.get_int_max_str_digits` is an error of Python's and not of the JSON; `ijson.parse` and `ijson.items`
build a path for every level of nesting, so only `basic_parse` is used; a low surrogate without a high one before it,
which is JSON, is refused; a string that begins behind the document and does not end is not.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bulk_importer.errors import UsageError
from bulk_importer.intake.framing.scan import BLANKS
from bulk_importer.readable import readable

__all__ = ["ENTRY_ID", "ArrayFinder", "KeysToEntries", "NotJson", "NotThere", "complaint", "path_keys"]

ENTRY_ID = "internal_media_ID"
"""The key by which an entry is known."""

_CAREFUL_BYTES = 4096
_PIECE_BYTES = 1 << 16
_ALIEN_BLANK = re.compile(rb"[\x0b\x0c]")
_DIGITS = b"0123456789"
_DIGITS_FED = 64
_MANY_DIGITS = re.compile(rb"([0-9]{%d})[0-9]+" % _DIGITS_FED)
# The digit that makes an escape a low surrogate, where the escape before it is no high one.
_LONE_LOW = re.compile(rb"(?<=\\u[dD])(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F]")
_ESCAPES_BYTES = 9
_ITEM = "item"


class NotJson(Exception):
    """The byte at which a document stops being JSON, counted from the first byte that was fed."""

    def __init__(self, offset: int, reason: str) -> None:
        self.offset = offset
        self.reason = reason
        super().__init__(f"{reason} at byte {offset}")


class NotThere(NotJson):
    """The document is whole, and has no array where one was looked for."""


def path_keys(path: str) -> tuple[str, ...]:
    """The keys that lead to the array, from ijson's notation: `""` or `item` for the root, `a.b.item`.

    Raises:
        UsageError: the path names no array; it says what to write instead.
    """
    if not path:
        return ()
    if readable(path) != path:
        raise UsageError(f"--path {readable(path)} is not UTF-8, as the keys of JSON are.")
    *keys, last = path.split(".")
    if last != _ITEM or "" in keys:
        raise UsageError(
            f"--path {path!r} does not name the elements of an array; write {path.strip('.')}.item."
        )
    return tuple(keys)


class _Parser:
    """ijson's coroutine, fed by hand; tells the byte at which it refuses to go on.

    Two coroutines read the same bytes, the second one a piece behind the first: when a piece is refused, the
    second stands right before it and takes it byte by byte.
    """

    def __init__(self) -> None:
        import ijson

        # Changed by `feed` alone. `_utf8` keeps the beginning of a character that a piece cuts in two, `_before`
        # the bytes by which an escape is known that it cuts, `_digits` is how many digits the last piece ended with.
        self.fed = 0
        self._digits = 0
        self._before = b""
        self._events: list[tuple[str, Any]] = ijson.sendable_list()
        self._ignored: list[tuple[str, Any]] = ijson.sendable_list()
        self._lead = ijson.basic_parse_coro(self._events)
        self._shadow = ijson.basic_parse_coro(self._ignored)
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    def feed(self, piece: bytes) -> list[tuple[str, Any]]:
        """The events that `piece` completes. Raises `NotJson`, its offset counted from the first byte fed."""
        good, alien = self._plain(piece)
        self._events.clear()
        thin = self._thin(_without_lone_lows(self._before, good))
        try:
            self._send(self._lead, thin)
        except _refusals() as error:
            raise self._refused(good, error) from error
        if alien:
            raise NotJson(self.fed + len(good), alien)
        self._send(self._shadow, thin)
        self._ignored.clear()
        self.fed += len(piece)
        self._digits = _digits_at_end(good, self._digits)
        self._before = (self._before + good)[-_ESCAPES_BYTES:]
        return list(self._events)

    @staticmethod
    def _send(coroutine: Any, piece: bytes) -> None:
        # An empty piece would mean the end of the document.
        if piece:
            coroutine.send(piece)

    def _thin(self, piece: bytes) -> bytes:
        """`piece` with the long numbers in it cut short."""
        leading = len(piece) - len(piece.lstrip(_DIGITS))
        kept = min(leading, max(_DIGITS_FED - self._digits, 0))
        return _MANY_DIGITS.sub(rb"\1", piece[:kept] + piece[leading:])

    def finish(self) -> None:
        """Say that no byte follows. Raises `NotJson` where the document is not whole."""
        try:
            # A string that begins behind the document and does not end is not refused; this quote ends it, and is
            # itself such a string where there is none.
            self._lead.send(b'"')
            self._lead.close()
        except _refusals() as error:
            raise NotJson(self.fed, "the input breaks off") from error

    def _plain(self, piece: bytes) -> tuple[bytes, str]:
        """The bytes of `piece` that ijson can be trusted with, and what is wrong with the next one."""
        alien = _ALIEN_BLANK.search(piece)
        good, reason = (
            (piece[: alien.start()], "this control character may not stand here") if alien else (piece, "")
        )
        before = len(self._utf8.getstate()[0])
        try:
            self._utf8.decode(good)
        except UnicodeDecodeError as error:
            return good[: max(error.start - before, 0)], "this is not UTF-8"
        return good, reason

    def _refused(self, piece: bytes, error: Exception) -> NotJson:
        digits = self._digits
        tame = _without_lone_lows(self._before, piece)
        for at in range(len(piece)):
            digits = digits + 1 if piece[at : at + 1].isdigit() else 0
            try:
                if digits <= _DIGITS_FED:
                    self._shadow.send(tame[at : at + 1])
            except _refusals() as exact:
                return NotJson(self.fed + at, _sentence(exact))
        return NotJson(self.fed + len(piece), _sentence(error))


def _without_lone_lows(before: bytes, piece: bytes) -> bytes:
    """`piece`, which follows `before`, with each low surrogate that follows no high one made a high one."""
    return _LONE_LOW.sub(b"8", before + piece)[len(before) :]


def _digits_at_end(piece: bytes, before: int) -> int:
    trailing = len(piece) - len(piece.rstrip(_DIGITS))
    return before + trailing if trailing == len(piece) else trailing


def _refusals() -> tuple[type[Exception], ...]:
    """What ijson raises, or lets through, where the bytes are at fault."""
    from ijson.common import JSONError

    return (JSONError, ValueError, SystemError, StopIteration)


def _sentence(error: Exception) -> str:
    """ijson's sentence without the picture that it draws under it."""
    lines = str(error).splitlines() or ["this is not JSON"]
    return lines[0].removeprefix("lexical error: ").removeprefix("parse error: ").rstrip(". ")


def complaint(data: bytes, start: int = 0, stop: int | None = None) -> NotJson | None:
    """Where `data[start:stop]`, read as one JSON value, stops being a beginning of one; None where it does not.

    The offset is counted from the first byte of `data`.
    """
    stop = len(data) if stop is None else stop
    parser = _Parser()
    try:
        for at in range(start, stop, _PIECE_BYTES):
            parser.feed(data[at : min(at + _PIECE_BYTES, stop)])
    except NotJson as found:
        return NotJson(start + found.offset, found.reason)
    return None


class ArrayFinder:
    """Follows a document until the array at a path begins, and again behind it until the document ends.

    Only objects lie on the way to the array. Depth is counted, no path is built, so nesting costs nothing.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        # Changed by `_follow` alone. `_depth`: open containers. `_matched`: how many of `_keys` lead to the
        # innermost container on the way. `_armed`: the next value is the one at `_keys[_matched]`.
        self._keys = tuple(keys)
        self._depth = 0
        self._matched = 0
        self._armed = not keys
        self._parser = _Parser()
        self._again = False

    @classmethod
    def behind(cls, keys: Sequence[str]) -> ArrayFinder:
        """A finder that stands right behind the closing bracket of the array."""
        import orjson

        finder = cls(keys)
        way = b"".join(b"{" + orjson.dumps(key) + b":" for key in keys) + b"[]"
        list(finder._follow(finder._parser.feed(way)))
        finder._parser.fed = 0
        finder._again = True
        return finder

    def find(self, data: bytes) -> int | None:
        """Read on; the byte of `data` behind the array's opening bracket, or None when it is not in it.

        Raises:
            NotJson: the offset is counted from the first byte that was ever fed.
        """
        at = 0
        while at < len(data):
            if self._again and not self._depth:
                self._require_blanks(data[at:])
            bracket = data.find(b"[", at)
            stop = min(len(data), at + _PIECE_BYTES) if bracket < 0 else min(bracket + 1, at + _PIECE_BYTES)
            if self._again and self._parser.fed < _CAREFUL_BYTES:
                # The parser tells what is behind the document's end only when it has read that, too.
                brace = data.find(b"}", at, stop)
                stop = stop if brace < 0 else brace + 1
            if self._reaches(data[at:stop]):
                return stop
            at = stop
        return None

    def _require_blanks(self, data: bytes) -> None:
        """Refuse what is behind the document; the parser notices a word or a string only when that has ended."""
        solid = data.lstrip(BLANKS)
        if solid:
            raise NotJson(self._parser.fed + len(data) - len(solid), "the document has ended before")

    def finish(self) -> None:
        """Say that the document ends here. Raises `NotJson` where it is not whole, `NotThere` where it has no array."""
        self._parser.finish()
        if not self._again:
            raise NotThere(self._parser.fed, f"there is no array at {self._where}")

    @property
    def _where(self) -> str:
        return ".".join((*self._keys, _ITEM))

    def _reaches(self, piece: bytes) -> bool:
        reached = any(list(self._follow(self._parser.feed(piece))))
        if reached and self._again:
            raise NotJson(self._parser.fed - 1, f"there is a second array at {self._where}")
        return reached

    def _follow(self, events: Sequence[tuple[str, Any]]) -> Iterator[bool]:
        """Whether each event is the beginning of the wanted array."""
        for event, value in events:
            if event == "map_key":
                on_the_way = self._matched < len(self._keys) and self._depth == self._matched + 1
                self._armed = on_the_way and value == self._keys[self._matched]
            elif event in ("start_map", "start_array"):
                yield self._enter(event == "start_array")
            elif event in ("end_map", "end_array"):
                self._depth -= 1
                self._matched = min(self._matched, max(self._depth - 1, 0))
                self._armed = False
            else:
                self._armed = False

    def _enter(self, is_array: bool) -> bool:
        armed, self._armed = self._armed, False
        self._depth += 1
        if not armed:
            return False
        last = self._matched == len(self._keys) - 1 or not self._keys
        if is_array:
            return last
        self._matched += not last
        return False


class KeysToEntries:
    """Follows a document until something in it is an entry, by its id; only objects lie on the way to their array."""

    def __init__(self) -> None:
        # Changed by `find` alone: for each open container the key that was read last, None in an array.
        self._way: list[str | None] = []
        self._parser = _Parser()
        self.names: list[str] = []
        """The keys of the document itself, as far as it was read."""

    def find(self, data: bytes) -> tuple[str, ...] | None:
        """Read on; the keys that lead to the array, none where the document is an entry, None where none is found yet.

        Raises:
            NotJson: the document stops being one.
        """
        for event, value in self._parser.feed(data):
            if event in ("start_map", "start_array"):
                self._way.append("" if event == "start_map" else None)
            elif event in ("end_map", "end_array"):
                self._way.pop()
            elif event == "map_key":
                self._way[-1] = value
                if len(self._way) == 1:
                    self.names.append(value)
                if value == ENTRY_ID and (keys := self._keys()) is not None:
                    return keys
        return None

    def _keys(self) -> tuple[str, ...] | None:
        if len(self._way) == 1:
            return ()
        *leading, array = self._way[:-1]
        keys = tuple(key for key in leading if key is not None)
        return keys if array is None and len(keys) == len(leading) else None
