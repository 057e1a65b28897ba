"""Numbers and points in JSON, of which a shape is made, or is broken.

Pure.
"""

from __future__ import annotations

from typing import Any

from bulk_importer.formats.model import Left, Number, Path
from bulk_importer.formats.numbers import is_number
from bulk_importer.formats.values.saying import shown

__all__ = ["Broken", "flat_path", "number_of", "paired_path", "point_path"]


class Broken(Exception):
    """An object that cannot be carried; `code` is one of the catalogue of findings."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found

    def left(self, origin: str, label: str) -> Left:
        """The finding."""
        return Left(self.code, origin, label, self.expected, self.found)


def number_of(found: object, meant: str = "a number") -> Number:
    """A number of a size that pixels can have. Raises `Broken`."""
    if not is_number(found):
        raise Broken("shape-broken", meant, shown(found))
    return found


def flat_path(found: object) -> Path:
    """Corners from numbers one after the other. Raises `Broken`."""
    if not isinstance(found, list) or not found or len(found) % 2:
        raise Broken("shape-broken", "numbers in pairs", shown(found))
    return tuple(number_of(each) for each in found)


def paired_path(found: object) -> Path:
    """Corners from arrays of two numbers. Raises `Broken`."""
    path: list[Number] = []
    for point in _full(found):
        if not isinstance(point, list) or len(point) != 2:
            raise Broken("shape-broken", "points of two numbers", shown(point))
        path += map(number_of, point)
    return tuple(path)


def point_path(found: object) -> Path:
    """Corners from objects with `x` and `y`. Raises `Broken`."""
    path: list[Number] = []
    for point in _full(found):
        if not isinstance(point, dict):
            raise Broken("shape-broken", "points with x and y", shown(point))
        path += (number_of(point.get("x")), number_of(point.get("y")))
    return tuple(path)


def _full(found: Any) -> list[Any]:
    if not isinstance(found, list) or not found:
        raise Broken("shape-broken", "points", shown(found))
    return found
