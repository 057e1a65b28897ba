"""Segmentations of COCO: outlines of several parts, and run lengths in both forms.

Pure. COCO has no holes. Tools write them as one more part, so that of a part inside another one only `area` says what
it is: close to the area without it, and it is a hole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, inf
from typing import Any, TypeAlias

from bulk_importer.formats.model import Mask, Number, Path, Polygon, Size
from bulk_importer.formats.numbers import is_number
from bulk_importer.formats.shapes.masks import coco_counts, mask_of_counts

__all__ = ["Broken", "Outline", "extent_of", "outline_of"]

_Extent: TypeAlias = tuple[Number, Number, Number, Number]

_CLEARLY = 0.5
"""The area tells a hole from a part where it is at most half as far from the one as from the other."""


class Broken(Exception):
    """A shape that the file does not hold whole."""

    def __init__(self, code: str, expected: str, found: str) -> None:
        super().__init__(code)
        self.code, self.expected, self.found = code, expected, found


@dataclass(frozen=True, slots=True)
class Outline:
    """A shape, and what of it is not certain, in words; empty where all is."""

    shape: Polygon | Mask
    doubt: str = ""


def outline_of(segmentation: Any, area: Any, size: Size | None) -> Outline | None:
    """The shape of a segmentation; None where it is empty, so that the box is all there is.

    Raises:
        Broken: it is no segmentation, or not whole.
    """
    if segmentation in (None, [], [[]]):
        return None
    if isinstance(segmentation, dict):
        return Outline(_mask(segmentation, size))
    if not isinstance(segmentation, list):
        raise Broken("shape-broken", "outlines or run lengths", _shown(segmentation))
    if not isinstance(segmentation[0], list):
        segmentation = [segmentation]  # an outline without the list around it
    return _with_holes([_part(each) for each in segmentation], area)


def extent_of(shape: Polygon | Mask) -> _Extent | None:
    """Its left, top, right and bottom edge; None of a mask without a pixel."""
    if isinstance(shape, Polygon):
        across = [x for part in shape.parts for x in part[::2]]
        down = [y for part in shape.parts for y in part[1::2]]
        return min(across), min(down), max(across), max(down)
    if not shape.lines:
        return None
    first, last = shape.lines[0][0], shape.lines[-1][0] + 1
    start = min(runs[0][0] for _, runs in shape.lines)
    return first, start, last, max(runs[-1][1] for _, runs in shape.lines)


def _part(found: Any) -> Path:
    if not isinstance(found, list) or not all(is_number(each) for each in found):
        raise Broken("shape-broken", "a list of numbers for each part", _shown(found))
    if len(found) % 2 or len(found) < 6:
        raise Broken("shape-broken", "x and y of 3 points or more in each part", f"{len(found)} numbers")
    return tuple(found)


def _mask(found: dict[str, Any], size: Size | None) -> Mask:
    sides, counts = found.get("size"), found.get("counts")
    if not (isinstance(sides, list) and len(sides) == 2 and all(isinstance(each, int) for each in sides)):
        raise Broken("mask-broken", "size as height and width", _shown(sides))
    mine = Size(sides[1], sides[0])
    if size is not None and mine != size:
        raise Broken(
            "mask-broken", f"a mask of {size.width} x {size.height}", f"one of {mine.width} x {mine.height}"
        )
    if isinstance(counts, list) and not all(isinstance(each, int) for each in counts):
        raise Broken("mask-broken", "run lengths", "something else among them")
    if not isinstance(counts, list | str):
        raise Broken("mask-broken", "run lengths", _shown(counts))
    try:
        return mask_of_counts(coco_counts(counts) if isinstance(counts, str) else counts, mine)
    except ValueError as error:
        raise Broken(
            "mask-broken", f"run lengths of {mine.width * mine.height} pixels", str(error)
        ) from error


def _with_holes(parts: list[Path], area: Any) -> Outline:
    """Parts, of which those inside another are holes where the area says so."""
    depths = _depths(parts)
    inner = sum(depth > 0 for depth in depths)
    whole = Outline(Polygon(tuple(parts)))
    if not inner:
        return whole
    if not is_number(area) or area <= 0:
        return Outline(
            whole.shape, f"{inner} of its parts inside others, and no area that says what they are"
        )
    without, with_parts = _distances(parts, depths, area)
    if without < _CLEARLY * with_parts:
        outer = tuple(part for part, depth in zip(parts, depths, strict=True) if depth % 2 == 0)
        return Outline(
            Polygon(outer, tuple(part for part, depth in zip(parts, depths, strict=True) if depth % 2))
        )
    if with_parts < _CLEARLY * without:
        return whole
    return Outline(
        whole.shape, f"{inner} of its parts inside others, and an area that fits no better to holes"
    )


def _distances(parts: Sequence[Path], depths: Sequence[int], area: float) -> tuple[float, float]:
    """How far the area is from that without the inner parts, and from that with them.

    Outlines that follow the middle of the pixels at their edge (supervision, cv2) hold fewer than the mask that their
    area was taken from: by the theorem of Pick, half of the points of the grid on the outline and one.
    """
    found = [_area(part) for part in parts]
    ways = [[(each, each) for each in found]]
    if all(float(place).is_integer() for part in parts for place in part):
        rims = [_points_on(part) / 2 for part in parts]
        # What an outline around a hole encloses are the pixels of the shape at its edge, and the hole inside of them.
        ways.append([(each + rim + 1, each - rim + 1) for each, rim in zip(found, rims, strict=True)])
    without = with_parts = inf
    for way in ways:
        sums = [outer if depth % 2 == 0 else -hole for (outer, hole), depth in zip(way, depths, strict=True)]
        without = min(without, abs(area - sum(sums)))
        most = sum(outer for (outer, _), depth in zip(way, depths, strict=True) if depth == 0)
        with_parts = min(with_parts, abs(area - most))
    return without, with_parts


def _points_on(path: Path) -> int:
    """How many points of the grid lie on an outline whose corners do."""
    return sum(gcd(int(x2) - int(x1), int(y2) - int(y1)) for x1, y1, x2, y2 in _edges(path))


def _depths(parts: Sequence[Path]) -> list[int]:
    """Of each part, in how many others it lies."""
    if len(parts) == 1:
        return [0]
    extents = [_box(part) for part in parts]
    return [
        sum(
            at != other and _within(extents[at], extents[other]) and _is_inside(part, parts[other])
            for other in range(len(parts))
        )
        for at, part in enumerate(parts)
    ]


def _box(part: Path) -> _Extent:
    return min(part[::2]), min(part[1::2]), max(part[::2]), max(part[1::2])


def _within(inner: _Extent, outer: _Extent) -> bool:
    return (
        inner != outer
        and outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


def _is_inside(inner: Path, outer: Path) -> bool:
    """Whether each corner of one outline lies in another, or on it."""
    edges = list(_edges(outer))
    return all(_holds(edges, x, y) for x, y in zip(inner[::2], inner[1::2], strict=True))


def _holds(edges: Sequence[tuple[Number, Number, Number, Number]], x: Number, y: Number) -> bool:
    is_in = False
    for x1, y1, x2, y2 in edges:
        turn = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        if turn == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
            return True
        if (y1 > y) != (y2 > y) and (turn > 0) == (y2 > y1):
            is_in = not is_in
    return is_in


def _edges(path: Path) -> Iterator[tuple[Number, Number, Number, Number]]:
    around = (*path[2:], *path[:2])
    return zip(path[::2], path[1::2], around[::2], around[1::2], strict=True)


def _area(path: Path) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for x1, y1, x2, y2 in _edges(path))) / 2


def _shown(found: object) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "null"}.get(
        type(found), str(found)[:40]
    )
