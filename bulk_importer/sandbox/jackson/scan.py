"""Keeps the place of the JSON parser in a body, skips white space, and words complaints with line and column.

Pure. `tokens` and `reader` are built on `Scanner`.
"""

from __future__ import annotations

import re

from bulk_importer.sandbox.jackson.units import Units
from bulk_importer.sandbox.jackson.words import describe

__all__ = ["Container", "Malformed", "Scanner"]

Container = list[object] | dict[str, object]

_SOURCE = "[Source: (org.apache.catalina.connector.CoyoteInputStream); line: {}, column: {}]"
_ONLY_SPACE = "only regular white space (\\r, \\n, \\t) is allowed between tokens"
_COMMENT = (
    "maybe a (non-standard) comment? "
    "(not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
)

_space = re.compile(r"[ \t\n\r]*").match


class Malformed(Exception):
    """The body is not JSON.

    Attributes:
        line, column: where the parser was when it noticed, both from 1; the column counts units.
        reason: the parser's own words.
    """

    def __init__(self, line: int, column: int, reason: str) -> None:
        self.line = line
        self.column = column
        self.reason = reason
        super().__init__(f"line: {line}, column: {column}\n{reason}")


class Scanner:
    """One pass over the units of a body.

    Attributes:
        text, wide: see `Units`.
        end: the number of units.
        ptr: index behind the last unit that was read, as in the original.
    """

    def __init__(self, units: Units) -> None:
        self.text = units.text
        self.wide = units.wide
        self.end = len(units.text)
        self.units = units
        # Changed by every method that reads. `latest` names the last token, which some complaints mention;
        # newlines up to `anchor` count as lines: a newline that is read as part of a bad token does not.
        self.ptr = units.start
        self.anchor = units.start
        self.latest = "null"
        # The arrays and objects that are not closed, and where they began.
        self.open: list[tuple[Container, int]] = []

    def is_at_end(self) -> bool:
        """Whether no unit is left. Raises `Unreadable` if half a UTF-32 character is left."""
        if self.ptr < self.end:
            return False
        if self.units.broken_end is not None:
            raise self.units.broken_end
        return True

    def take(self) -> str:
        """Read the next unit; empty at the end."""
        if self.is_at_end():
            return ""
        self.ptr += 1
        return self.text[self.ptr - 1]

    def skip(self) -> str:
        """Skip white space and read the unit behind it; empty at the end. Raises `Malformed` for a comment."""
        found = _space(self.text, self.ptr)
        self.ptr = self.anchor = found.end() if found else self.ptr
        unit = self.take()
        if unit == "/":
            raise self.unexpected(unit, _COMMENT)
        if "" < unit < " ":
            raise self.fault(f"Illegal character ({describe(ord(unit))}): {_ONLY_SPACE}")
        return unit

    def kind(self) -> str:
        """The innermost container that is open, as complaints call it: `Array`, `Object` or `root`."""
        if not self.open:
            return "root"
        return "Array" if isinstance(self.open[-1][0], list) else "Object"

    def opening_place(self) -> str:
        """Where the innermost open container began, as complaints say it."""
        if not self.open:
            return _SOURCE.format(1, 0)
        offset = self.open[-1][1]
        line, start = self._line(offset)
        return _SOURCE.format(line, offset - start + 1)

    def fault(self, reason: str) -> Malformed:
        """A complaint about the place of the parser."""
        line, start = self._line(self.anchor)
        return Malformed(line, self.ptr - start + 1, reason)

    def ended(self, where: str) -> Malformed:
        """The complaint that the body ends too early."""
        return self.fault(f"Unexpected end-of-input{where}")

    def unexpected(self, unit: str, comment: str, place: str = "") -> Malformed:
        """The complaint about a unit that must not stand where it does."""
        return self.fault(f"Unexpected character ({describe(ord(unit))}){place}: {comment}")

    def _line(self, offset: int) -> tuple[int, int]:
        """The line of `offset`, from 1, and where it begins. A byte order mark counts as part of the first line."""
        text = self.text
        breaks = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
        return breaks + 1, max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
