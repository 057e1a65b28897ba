"""Reads with a fast parser what it can of a body, so that the exact parser only has to look at the rest.

Pure. `orjson` is stricter than the server's parser: what it reads, the server reads, and to the same values but
for integers beyond 64 bits, which become doubles (`has_doubtful_number`), and for one double (see the end of
`tokens`). A body that it refuses may be right to the server (text behind the array, a byte order mark, lone
surrogates), or wrong near its end: then the entries before that place need not be read exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

__all__ = ["Prefix", "Whole", "has_doubtful_number", "read_quickly"]

_MARK = b"\xef\xbb\xbf"
_WORTH_CUTTING = 1 << 16
_MOST_CUTS = 3
_FIRST_KEY = re.compile(rb'[ \t\r\n]*\[[ \t\r\n]*\{[ \t\r\n]*("[^"\\]*")[ \t\r\n]*:')
_BETWEEN = re.compile(rb",[ \t\r\n]*\{[ \t\r\n]*\Z")
_LONGEST_GAP = 256


@dataclass(frozen=True, slots=True)
class Whole:
    """The first value of a body. What follows it does not matter, because the server does not read it."""

    tree: object


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first entries of a body's array. The comma behind them is the byte `end`, the opening bracket `begin`."""

    entries: list[object]
    begin: int
    end: int


def read_quickly(body: bytes) -> Whole | Prefix | None:
    """What the fast parser reads of `body` exactly as the server does: all, a part, or nothing."""
    if b"\x00" in body[:4] or b"2.2250738585072012e-308" in body:
        return None
    text = body[len(_MARK) :] if len(body) >= 4 and body.startswith(_MARK) else body
    try:
        return Whole(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        wrong = error.pos if text.isascii() else _byte_of(text, error.pos)
    whole = _loaded(text[:wrong]) if text[wrong:].strip() else None
    if isinstance(whole, list):
        return Whole(whole)
    return _entries_before(text, wrong) if text is body and wrong > _WORTH_CUTTING else None


def has_doubtful_number(value: object) -> bool:
    """Whether `value` holds a double that may have been an integer too large for the fast parser."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as members:
                waiting += members.values()
            case list() as items:
                waiting += items
            case float() as number if abs(number) >= 2**63:
                return True
            case _:
                pass
    return False


def _byte_of(text: bytes, character: int) -> int:
    """Where the character with that number begins; 0 where the bytes before it are not UTF-8."""
    try:
        return len(text.decode()[:character].encode())
    except UnicodeDecodeError:
        return 0


def _loaded(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _entries_before(text: bytes, wrong: int) -> Prefix | None:
    for end in _cuts(text, wrong):
        entries = _loaded(text[:end] + b"]")
        if isinstance(entries, list) and entries:
            return Prefix(entries, text.index(b"["), end)
    return None


def _cuts(text: bytes, wrong: int) -> Iterator[int]:
    """Commas that probably stand between two entries, the last one before `wrong` first."""
    first_key = _FIRST_KEY.match(text)
    if first_key is None:
        return
    at = wrong
    for _ in range(_MOST_CUTS):
        at = text.rfind(first_key[1], 0, at)
        between = _BETWEEN.search(text, max(0, at - _LONGEST_GAP), at) if at > 0 else None
        if between is not None:
            yield between.start()
