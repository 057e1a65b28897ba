"""Outlines and lines of BDD100K: corners, and points that bend the line between two of them.

Pure. A letter says what each point is: L a corner, C a point of a cubic Bézier curve. A curve begins where the line is
and takes three points: two that bend it, and its end, which the one tool calls L and the other C. Where nothing is said
of the points (FiftyOne), all are corners. In the files of 2018 the letter stands in the point itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from operator import mul
from typing import Any, TypeAlias

from bulk_importer.formats.model import Number, Path
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double
from bulk_importer.formats.values.corners import Broken, number_of
from bulk_importer.formats.values.saying import shown

__all__ = ["Line", "lines_of"]

STEPS = 24
"""A curve becomes so many straight pieces: one whose bending points lie 100 pixels off is missed by 0.1 at most."""

Line: TypeAlias = tuple[Path, bool]
"""The corners, and whether it is closed."""

_Point: TypeAlias = tuple[Number, Number]


def lines_of(poly2d: Any, *, are_closed: bool) -> list[Line]:
    """The lines of a label, of either form.

    Args:
        are_closed: what holds where a line does not say so, as in the form of 2018.

    Raises:
        Broken: they are none.
    """
    if not isinstance(poly2d, list) or not poly2d:
        raise Broken("shape-broken", "an array of poly2d", shown(poly2d))
    if isinstance(poly2d[0], list):
        points = [each[:2] if isinstance(each, list) else each for each in poly2d]
        types = "".join(str(each[2]) if isinstance(each, list) and len(each) > 2 else "L" for each in poly2d)
        return [(_path(points, types, are_closed), are_closed)]
    return [_line(each) for each in poly2d]


def _line(found: Any) -> Line:
    if not isinstance(found, dict) or not isinstance(found.get("closed"), bool | None):
        raise Broken("shape-broken", "vertices, their types, and whether they are closed", shown(found))
    is_closed = found.get("closed") is True
    return _path(found.get("vertices"), found.get("types"), is_closed), is_closed


def _path(vertices: Any, types: Any, is_closed: bool) -> Path:
    if not isinstance(vertices, list) or not vertices:
        raise Broken("shape-broken", "vertices", shown(vertices))
    points = [_point(each) for each in vertices]
    letters = "L" * len(points) if types is None else types
    if not isinstance(letters, str) or len(letters) != len(points) or not set(letters) <= {"L", "C"}:
        raise Broken("shape-broken", f"{len(points)} letters L and C", shown(types))
    if "C" not in letters:
        return tuple(place for point in points for place in point)
    if is_closed:
        points, letters = [*points, points[0]], f"{letters}L"  # the last curve may end where the line begins
    path = [place for point in _straightened(points, letters) for place in point]
    return tuple(path[:-2] if is_closed and path[:2] == path[-2:] else path)


def _point(found: Any) -> _Point:
    if not isinstance(found, list) or len(found) != 2:
        raise Broken("shape-broken", "points of two numbers", shown(found))
    return number_of(found[0]), number_of(found[1])


def _straightened(points: Sequence[_Point], letters: str) -> Iterator[_Point]:
    yield points[0]
    at = 1
    if letters[0] != "L":
        raise Broken("shape-broken", "a corner at the beginning", letters[:40])
    while at < len(points):
        if letters[at] == "L":
            yield points[at]
            at += 1
            continue
        if at + 2 >= len(points):
            raise Broken("shape-broken", "two points that bend a line, and its end", letters[:40])
        yield from _curve(*points[at - 1 : at + 3])
        at += 3


def _curve(*points: _Point) -> Iterator[_Point]:
    """The corners behind the beginning of a curve, to its end."""
    across, down = (tuple(decimal_of(str(point[axis])) for point in points) for axis in (0, 1))
    for step in range(1, STEPS):
        rest = STEPS - step
        weights = (rest**3, 3 * rest**2 * step, 3 * rest * step**2, step**3)
        yield _weighted(across, weights), _weighted(down, weights)
    yield points[-1]


def _weighted(places: Sequence[Decimal], weights: Sequence[int]) -> Number:
    with localcontext(EXACT):
        total = sum(map(mul, places, map(Decimal, weights)), Decimal(0))
        return nearest_double(total / STEPS**3)
