"""Which of several outlines of one shape are holes, where a tool fills what an odd number of them encloses.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from bulk_importer.formats.model import Number, Path, Polygon

__all__ = ["by_even_odd"]


def by_even_odd(paths: Sequence[Path]) -> Polygon:
    """The outlines with an even number of others around them as parts, and the rest as holes.

    Raises:
        ValueError: two outlines cross each other, so that neither lies within the other.
    """
    if len(paths) == 1:
        return Polygon((paths[0],))
    depths = [
        sum(_is_within(path, other) for at, other in enumerate(paths) if at != number)
        for number, path in enumerate(paths)
    ]
    parts = tuple(path for path, depth in zip(paths, depths, strict=True) if depth % 2 == 0)
    holes = tuple(path for path, depth in zip(paths, depths, strict=True) if depth % 2)
    return Polygon(parts, holes)


def _is_within(path: Path, other: Path) -> bool:
    """Whether no corner lies outside of another outline, and one lies inside; corners on its edge say nothing."""
    sides = {_side(x, y, other) for x, y in zip(path[::2], path[1::2], strict=True)} - {0}
    if sides == {1, -1}:
        raise ValueError("outlines that cross each other")
    return sides == {1}


def _side(x: Number, y: Number, path: Path) -> int:
    """1 inside, -1 outside, 0 on the edge."""
    inside = False
    corners = list(zip(path[::2], path[1::2], strict=True))
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if turn == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return 0
        if (ay > y) != (by > y) and (turn > 0) == (by > ay):
            inside = not inside
    return 1 if inside else -1
