"""Decodes strings and keys as the server's JSON parser does: escapes, and UTF-8 by a lenient rule.

Pure. A place (`ptr`) is the index of the unit behind the last one read. Two rules differ for keys: their bytes
are decoded only when the whole key is read, and complaints show what is wrong in words of up to four bytes.
"""

from __future__ import annotations

import re

from bulk_importer.sandbox.jackson.words import describe

__all__ = ["BadText", "code_for_complaint", "decoded_name", "decoded_string"]

_plain = re.compile(r'[^"\\\x00-\x1f]*').match
_has_surrogate = re.compile("[\ud800-\udfff]").search
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "/": "/", "\\": "\\"}
_LEADS = ((0xC0, 0xE0, 1), (0xE0, 0xF0, 2), (0xF0, 0xF8, 3))


class BadText(Exception):
    """A string that cannot be read.

    Attributes:
        ptr: where the parser stopped.
        reason: the parser's words; with `at_end` what follows "Unexpected end-of-input", or empty for
            the name of the token before.
    """

    def __init__(self, ptr: int, reason: str, *, at_end: bool = False) -> None:
        self.ptr = ptr
        self.reason = reason
        self.at_end = at_end
        super().__init__(reason)


def decoded_string(text: str, ptr: int, wide: bool) -> tuple[str, int]:
    """The string whose opening quote is before `ptr`, and the place behind its closing quote. Raises `BadText`."""
    parts = []
    while True:
        stop = _end_of_plain(text, ptr)
        chunk = text[ptr:stop]
        parts.append(chunk if wide or chunk.isascii() else _from_utf8(text, ptr, stop))
        if stop >= len(text):
            raise BadText(
                stop, ": was expecting closing quote for a string value" if wide else "", at_end=True
            )
        ptr = stop + 1
        match text[stop]:
            case '"':
                return _surrogates_joined("".join(parts)), ptr
            case "\\":
                letter, ptr = _escaped(text, ptr, wide)
                parts.append(letter)
            case control:
                raise _unquoted(control, ptr, "string value")


def decoded_name(text: str, ptr: int, wide: bool) -> tuple[str, int]:
    """The key whose opening quote is before `ptr`, and the place behind its closing quote. Raises `BadText`."""
    if ptr >= len(text) and not wide:
        raise BadText(ptr, ": was expecting closing '\"' for name", at_end=True)
    parts = []
    while True:
        stop = _end_of_plain(text, ptr)
        parts.append(text[ptr:stop])
        if stop >= len(text):
            raise BadText(stop, " in field name", at_end=True)
        ptr = stop + 1
        match text[stop]:
            case '"':
                name = "".join(parts)
                return _surrogates_joined(name if wide or name.isascii() else _name_from_utf8(name, ptr)), ptr
            case "\\":
                letter, ptr = _escaped(text, ptr, wide)
                # In the byte parser an escape joins the bytes of the key, to be decoded with them.
                parts.append(letter if wide else letter.encode("utf-8", "surrogatepass").decode("latin-1"))
            case control:
                raise _unquoted(control, ptr, "name")


def code_for_complaint(text: str, ptr: int, unit: str) -> tuple[int, int]:
    """The character that begins with the byte `unit`, already read, and the place behind it. Raises `BadText`."""
    code = ord(unit)
    if code < 0x80:
        return code, ptr
    code, more = _lead(code, ptr)
    for _ in range(more):
        byte, ptr = _middle(text, ptr)
        code = code << 6 | byte
    return code, ptr


def _end_of_plain(text: str, ptr: int) -> int:
    found = _plain(text, ptr)
    return found.end() if found else ptr


def _unquoted(control: str, ptr: int, what: str) -> BadText:
    rule = f"has to be escaped using backslash to be included in {what}"
    return BadText(ptr, f"Illegal unquoted character ({describe(ord(control))}): {rule}")


