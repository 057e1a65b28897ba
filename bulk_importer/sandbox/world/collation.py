"""Compares and stores texts as the real server's database does.

Pure. MariaDB compares with its default collation for utf8mb4, `utf8mb4_general_ci` (protocol 2.6, 2.7):
case and accents do not count, blanks at the end do not count, blanks at the beginning do. General_ci knows
one weight a character: an accented letter weighs as its base letter, a sharp s as one s, and all characters
outside the basic plane weigh the same. `utf8mb4_unicode_ci`, the other usual choice, differs from it only
for texts that are neither ids nor class keys (expansions, ignorable characters).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["COLUMN_CHARACTERS", "as_stored", "fold", "java_length"]

COLUMN_CHARACTERS: Final = 255
"""The size of text columns, in characters (protocol 2.6 row 12)."""


def fold(text: str) -> str:
    """A form of the text that is equal for two texts exactly if the database takes them for one."""
    if text.isascii():
        return text.rstrip(" ").upper()
    return "".join(map(_weight, text.rstrip(" ")))


@lru_cache(maxsize=4096)
def _weight(character: str) -> str:
    if character > "\uffff":
        return "\ufffd"
    if character == "ß":
        return "S"
    base = unicodedata.normalize("NFD", character)[0]
    upper = base.upper()
    return upper if len(upper) == 1 else base


def java_length(text: str) -> int:
    """The length of a text in UTF-16 units, as Java counts: what `maxLength` is compared with."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def as_stored(text: str) -> str | None:
    """The text as it comes back from a column of 255 characters, or None if the database refuses it.

    Blanks that are too many at the end are cut in any SQL mode. Half a surrogate pair becomes a question
    mark, but a first half at the very end becomes a `c`: the driver means the number of the question mark
    and writes it in the wrong base (measured: `semantics.json`, "lone surrogate").
    """
    if len(text) > COLUMN_CHARACTERS:
        if text[COLUMN_CHARACTERS:].strip(" "):
            return None
        text = text[:COLUMN_CHARACTERS]
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        halves = "".join("?" if "\ud800" <= character < "\ue000" else character for character in text)
        return halves[:-1] + "c" if "\ud800" <= text[-1] < "\udc00" else halves
    return text
