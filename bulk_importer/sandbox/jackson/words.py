"""How the server's JSON parser speaks of characters.

Pure. What counts as part of a word is Java's rule for identifiers. It rests on Unicode categories; the tables here are
those of the running Python, a version or so away from the server's.
"""

from __future__ import annotations

from unicodedata import category

__all__ = ["describe", "is_identifier_part", "is_identifier_start"]

_START = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Sc", "Pc"})
_PART = _START | {"Nd", "Mc", "Mn", "Cf"}


def describe(code: int) -> str:
    """A UTF-16 unit, or a byte, as the parser names it in a complaint; negative for a byte that Java took as signed."""
    letter = chr(code & 0xFFFF)
    if code >= 0 and _is_control(code):
        return f"(CTRL-CHAR, code {code})"
    return f"'{letter}' (code {code} / 0x{code:x})" if code > 255 else f"'{letter}' (code {code})"


def is_identifier_start(code: int) -> bool:
    return category(chr(code)) in _START


def is_identifier_part(code: int) -> bool:
    ignorable = _is_control(code) and not (0x09 <= code <= 0x0D or 0x1C <= code <= 0x1F)
    return ignorable or category(chr(code)) in _PART


def _is_control(code: int) -> bool:
    return code < 0x20 or 0x7F <= code < 0xA0