def _escaped(text: str, ptr: int, wide: bool) -> tuple[str, int]:
    """The unit that an escape stands for; `ptr` is behind the backslash."""
    if ptr >= len(text):
        raise BadText(ptr, " in character escape sequence", at_end=True)
    letter, ptr = text[ptr], ptr + 1
    if letter == "u":
        return _hexadecimal(text, ptr)
    if letter in _ESCAPES:
        return _ESCAPES[letter], ptr
    code, ptr = (ord(letter), ptr) if wide else code_for_complaint(text, ptr, letter)
    raise BadText(ptr, f"Unrecognized character escape {describe(code & 0xFFFF)}")


def _hexadecimal(text: str, ptr: int) -> tuple[str, int]:
    value = 0
    for _ in range(4):
        if ptr >= len(text):
            raise BadText(ptr, " in character escape sequence", at_end=True)
        code, ptr = ord(text[ptr]), ptr + 1
        digit = chr(code & 0xFF)  # the original looks at the lower byte only, of wide units too
        if digit not in "0123456789abcdefABCDEF":
            wrong = f"Unexpected character ({describe(code)})"
            raise BadText(ptr, f"{wrong}: expected a hex-digit for character escape sequence")
        value = value << 4 | int(digit, 16)
    return chr(value), ptr


def _from_utf8(text: str, ptr: int, stop: int) -> str:
    """The characters of the bytes from `ptr` to `stop`, which may be cut in the middle of one."""
    try:
        return text[ptr:stop].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        parts = []
    while ptr < stop:
        code, ptr = ord(text[ptr]), ptr + 1
        if code >= 0x80:
            code, more = _lead(code, ptr)
            for _ in range(more):
                byte, ptr = _middle(text, ptr)
                code = code << 6 | byte
            if more == 3:
                code -= 0x10000
                parts.append(chr((0xD800 | code >> 10) & 0xFFFF))
                code = 0xDC00 | code & 0x3FF
        parts.append(chr(code))
    return "".join(parts)


def _lead(byte: int, ptr: int) -> tuple[int, int]:
    for lead, mask, more in _LEADS:
        if byte & mask == lead:
            return byte & ~mask & 0xFF, more
    raise BadText(ptr, f"Invalid UTF-8 start byte 0x{byte:x}")


def _middle(text: str, ptr: int) -> tuple[int, int]:
    if ptr >= len(text):
        raise BadText(ptr, "", at_end=True)
    byte = ord(text[ptr])
    if byte & 0xC0 != 0x80:
        raise BadText(ptr + 1, f"Invalid UTF-8 middle byte 0x{byte:x}")
    return byte & 0x3F, ptr + 1


def _name_from_utf8(name: str, ptr: int) -> str:
    """The characters of a key; complaints are about the place behind it."""
    raw = name.encode("latin-1")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        parts = []
    index = 0
    while index < len(raw):
        code, index = raw[index], index + 1
        if code >= 0x80:
            code, more = _lead(code, ptr)
            if index + more > len(raw):
                raise BadText(ptr, " in field name", at_end=True)
            for step in range(more):
                if raw[index] & 0xC0 != 0x80:
                    raise BadText(ptr, f"Invalid UTF-8 middle byte 0x{_shown(raw, index, alone=step == 2):x}")
                code, index = code << 6 | raw[index] & 0x3F, index + 1
            if more == 3:
                code -= 0x10000
                parts.append(chr((0xD800 + (code >> 10)) & 0xFFFF))
                code = 0xDC00 | code & 0x3FF
        parts.append(chr(code))
    return "".join(parts)


def _shown(raw: bytes, index: int, *, alone: bool) -> int:
    """A bad byte as the original shows it: with the bytes before it in its group of four, as a signed word."""
    if alone:
        return raw[index]
    return int.from_bytes(raw[index - index % 4 : index + 1], "big", signed=True) & 0xFFFFFFFF


def _surrogates_joined(text: str) -> str:
    """`text` with each pair of surrogates as the one character that it stands for."""
    if _has_surrogate(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
