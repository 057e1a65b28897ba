"""Reads JSON files of other tools: as a whole where they are small, row by row where they may be large.

Pure. What is not JSON, or ends too early, is `SourceUnreadable` with the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson
import msgspec

from bulk_importer.errors import SourceUnreadable

__all__ = ["decoded", "pairs_of", "rows_of", "top_keys"]

_BOM = b"\xef\xbb\xbf"
_MANY_DIGITS = re.compile(rb"([0-9]{64})[0-9]+")
"""Of those that are more than Python makes a number of, ijson does not bear one, unless it is asked for floats."""
_MOST_ROW_BYTES = 256 << 20
"""A row that is longer is none: what is packed tight could fill the memory with it."""


def decoded(text: bytes, place: str) -> Any:
    """A JSON file as a whole; a byte order mark in front of it is passed over."""
    try:
        return msgspec.json.decode(text.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceUnreadable(place, f"it is not JSON ({error})") from error


def rows_of(file: BinaryIO, path: str, place: str) -> Iterator[Any]:
    """The elements of the array at `path`, as ijson writes it (`item`, `images.item`), in the order of the file."""
    bounded = _Bounded(file, place, is_begun=path == "item")
    try:
        for row in ijson.items(bounded, path, use_float=True):
            bounded.begin()
            yield row
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise SourceUnreadable(place, f"it is not JSON ({error})") from error


def pairs_of(file: BinaryIO, path: str, place: str) -> Iterator[tuple[str, Any]]:
    """The keys and values of the object at `path`, likewise; an empty one is the object that the file is."""
    bounded = _Bounded(file, place, is_begun=not path)
    try:
        for pair in ijson.kvitems(bounded, path, use_float=True):
            bounded.begin()
            yield pair
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise SourceUnreadable(place, f"it is not JSON ({error})") from error


def top_keys(head: bytes) -> tuple[str, ...]:
    """The keys of the object with which a file begins, as far as they show in its first bytes.

    Of an array, those of its first element. Values are passed over, whatever they hold.
    """
    found: list[str] = []
    text = _MANY_DIGITS.sub(rb"\1", head.removeprefix(_BOM))
    depth: int | None = None
    level = 0
    try:
        for event, value in ijson.basic_parse(_Once(text)):
            if event == "start_map" and depth is None:
                depth = level
            if event == "map_key" and depth is not None and level == depth + 1:
                found.append(value)
            level += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
            if depth is not None and level <= depth:
                break
            if depth is None and level > 1:
                break
    except ijson.JSONError:
        pass  # the head ends where it ends
    return tuple(found)


class _Bounded:
    """A file of which so much is read from one row to the next, and no more: a row is held as a whole.

    Before the first row there may be more, where it is not the first thing in the file. A byte order mark in front of
    all is passed over.
    """

    def __init__(self, file: BinaryIO, place: str, *, is_begun: bool) -> None:
        self._file = file
        self._place = place
        # Changed by `begin` and `read`: how much was read of a row; None before the first one may have begun.
        self._held: int | None = 0 if is_begun else None
        # Changed by `read`: what was read to see whether it is a byte order mark, and is none.
        self._begin = file.read(len(_BOM)).removeprefix(_BOM)

    def begin(self) -> None:
        """What is read from here on is another row."""
        self._held = 0

    def read(self, length: int = -1) -> bytes:
        if self._begin and length:
            found, self._begin = self._begin, b""
        else:
            found = self._file.read(length)
        if self._held is not None:
            self._held += len(found)
            if self._held > _MOST_ROW_BYTES:
                raise SourceUnreadable(
                    self._place, f"a value in it is longer than {_MOST_ROW_BYTES >> 20} MiB"
                )
        return found


class _Once:
    """Bytes as a file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, length: int = -1) -> bytes:
        found = self._content[:length] if length >= 0 else self._content
        self._content = self._content[len(found) :]
        return found
