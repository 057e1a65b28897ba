"""Reads a body as the server's JSON parser does, down to the words, line and column of its complaints.

Pure. The server's parser is Jackson 2.12: one parser for UTF-8, which works on bytes, and one for UTF-16 and UTF-32, which
works on characters; they differ in a few messages and in how far they have read when they complain. Here the
text is a string of *units*, bytes or UTF-16 characters, so that one scanner serves both; `_Scanner.wide` tells where
they part. Only the first value of a body is read: what follows it is ignored.

Lenient as the original: duplicate keys (the last value wins, at the place of the first), lone surrogates, surrogates and
overlong forms in UTF-8. Strict as the original: no comments, no single quotes, no NaN, no leading zeros, no
trailing commas.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bulk_importer.sandbox.java_numbers import HugeInteger
from bulk_importer.sandbox.json_strings import BadText, code_for_complaint, decoded_name, decoded_string
from bulk_importer.sandbox.json_units import Units, units_of
from bulk_importer.sandbox.json_words import describe, is_identifier_part, is_identifier_start

__all__ = ["MOST_LEVELS_READ", "Malformed", "NoContent", "TooDeep", "read_tree"]

MOST_LEVELS_READ = 6000
"""Arrays and objects within each other at which the server's stack overflows while it reads (measured: 6,200 to 7,000)."""

_SOURCE = "[Source: (org.apache.catalina.connector.CoyoteInputStream); line: {}, column: {}]"
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_NO_DIGIT = "expected digit (0-9) to follow minus sign, for valid numeric value"
_LONGEST_TOKEN = 256
_MOST_DIGITS = 4300
_WORDS: dict[str, tuple[str, object]] = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}

_space = re.compile(r"[ \t\n\r]*").match
_digits = re.compile(r"[0-9]*").match
_number = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?=[ \t\n\r,\]}])").match
_plain = re.compile(r'[^"\\\x00-\x1f]*').match


class NoContent(Exception):
    """The body holds no value at all."""


class TooDeep(Exception):
    """The server's stack would overflow."""


class Malformed(Exception):
    """The body is not JSON.

    Attributes:
        line, column: where the parser stood when it noticed, both from 1; the column counts units.
        reason: the parser's own words.
    """

    def __init__(self, line: int, column: int, reason: str) -> None:
        self.line = line
        self.column = column
        self.reason = reason
        super().__init__(f"line: {line}, column: {column}\n{reason}")


def read_tree(body: bytes) -> object:
    """The first JSON value of `body`.

    Raises:
        NoContent, TooDeep, Malformed: see there.
        Unreadable: the bytes are not text (see `json_units`).
    """
    return _Scanner(units_of(body)).tree()


