"""Turns a body into the units that the server's JSON parser counts: bytes of UTF-8, UTF-16 characters of all else.

Pure. The encoding is guessed from the first four bytes, by a byte order mark or by where the zeros stand; a
body of JSON begins with two ASCII characters or with one. The header `Content-Type` is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Units", "Unreadable", "units_of"]


class Unreadable(Exception):
    """The bytes are no text. The text of the exception is the server's own sentence."""


@dataclass(frozen=True, slots=True)
class Units:
    """A body as one string.

    Attributes:
        text: one character for each unit: a byte (as U+0000 to U+00FF) or a UTF-16 unit.
        wide: whether the units are those of UTF-16.
        start: where the JSON begins: behind a byte order mark, which counts for the columns.
        broken_end: is raised at the end of the text, if the last UTF-32 character is incomplete.
        late_end: whether the last unit stands for half a UTF-16 character, and reaches the parser by itself.
    """

    text: str
    wide: bool
    start: int = 0
    broken_end: Unreadable | None = None
    late_end: bool = False


def units_of(body: bytes) -> Units:
    """Find the encoding of `body` and return its units.

    Raises:
        Unreadable: the order of the bytes is one that nobody uses, or a UTF-32 character is out of range.
    """
    encoding, skipped = _guess(body)
    if encoding == "utf-8":
        return Units(body.decode("latin-1"), wide=False, start=skipped)
    if encoding.startswith("utf-32"):
        return _of_utf32(body, skipped, "big" if encoding.endswith("be") else "little")
    text = _surrogates_apart(body[skipped:].decode(encoding, "replace"))
    return Units(text, wide=True, late_end=len(body) % 2 == 1)


def _guess(body: bytes) -> tuple[str, int]:
    """The encoding, and the length of the byte order mark. With less than four bytes no mark is known."""
    if len(body) < 4:
        return (_guess_pair(body) if len(body) >= 2 else "utf-8"), 0
    quad = body[:4]
    marks = {b"\x00\x00\xfe\xff": "utf-32-be", b"\xff\xfe\x00\x00": "utf-32-le"}
    if quad in marks:
        return marks[quad], 4
    if quad in (b"\x00\x00\xff\xfe", b"\xfe\xff\x00\x00"):
        raise _strange_order("2143" if quad[0] == 0 else "3412")
    for mark, encoding in (
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xef\xbb\xbf", "utf-8"),
    ):
        if quad.startswith(mark):
            return encoding, len(mark)
    if quad[:3] == bytes(3):
        return "utf-32-be", 0
    if quad[1:] == bytes(3):
        return "utf-32-le", 0
    if quad[0] == quad[2] == quad[3] == 0:
        raise _strange_order("3412")
    if quad[0] == quad[1] == quad[3] == 0:
        raise _strange_order("2143")
    return _guess_pair(quad), 0


def _guess_pair(pair: bytes) -> str:
    if pair[0] == 0:
        return "utf-16-be"
    return "utf-16-le" if pair[1] == 0 else "utf-8"


def _strange_order(order: str) -> Unreadable:
    return Unreadable(f"Unsupported UCS-4 endianness ({order}) detected")


def _of_utf32(body: bytes, start: int, order: Literal["big", "little"]) -> Units:
    letters = []
    seen = 0
    for index in range(start, len(body) - 3, 4):
        code = int.from_bytes(body[index : index + 4], order)
        if code > 0x10FFFF:
            # The parser has taken 0x10000 off by then.
            wrong = f"0x{(code - 0x10000) & 0xFFFFFFFF:x} (above 0x0010ffff)"
            raise Unreadable(f"Invalid UTF-32 character {wrong} at char #{seen}, byte #{index + 3})")
        letters.append(chr(code))
        seen += 1 + (code > 0xFFFF)
    got = len(body) % 4
    sentence = "Unexpected EOF in the middle of a 4-byte UTF-32 char"
    broken = (
        Unreadable(f"{sentence}: got {got}, needed 4, at char #{seen}, byte #{len(body)})") if got else None
    )
    return Units(_surrogates_apart("".join(letters)), wide=True, broken_end=broken)


def _surrogates_apart(text: str) -> str:
    """Each UTF-16 unit of `text` as a character of its own."""
    if not text or max(text) <= "\uffff":
        return text
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(high << 8 | low) for high, low in zip(units[::2], units[1::2], strict=True))
