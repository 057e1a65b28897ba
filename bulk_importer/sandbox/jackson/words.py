"""Words characters as the server's JSON parser does in its complaints.

Pure. What counts as part of a word is Java's rule for identifiers. It rests on Unicode categories; the tables here are
those of the running Python, a version or so away from the server's.
"""

from __future__ import annotations

from unicodedata import category

__all__ = ["describe", "is_identifier_part", "is_identifier_start"]

_START = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Sc", "Pc"})
_PART = _START | {"Nd", "Mc", "Mn", "Cf"}


def describe(code: int) -> str:
    """What a complaint calls a UTF-16 unit or a byte. `code` is negative for a byte that Java took as signed."""
    letter = chr(code & 0xFFFF)
    if code >= 0 and _is_control(code):
        return f"(CTRL-CHAR, code {code})"
    return f"'{letter}' (code {code} / 0x{code:x})" if code > 255 else f"'{letter}' (code {code})"


def is_identifier_start(code: int) -> bool:
    """Whether Java takes the character for the beginning of an identifier."""
    return category(chr(code)) in _START


def is_identifier_part(code: int) -> bool:
    """Whether Java takes the character for a later part of an identifier."""
    ignorable = _is_control(code) and not (0x09 <= code <= 0x0D or 0x1C <= code <= 0x1F)
    return ignorable or category(chr(code)) in _PART


def _is_control(code: int) -> bool:
    return code < 0x20 or 0x7F <= code < 0xA0
