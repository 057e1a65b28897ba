"""Thins the long lists of an entry, before what is wrong with it is told one by one.

Pure. The validator tells all errors of an entry at once, 9 kB and a quarter of a millisecond for each: of an entry
of 1.6 MB, a polygon of 100,000 points below zero, 1.9 GB and 46 s. A person needs a hundred of them, and no more are
kept (see `flaw_collector`). So of a long list stay the first elements, by which its form is told, and of the others
those that are not plainly right, up to a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

__all__ = ["Thinned", "thinned"]

_Path: TypeAlias = tuple[str | int, ...]

_LONG = 1000
_FIRST = 3
_MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Thinned:
    """An entry whose long lists are thin.

    Attributes:
        places: by the path of a thin list, where in the list of the entry its elements stand.
    """

    value: object
    places: dict[_Path, list[int]] = field(default_factory=dict)

    def path(self, thin: Sequence[str | int]) -> list[str | int]:
        """The path in the entry of what has this path in the thin one."""
        found: list[str | int] = []
        for at, key in enumerate(thin):
            places = self.places.get(tuple(thin[:at])) if isinstance(key, int) else None
            found.append(key if places is None else places[int(key)])
        return found


def thinned(entry: object, is_right: Callable[[object], bool]) -> Thinned:
    """The entry with thin lists.

    Args:
        is_right: whether an element that is an object, and no plain point, is right by itself.
    """
    places: dict[_Path, list[int]] = {}

    def thin(value: object, path: _Path) -> object:
        if isinstance(value, dict):
            return {key: thin(each, (*path, key)) for key, each in value.items()}
        if not isinstance(value, list):
            return value
        kept = list(range(len(value))) if len(value) <= _LONG else _kept(value, is_right)
        if len(kept) < len(value):
            places[path] = kept
        return [thin(value[place], (*path, at)) for at, place in enumerate(kept)]

    return Thinned(thin(entry, ()), places)


def _kept(values: list[object], is_right: Callable[[object], bool]) -> list[int]:
    """The places of the elements that stay."""
    kept = list(range(_FIRST))
    for place in range(_FIRST, len(values)):
        if not _is_plain(values[place], is_right):
            kept.append(place)
            if len(kept) == _MOST_KEPT:
                break
    return kept


def _is_plain(element: object, is_right: Callable[[object], bool]) -> bool:
    """Whether an element is plainly right, where a list of such elements is right at all."""
    if isinstance(element, dict) and element.keys() == {"x", "y"}:
        return all(type(each) in (int, float) and 0 <= each < inf for each in element.values())
    return isinstance(element, str) or (isinstance(element, dict) and is_right(element))