class _Scanner:
    """One pass over the units. `ptr` is behind the last unit that was read, as in the original."""

    def __init__(self, units: Units) -> None:
        self.text = units.text
        self.wide = units.wide
        self.end = len(units.text)
        self.units = units
        # Changed by every method that reads. `token` names the last token, which some complaints mention;
        # newlines up to `anchor` count as lines: a newline that is read as part of a bad token does not.
        self.ptr = units.start
        self.anchor = units.start
        self.token = "null"
        self.open: list[tuple[list[object] | dict[str, object], int]] = []

    # -- the grammar ------------------------------------------------------------------------------

    def tree(self) -> object:
        first = self._next_or_end()
        if first == "":
            raise NoContent
        if first in "]}":
            self._mismatched(first)
        top = self._value(first)
        while self.open:
            container = self.open[-1][0]
            if isinstance(container, list):
                self._element(container)
            else:
                self._member(container)
        return top

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
        name = self._name(first)
        self.token = "FIELD_NAME"
        first = self._behind_colon()
        # The name is known before the value is read; it must be in place for an object that opens here.
        members[name] = self._value(first)

    def _close(self, token: str) -> None:
        self.open.pop()
        self.token = token

    def _value(self, first: str) -> object:
        match first:
            case '"':
                return self._string()
            case "{" | "[":
                return self._opened(first)
            case "t" | "f" | "n":
                word, value = _WORDS[first]
                self._word(word, 1)
                self.token = f"VALUE_{word.upper()}"
                return value
            case "-" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
                return self._numeral(first)
        raise self._odd_value(first)

    def _opened(self, bracket: str) -> object:
        if len(self.open) >= MOST_LEVELS_READ:
            raise TooDeep
        container: list[object] | dict[str, object] = [] if bracket == "[" else {}
        self.open.append((container, self.ptr - 1))
        self.token = "START_ARRAY" if bracket == "[" else "START_OBJECT"
        return container

    # -- between tokens ---------------------------------------------------------------------------

    def _skip(self) -> str:
        """The next unit that is not white space, read; empty at the end."""
        found = _space(self.text, self.ptr)
        assert found is not None
        self.ptr = self.anchor = found.end()
        if self.ptr >= self.end:
            return ""
        unit = self.text[self.ptr]
        self.ptr += 1
        if unit < " ":
            only = "only regular white space (\\r, \\n, \\t) is allowed between tokens"
            raise self._fault(f"Illegal character ({describe(ord(unit))}): {only}")
        if unit == "/":
            maybe = "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
            raise self._unexpected(unit, maybe)
        return unit

    def _next_or_end(self) -> str:
        unit = self._skip()
        if unit == "" and self.open:
            marker = self._place(self.open[-1][1])
            raise self._ended(f": expected close marker for {self._kind()} (start marker at {marker})")
        return unit

    def _behind_comma(self, unit: str) -> str:
        if unit != ",":
            raise self._unexpected(unit, f"was expecting comma to separate {self._kind()} entries")
        return self._skip() or self._raise(self._ended(f" within/between {self._kind()} entries"))

    def _behind_colon(self) -> str:
        unit = self._skip()
        if unit not in ("", ":"):
            raise self._unexpected(unit, "was expecting a colon to separate field name and value")
        return (unit and self._skip()) or self._raise(self._ended(f" within/between {self._kind()} entries"))

    def _kind(self) -> str:
        if not self.open:
            return "root"
        return "Array" if isinstance(self.open[-1][0], list) else "Object"

    def _mismatched(self, bracket: str) -> None:
        expected = "}" if bracket == "]" else "]"
        marker = self._place(self.open[-1][1]) if self.open else _SOURCE.format(1, 0)
        raise self._fault(
            f"Unexpected close marker '{bracket}': expected '{expected}' (for {self._kind()} starting at {marker})"
        )

    # -- strings ----------------------------------------------------------------------------------

    def _string(self) -> str:
        self.token = "VALUE_STRING"
        return self._quoted(decoded_string)

    def _name(self, first: str) -> str:
        if first == '"':
            return self._quoted(decoded_name)
        code = ord(first) if self.wide else self._code_for_complaint(first)
        raise self._unexpected(chr(code & 0xFFFF), "was expecting double-quote to start field name")

    def _quoted(self, decode: Callable[[str, int, bool], tuple[str, int]]) -> str:
        found = _plain(self.text, self.ptr)
        assert found is not None
        stop = found.end()
        if self.text[stop : stop + 1] == '"':
            raw = found[0]
            if raw.isascii():
                self.ptr = stop + 1
                return raw
        try:
            value, self.ptr = decode(self.text, self.ptr, self.wide)
        except BadText as bad:
            raise self._bad_text(bad) from bad
        return value

    def _bad_text(self, bad: BadText) -> Exception:
        self.ptr = bad.ptr
        return self._ended(bad.reason or f" in {self.token}") if bad.at_end else self._fault(bad.reason)

    # -- words and other things that stand where a value should -----------------------------------

    def _word(self, word: str, matched: int) -> None:
        """The rest of `word`, of which `matched` units are read, and what must not follow it."""
        while matched < len(word):
            if self.ptr >= self.end or self.text[self.ptr] != word[matched]:
                raise self._bad_token(word[:matched])
            self.ptr += 1
            matched += 1
        if self.ptr < self.end:
            unit = self.text[self.ptr]
            if unit >= "0" and unit not in "]}":
                # The byte parser decodes from the unit behind the one that it looks at; kept.
                code = ord(unit) if self.wide else self._code_for_complaint(unit)
                if is_identifier_part(code & 0xFFFF):
                    raise self._bad_token(word)

    def _odd_value(self, unit: str) -> Exception:
        if unit in (",}" if not self.wide else "") or (
            unit == "]" and not self.wide and self._kind() == "Array"
        ):
            return self._unexpected(unit, "expected a value")
        if unit == "}" and self.wide and self._kind() == "Array":
            return self._unexpected(unit, "expected a value")
        if unit in "NI":
            return self._not_standard("NaN" if unit == "N" else "Infinity", 1)
        if unit == "+":
            if self.ptr >= self.end:
                return self._ended(" in a Number value")
            self.ptr += 1
            return self._bad_start(self.text[self.ptr - 1], "+")
        if is_identifier_start(ord(unit)):
            return self._bad_token(unit)
        return self._unexpected(unit, f"expected a valid value {_VALUES}")

    def _not_standard(self, word: str, matched: int) -> Exception:
        self._word(word, matched)
        return self._fault(
            f"Non-standard token '{word}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow"
        )

    def _bad_token(self, matched: str) -> Exception:
        """Reads on while it looks like a word, and complains about that."""
        seen = matched
        while self.ptr < self.end:
            unit = self.text[self.ptr]
            if self.wide:
                code = ord(unit)
                if not is_identifier_part(code):
                    break
                self.ptr += 1
            else:
                self.ptr += 1
                code = self._code_for_complaint(unit) & 0xFFFF
                if not is_identifier_part(code):
                    break
            seen += chr(code)
            if len(seen) >= _LONGEST_TOKEN:
                seen += "..."
                break
        return self._fault(f"Unrecognized token '{seen}': was expecting {_VALUES}")

    def _code_for_complaint(self, unit: str) -> int:
        """The character that begins with the byte `unit`, already read; reads the bytes that follow."""
        try:
            code, self.ptr = code_for_complaint(self.text, self.ptr, unit)
        except BadText as bad:
            raise self._bad_text(bad) from bad
        return code

    # -- numbers ----------------------------------------------------------------------------------

    def _numeral(self, first: str) -> object:
        begin = self.ptr - 1
        found = _number(self.text, begin)
        if found is None:
            self._checked_number(first)
            found_text = self.text[begin : self.ptr]
        else:
            found_text = found[0]
            self.ptr = found.end()
        whole = not ("." in found_text or "e" in found_text or "E" in found_text)
        self.token = "VALUE_NUMBER_INT" if whole else "VALUE_NUMBER_FLOAT"
        if not self.open and self.ptr < self.end:
            following = self.text[self.ptr]
            if following not in " \t\r\n":
                self.ptr += 1
                raise self._unexpected(following, "Expected space separating root-level values")
        return _converted(found_text, whole=whole)

    def _checked_number(self, first: str) -> None:
        """Reads a number that ends the text or is wrong, complaining where and how the original does."""
        begin = self.ptr - 1
        if first == "-":
            if self.ptr >= self.end:
                raise self._ended("No digit following minus sign" if self.wide else f" in {self.token}")
            self.ptr += 1
            first = self.text[self.ptr - 1]
            if not "0" <= first <= "9":
                raise self._bad_start(first, "-")
        if first == "0" and "0" <= self.text[self.ptr : self.ptr + 1] <= "9":
            raise self._fault("Invalid numeric value: Leading zeroes not allowed")
        self._skip_digits()
        # The character parser has not moved on when it complains, unless it had to start again.
        shown = self.ptr + 1 if self.wide and first != "0" else None
        unit = self._take()
        if unit == ".":
            if self._skip_digits() == 0:
                raise self._bad_number(self._take(), "Decimal point not followed by a digit", shown)
            unit = self._take()
        if unit in ("e", "E"):
            unit = self._take() or self._raise(self._no_exponent())
            if unit in ("-", "+"):
                unit = self._take() or self._raise(self._no_exponent())
            if not "0" <= unit <= "9":
                raise self._bad_number(unit, "Exponent indicator not followed by a digit", shown)
            self._skip_digits()
            unit = self._take()
        if unit:
            self.ptr -= 1
        assert begin < self.ptr

    def _skip_digits(self) -> int:
        found = _digits(self.text, self.ptr)
        assert found is not None
        self.ptr = found.end()
        return len(found[0])

    def _take(self) -> str:
        if self.ptr >= self.end:
            return ""
        self.ptr += 1
        return self.text[self.ptr - 1]

    def _no_exponent(self) -> Exception:
        return self._ended("expected a digit for number exponent" if self.wide else f" in {self.token}")

    def _bad_number(self, unit: str, reason: str, shown: int | None) -> Exception:
        if shown is not None and unit:
            self.ptr = shown
        return self._unexpected(unit or ".", reason, " in numeric value")

    def _bad_start(self, unit: str, sign: str) -> Exception:
        if unit == "I":
            if self.ptr >= self.end:
                return self._ended(" in a Number value")
            unit = self._take()
            if unit in ("N", "n"):
                return self._not_standard(sign + ("INF" if unit == "N" else "Infinity"), 3)
            if not self.wide and unit >= "\x80":  # taken as a signed byte here, and only here
                return self._fault(
                    f"Unexpected character ({describe(ord(unit) - 256)}) in numeric value: {_NO_DIGIT}"
                )
        return self._unexpected(unit, _NO_DIGIT, " in numeric value")

    # -- complaints -------------------------------------------------------------------------------

    def _place(self, offset: int) -> str:
        line, start = self._line(offset)
        return _SOURCE.format(line, offset - start + 1)

    def _line(self, offset: int) -> tuple[int, int]:
        """The line of `offset`, from 1, and where it begins. A byte order mark counts as part of the first line."""
        text = self.text
        breaks = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
        return breaks + 1, max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1

    def _fault(self, reason: str) -> Malformed:
        line, start = self._line(self.anchor)
        return Malformed(line, self.ptr - start + 1, reason)

    def _ended(self, where: str) -> Exception:
        return self.units.broken_end or self._fault(f"Unexpected end-of-input{where}")

    def _unexpected(self, unit: str, comment: str, place: str = "") -> Malformed:
        return self._fault(f"Unexpected character ({describe(ord(unit))}){place}: {comment}")

    @staticmethod
    def _raise(problem: Exception) -> str:
        raise problem


def _converted(text: str, *, whole: bool) -> object:
    if whole:
        return int(text) if len(text) <= _MOST_DIGITS else HugeInteger(text)
    # Jackson has a constant for the one number that used to hang Java, and it is the wrong one.
    return 5e-324 if text == "2.2250738585072012e-308" else float(text)
