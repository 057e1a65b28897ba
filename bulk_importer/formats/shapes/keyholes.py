"""Outlines with holes as one outline: it runs to each hole, around it, and back on the same way.

Pure. The way there and back has no width, so that the polygon holds the pixels of the shape and no others. It goes from
the rightmost corner of the hole straight to the right, to where it first meets the outline: it crosses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from bulk_importer.formats.model import Number, Path, Polygon
from bulk_importer.formats.numbers import nearest_double

__all__ = ["with_keyholes"]

_Corner: TypeAlias = tuple[Number, Number]


def with_keyholes(shape: Polygon) -> tuple[Path, ...]:
    """The parts of a shape, each with the holes in it cut in. Raises `ValueError` for a hole that lies in none."""
    parts = [_corners(part) for part in shape.parts]
    # From the right, so that a hole to the right of another is part of the outline when the way of that one meets it.
    for hole in sorted(map(_corners, shape.holes), key=max, reverse=True):
        start = hole.index(max(hole))
        met = [found for at, part in enumerate(parts) for found in _to_the_right(part, *hole[start], at)]
        if not met:
            raise ValueError("a hole that lies in no outline")
        x, edge, at = min(met)
        joint = (nearest_double(x), hole[start][1])
        around = [*hole[start:], *hole[: start + 1]]
        if _twice_the_area(parts[at]) * _twice_the_area(hole) > 0:
            around.reverse()
        parts[at] = [*parts[at][: edge + 1], joint, *around, joint, *parts[at][edge + 1 :]]
    return tuple(tuple(place for corner in part for place in corner) for part in parts)


def _to_the_right(
    corners: list[_Corner], x: Number, y: Number, part: int
) -> Iterator[tuple[Number, int, int]]:
    """Where a way to the right from a point meets an outline: x, number of the edge, and that of the part."""
    for at, ((x1, y1), (x2, y2)) in enumerate(_edges(corners)):
        if (y1 > y) != (y2 > y):
            meets = x1 if x1 == x2 else x1 + (x2 - x1) * ((y - y1) / (y2 - y1))
            if meets >= x:
                yield meets, at, part


def _corners(path: Path) -> list[_Corner]:
    return list(zip(path[::2], path[1::2], strict=True))


def _edges(corners: list[_Corner]) -> list[tuple[_Corner, _Corner]]:
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _twice_the_area(corners: list[_Corner]) -> Number:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in _edges(corners))
