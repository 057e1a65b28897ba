"""Whether a shape lies in its picture, and what of it does.

Pure. Tools write shapes that reach beyond the picture by a fraction of a pixel, because they compute with floats; those
are brought in by moving the corners that stick out. What reaches further is cut at the edge only where a person says
so, as then its form changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bulk_importer.formats.model import Box, Number, Path, Point, Polygon, Polyline, Size

__all__ = ["OVERSHOOT", "Outside", "clipped", "overshoot"]

OVERSHOOT = 1
"""Pixels by which a shape may reach beyond the picture without anybody being asked."""

_Simple: TypeAlias = Box | Polyline | Point | Polygon


class Outside(Exception):
    """A shape that lies outside of its picture, wholly or in part."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(found)
        self.expected = expected
        self.found = found


def overshoot(shape: _Simple, size: Size | None) -> Number:
    """By how many pixels it reaches beyond the picture; 0 or less where it lies inside.

    Without a size, only what lies above or left of the picture is known to lie outside.
    """
    left, top, right, bottom = _extent(shape)
    beyond = max(-left, -top)
    return beyond if size is None else max(beyond, right - size.width, bottom - size.height)


def clipped(shape: _Simple, size: Size | None, *, by_choice: bool) -> _Simple:
    """What of it lies in the picture.

    Raises:
        Outside: nothing does, or more than `OVERSHOOT` pixels of it do not and nobody chose to cut it.
    """
    _, _, right, bottom = _extent(shape)
    width, height = (size.width, size.height) if size else (right, bottom)
    beyond = overshoot(shape, size)
    if beyond > OVERSHOOT and not by_choice:
        raise Outside(_inside(size), f"{beyond:g} pixels beyond")
    if isinstance(shape, Box):
        return _box(shape, width, height, size)
    if isinstance(shape, Point):
        if beyond > OVERSHOOT:
            raise Outside(_inside(size), f"({shape.x:g}, {shape.y:g})")
        return Point(_between(shape.x, width), _between(shape.y, height))
    path = shape.path if isinstance(shape, Polyline) else shape.parts[0]
    if beyond <= OVERSHOOT:
        path = tuple(_between(place, height if at % 2 else width) for at, place in enumerate(path))
    elif isinstance(shape, Polyline):
        raise Outside(_inside(size), f"a line that leaves it by {beyond:g} pixels")
    else:
        path = _cut(path, width, height)
        if len(path) < 6:
            raise Outside(_inside(size), "nothing of it is inside")
    return Polyline(path) if isinstance(shape, Polyline) else Polygon((path,))


def _extent(shape: _Simple) -> tuple[Number, Number, Number, Number]:
    if isinstance(shape, Box):
        return shape.left, shape.top, shape.left + shape.width, shape.top + shape.height
    if isinstance(shape, Point):
        return shape.x, shape.y, shape.x, shape.y
    path = shape.path if isinstance(shape, Polyline) else shape.parts[0]
    across, down = path[::2], path[1::2]
    return min(across), min(down), max(across), max(down)


def _inside(size: Size | None) -> str:
    return f"inside {size.width} x {size.height} pixels" if size else "no coordinate below 0"


def _between(place: Number, most: Number) -> Number:
    return min(max(place, 0), most)


def _box(box: Box, width: Number, height: Number, size: Size | None) -> Box:
    left, right = _between(box.left, width), _between(box.left + box.width, width)
    top, bottom = _between(box.top, height), _between(box.top + box.height, height)
    if right <= left or bottom <= top:
        raise Outside(_inside(size), "nothing of it is inside")
    # The edges that need not move keep the numbers of the file: a sum and its difference are not always what they were.
    kept_width = box.width if left == box.left and right == box.left + box.width else right - left
    kept_height = box.height if top == box.top and bottom == box.top + box.height else bottom - top
    return Box(left, top, kept_width, kept_height)


def _cut(path: Path, width: Number, height: Number) -> Path:
    """An outline cut at the four edges, one after the other (Sutherland and Hodgman, 1974)."""
    for axis, limit, is_inside in (
        (0, 0, lambda place: place >= 0),
        (0, width, lambda place: place <= width),
        (1, 0, lambda place: place >= 0),
        (1, height, lambda place: place <= height),
    ):
        path = _cut_at(path, axis, limit, is_inside)
    return path


def _cut_at(path: Path, axis: int, limit: Number, is_inside: Callable[[Number], bool]) -> Path:
    points = list(zip(path[::2], path[1::2], strict=True))
    kept: list[Number] = []
    for before, point in zip([*points[-1:], *points[:-1]], points, strict=True):
        if is_inside(before[axis]) != is_inside(point[axis]):
            share = (limit - before[axis]) / (point[axis] - before[axis])
            other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis])
            kept += (limit, other) if axis == 0 else (other, limit)
        if is_inside(point[axis]):
            kept += point
    return tuple(kept)
