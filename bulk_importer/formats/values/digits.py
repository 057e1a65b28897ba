"""The sizes of pictures in formats that have digits for numbers.

Pure.
"""

from __future__ import annotations

from bulk_importer.formats.model import Size
from bulk_importer.formats.values.saying import size_of

__all__ = ["size_in_digits"]

_MOST_DIGITS = 10


def size_in_digits(width: str, height: str) -> Size | None:
    """The size of a picture; None where it is not said."""
    return size_of(_count(width), _count(height))


def _count(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None
