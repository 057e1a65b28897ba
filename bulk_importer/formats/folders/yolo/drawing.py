"""The fast way for rows that are a box or an outline inside the picture, in decimals without more ado.

Pure. Shares are whole numbers of the last decimal of their row here, so that what is computed of them is exact, and one
division gives the nearest double. Whatever is not plain (an exponent, a sign, a share without decimals, a row with too
many numbers, a shape that sticks out) is left to `rows`, which says the same of all others.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bulk_importer.formats.folders.yolo.classes import Classes
from bulk_importer.formats.model import Drawn, Kind, Number, Size
from bulk_importer.formats.numbers import nearest_double

__all__ = ["drawn_rows"]

_BOX, _LEAST_OUTLINE = 5, 7
_LONGEST_NUMBER = 9
_LONGEST_SHARE = 20
"""In digits; what is computed of such has no more of them than `EXACT` has room for."""

_NOTHING = str.maketrans("", "", ". \n")
_encode = msgspec.json.Encoder().encode


class _Corner(msgspec.Struct, frozen=True, gc=False):
    x: Number
    y: Number


class _Rectangle(msgspec.Struct, frozen=True, gc=False):
    x: Number
    y: Number
    w: Number
    h: Number


def drawn_rows(text: str, classes: Classes, size: Size | None) -> list[Drawn | None]:
    """What the rows of a file are, in their order; None for one that needs another look; shorter where all do."""
    text = text.replace("\r\n", "\n")
    if size is None or classes.keypoints or not _is_plain(text):
        return []
    rows = [row.split(" ") for row in text.replace(".", "").split("\n")]
    points = text.count(".")
    # So many words that begin with 0. or 1., and no other points, are all but the first one of each row.
    if text.count(" 0.") + text.count(" 1.") != points or sum(map(len, rows)) - len(rows) != points:
        return []
    return [_drawn(words, f"line {at}", classes, size) for at, words in enumerate(rows, 1)]


def _is_plain(text: str) -> bool:
    """Whether it has digits, points, blanks and line ends alone."""
    return text.isascii() and text.translate(_NOTHING).isdigit()


def _drawn(words: list[str], origin: str, classes: Classes, size: Size) -> Drawn | None:
    count, number = len(words), words[0]
    if not 0 < len(number) <= _LONGEST_NUMBER:
        return None
    label = classes.names.get(int(number))
    if label is None or not (count == _BOX or (count >= _LEAST_OUTLINE and count % 2)):
        return None
    geometry = _box(words, size) if count == _BOX else _outline(words, size)
    return None if geometry is None else Drawn(Kind(label, count == _BOX), geometry, origin)


def _box(words: list[str], size: Size) -> bytes | None:
    _, x, y, across, down = words
    longest = len(x)
    if not len(y) == len(across) == len(down) == longest:
        longest = max(map(len, words[1:]))
        x, y, across, down = (each.ljust(longest, "0") for each in words[1:])
    if longest > _LONGEST_SHARE:
        return None
    unit, wide, high = 10 ** (longest - 1), int(across), int(down)
    left, width = (2 * int(x) - wide) * size.width / (2 * unit), wide * size.width / unit
    top, height = (2 * int(y) - high) * size.height / (2 * unit), high * size.height / unit
    is_inside = left >= 0 and top >= 0 and left + width <= size.width and top + height <= size.height
    if not (is_inside and width > 0 and height > 0):
        return None
    # As `nearest_double` does, without a call for each.
    rectangle = _Rectangle(
        int(left) if left.is_integer() else left,
        int(top) if top.is_integer() else top,
        int(width) if width.is_integer() else width,
        int(height) if height.is_integer() else height,
    )
    return b'{"rectangle":[%b]}' % _encode(rectangle)


def _outline(words: list[str], size: Size) -> bytes | None:
    longest = max(map(len, words[1:]))
    if longest > _LONGEST_SHARE:
        return None
    unit = 10 ** (longest - 1)
    numbers: Sequence[int] = [int(each.ljust(longest, "0")) for each in words[1:]]
    # No share is negative; one that is above 1 reaches out of the picture.
    if max(numbers) > unit:
        return None
    across = [nearest_double(each * size.width / unit) for each in numbers[::2]]
    down = [nearest_double(each * size.height / unit) for each in numbers[1::2]]
    return b'{"polygon":%b}' % _encode(list(map(_Corner, across, down)))
