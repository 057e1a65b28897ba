"""Reads the tokens of JSON as the server's parser does: strings, numbers, words, and what looks like one of them.

Pure. A pattern reads a token that is right in one go; any other token is read again unit by unit, so that the
complaint is the original's, at the same place.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bulk_importer.sandbox.jackson.java_numbers import HugeInteger
from bulk_importer.sandbox.jackson.scan import Malformed, Scanner
from bulk_importer.sandbox.jackson.strings import BadText, code_for_complaint, decoded_name, decoded_string
from bulk_importer.sandbox.jackson.words import describe, is_identifier_part, is_identifier_start

__all__ = ["TokenReader"]

_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_NO_DIGIT = "expected digit (0-9) to follow minus sign, for valid numeric value"
_LONGEST_TOKEN = 256
_MOST_DIGITS = 4300
_WORDS: dict[str, tuple[str, object]] = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}

_digits = re.compile(r"[0-9]*").match
_number = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?=[ \t\n\r,\]}])").match
_simple = re.compile(r'([^"\\\x00-\x1f\x80-\uffff]*)"').match


class TokenReader(Scanner):
    """A scanner that reads tokens. The first unit of a token is read before, and given to the method."""

    def scalar(self, first: str) -> object:
        """Read the string, number or word that begins with `first`. Raises `Malformed`."""
        if first == '"':
            self.latest = "VALUE_STRING"
            return self._quoted(decoded_string)
        if first in "-0123456789":
            return self._numeral(first)
        if first in _WORDS:
            word, value = _WORDS[first]
            self._word(word, 1)
            self.latest = f"VALUE_{word.upper()}"
            return value
        raise self._odd_value(first)

    # -- strings ----------------------------------------------------------------------------------

    def name(self, first: str) -> str:
        """Read the key that begins with `first`. Raises `Malformed`."""
        if first == '"':
            return self._quoted(decoded_name)
        code = ord(first) if self.wide else self._code_for_complaint(first)
        raise self.unexpected(chr(code & 0xFFFF), "was expecting double-quote to start field name")

    def _quoted(self, decode: Callable[[str, int, bool], tuple[str, int]]) -> str:
        found = _simple(self.text, self.ptr)
        if found is not None:
            self.ptr = found.end()
            return found[1]
        try:
            value, self.ptr = decode(self.text, self.ptr, self.wide)
        except BadText as bad:
            raise self._bad_text(bad) from bad
        return value

    def _bad_text(self, bad: BadText) -> Malformed:
        self.ptr = bad.ptr
        if not bad.at_end:
            return self.fault(bad.reason)
        self.is_at_end()  # which may have more to say
        return self.ended(bad.reason or f" in {self.latest}")

    # -- words and other things that stand where a value should -----------------------------------

    def _word(self, word: str, matched: int) -> None:
        """The rest of `word`, of which `matched` units are read, and what must not follow it."""
        while matched < len(word):
            if self.is_at_end() or self.text[self.ptr] != word[matched]:
                raise self._bad_token(word[:matched])
            self.ptr += 1
            matched += 1
        if not self.is_at_end():
            unit = self.text[self.ptr]
            if unit >= "0" and unit not in "]}":
                # The byte parser decodes from the unit behind the one that it looks at; kept.
                code = ord(unit) if self.wide else self._code_for_complaint(unit)
                if is_identifier_part(code & 0xFFFF):
                    raise self._bad_token(word)

    def _odd_value(self, unit: str) -> Malformed:
        in_array = self.kind() == "Array"
        # The two parsers part here: which of these units they expect at all.
        known = ("}" if in_array else "") if self.wide else (",}]" if in_array else ",}")
        if unit in known:
            return self.unexpected(unit, "expected a value")
        if unit in "NI":
            return self._not_standard("NaN" if unit == "N" else "Infinity", 1)
        if unit == "+":
            if self.is_at_end():
                return self.ended(" in a Number value")
            self.ptr += 1
            return self._bad_start(self.text[self.ptr - 1], "+")
        if is_identifier_start(ord(unit)):
            return self._bad_token(unit)
        return self.unexpected(unit, f"expected a valid value {_VALUES}")

    def _not_standard(self, word: str, matched: int) -> Malformed:
        self._word(word, matched)
        return self.fault(
            f"Non-standard token '{word}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow"
        )

    def _bad_token(self, matched: str) -> Malformed:
        """Reads on while it looks like a word, and complains about that."""
        seen = matched
        while not self.is_at_end():
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
        return self.fault(f"Unrecognized token '{seen}': was expecting {_VALUES}")

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
        self.latest = "VALUE_NUMBER_INT" if whole else "VALUE_NUMBER_FLOAT"
        if not self.open and self.ptr < self.end:
            following = self.text[self.ptr]
            if following not in " \t\r\n":
                self.ptr += 1
                raise self.unexpected(following, "Expected space separating root-level values")
        return _converted(found_text, whole=whole)

    def _checked_number(self, first: str) -> None:
        """Reads a number that ends the text or is wrong, complaining where and how the original does."""
        if first == "-":
            if self.is_at_end():
                raise self.ended("No digit following minus sign" if self.wide else f" in {self.latest}")
            self.ptr += 1
            first = self.text[self.ptr - 1]
            if not "0" <= first <= "9":
                raise self._bad_start(first, "-")
        if first == "0" and "0" <= self.text[self.ptr : self.ptr + 1] <= "9":
            raise self.fault("Invalid numeric value: Leading zeroes not allowed")
        self._skip_digits()
        # The character parser has not moved on when it complains, unless it had to start again.
        shown = self.ptr + 1 if self.wide and first != "0" else None
        unit = self.take()
        if unit == ".":
            if self._skip_digits() == 0:
                raise self._bad_number(self.take(), "Decimal point not followed by a digit", shown)
            unit = self.take()
        if unit in ("e", "E"):
            unit = self._exponent_unit()
            if unit in ("-", "+"):
                unit = self._exponent_unit()
            if not "0" <= unit <= "9":
                raise self._bad_number(unit, "Exponent indicator not followed by a digit", shown)
            self._skip_digits()
            unit = self.take()
        if unit:
            self.ptr -= 1

    def _skip_digits(self) -> int:
        begin = self.ptr
        found = _digits(self.text, begin)
        self.ptr = found.end() if found else begin
        return self.ptr - begin

    def _exponent_unit(self) -> str:
        unit = self.take()
        if not unit:
            raise self.ended("expected a digit for number exponent" if self.wide else f" in {self.latest}")
        return unit

    def _bad_number(self, unit: str, reason: str, shown: int | None) -> Malformed:
        if shown is not None and unit and not (self.units.late_end and self.ptr == self.end):
            self.ptr = shown
        return self.unexpected(unit or ".", reason, " in numeric value")

    def _bad_start(self, unit: str, sign: str) -> Malformed:
        if unit == "I":
            if self.is_at_end():
                return self.ended(" in a Number value")
            unit = self.take()
            if unit in ("N", "n"):
                return self._not_standard(sign + ("INF" if unit == "N" else "Infinity"), 3)
            if not self.wide and unit >= "\x80":  # taken as a signed byte here, and only here
                return self.fault(
                    f"Unexpected character ({describe(ord(unit) - 256)}) in numeric value: {_NO_DIGIT}"
                )
        return self.unexpected(unit, _NO_DIGIT, " in numeric value")


def _converted(text: str, *, whole: bool) -> object:
    if whole:
        return int(text) if len(text) <= _MOST_DIGITS else HugeInteger(text)
    # Jackson has a constant for the one number that used to hang Java, and it is the wrong one.
    return 5e-324 if text == "2.2250738585072012e-308" else float(text)
