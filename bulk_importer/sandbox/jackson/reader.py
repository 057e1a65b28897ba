"""Reads a body as the server's JSON parser does, down to the words, line and column of its complaints.

Pure. The server's parser is Jackson 2.12: one parser for UTF-8, which works on bytes, and one for UTF-16 and
UTF-32, which works on characters; they differ in a few messages and in how far they have read when they
complain. Here the text is a string of *units*, bytes or UTF-16 characters, so that one scanner serves both;
`wide` tells which parser is meant where they differ. Only the first value of a body is read; the rest is ignored.

Lenient as the original: duplicate keys (the last value wins, at the place of the first), lone surrogates,
surrogates and overlong forms in UTF-8. Strict as the original: no comments, no single quotes, no NaN, no
leading zeros, no trailing commas.
"""

from __future__ import annotations

from typing import NoReturn

from bulk_importer.sandbox.jackson.quick import Prefix
from bulk_importer.sandbox.jackson.scan import Container
from bulk_importer.sandbox.jackson.tokens import TokenReader
from bulk_importer.sandbox.jackson.units import Units, units_of

__all__ = ["MOST_LEVELS_JUDGED", "MOST_LEVELS_READ", "NoContent", "TooDeep", "read_tree"]

MOST_LEVELS_READ = 6000
"""Arrays and objects within each other at which the server's stack overflows while it reads (6,200 to 7,000 were
measured with the libraries alone; it depends on how warm the server is)."""
MOST_LEVELS_JUDGED = 2000
"""The same for printing what was read and reading the print again (1,800 to 2,900 were measured)."""


class NoContent(Exception):
    """The body holds no value at all."""


class TooDeep(Exception):
    """Arrays and objects are nested so deep that the server's stack would overflow."""


def read_tree(body: bytes, known: Prefix | None = None) -> object:
    """Read the first JSON value of `body`; its first entries may be `known` already.

    Raises:
        NoContent: the body holds no value.
        TooDeep: the server's stack would overflow.
        Malformed: the body is not JSON.
        Unreadable: the bytes are not text.
    """
    reader = _Reader(units_of(body))
    tree = reader.tree() if known is None else reader.rest_of(known)
    if reader.deepest > MOST_LEVELS_JUDGED:
        raise TooDeep
    return tree


class _Reader(TokenReader):
    """The grammar: arrays and objects, without recursion."""

    def __init__(self, units: Units) -> None:
        super().__init__(units)
        self.deepest = 0

    def tree(self) -> object:
        first = self._next_or_end()
        if first == "":
            raise NoContent
        if first in "]}":
            self._mismatched(first)
        top = self._value(first)
        self._fill()
        return top

    def rest_of(self, known: Prefix) -> object:
        self.open.append((known.entries, known.begin))
        self.ptr = self.anchor = known.end
        self.latest = "END_OBJECT"
        self._fill()
        return known.entries

    def _fill(self) -> None:
        while self.open:
            container = self.open[-1][0]
            if isinstance(container, list):
                self._element(container)
            else:
                self._member(container)

    def _element(self, array: list[object]) -> None:
        first = self._next_or_end()
        if first == "]":
            self._close("END_ARRAY")
            return
        if first == "}":
            self._mismatched(first)
        if array:
            first = self._behind_comma(first)
        array.append(self._value(first))

    def _member(self, members: dict[str, object]) -> None:
        first = self._next_or_end()
        if first == "}":
            self._close("END_OBJECT")
            return
        if first == "]":
            self._mismatched(first)
        if members:
            first = self._behind_comma(first)
        name = self.name(first)
        self.latest = "FIELD_NAME"
        first = self._behind_colon()
        # The name is known before the value is read; it must be in place for an object that opens here.
        members[name] = self._value(first)

    def _close(self, token: str) -> None:
        self.open.pop()
        self.latest = token

    def _value(self, first: str) -> object:
        return self._opened(first) if first in "{[" else self.scalar(first)

    def _opened(self, bracket: str) -> object:
        if len(self.open) >= MOST_LEVELS_READ:
            raise TooDeep
        container: Container = [] if bracket == "[" else {}
        self.open.append((container, self.ptr - 1))
        self.deepest = max(self.deepest, len(self.open))
        self.latest = "START_ARRAY" if bracket == "[" else "START_OBJECT"
        return container

    def _next_or_end(self) -> str:
        unit = self.skip()
        if unit == "" and self.open:
            raise self.ended(
                f": expected close marker for {self.kind()} (start marker at {self.opening_place()})"
            )
        return unit

    def _behind_comma(self, unit: str) -> str:
        if unit != ",":
            raise self.unexpected(unit, f"was expecting comma to separate {self.kind()} entries")
        return self._needed(self.skip())

    def _behind_colon(self) -> str:
        unit = self.skip()
        if unit not in ("", ":"):
            raise self.unexpected(unit, "was expecting a colon to separate field name and value")
        return self._needed(unit and self.skip())

    def _needed(self, unit: str) -> str:
        if not unit:
            raise self.ended(f" within/between {self.kind()} entries")
        return unit

    def _mismatched(self, bracket: str) -> NoReturn:
        expected = "}" if bracket == "]" else "]"
        where = f"(for {self.kind()} starting at {self.opening_place()})"
        raise self.fault(f"Unexpected close marker '{bracket}': expected '{expected}' {where}")
