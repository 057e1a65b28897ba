"""Geometries as lines on a canvas.

Pure. Lines are as thick on any image, since they are drawn in units of the canvas. What lies outside is cut off by the
canvas itself; `outliers` says where it would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from bulk_importer.observe.drawing.canvas.looks import Look
from bulk_importer.observe.drawing.canvas.view import Box, View, box_of
from bulk_importer.observe.drawing.entries.shapes import Shape, Spot
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["Outline", "Point", "drawn", "outliers", "outline_of"]

Point: TypeAlias = tuple[float, float]
"""Where something stands on the canvas."""

_FINEST = 0.6
_MOST_GUIDES = 3
_STUMP = 22.0
_CLOSED = ("polygon", "segmentation", "geometry")


class Outline(msgspec.Struct, frozen=True):
    """A geometry on the canvas.

    Attributes:
        spots: where each of its elements is, by index; those that have a place.
        lines: what is drawn, each with whether it is closed; none where it is points alone.
        dots: its elements, as many as there are lines to be drawn to.
        guides: lines across the canvas for elements of which only one coordinate is known, by index.
        box: what of it is on the canvas; None where nothing is.
    """

    shape: Shape
    spots: dict[int, Point]
    lines: tuple[tuple[tuple[Point, ...], bool], ...]
    dots: tuple[Point, ...]
    guides: dict[int, tuple[Point, Point]]
    box: Box | None

    def nearest(self, point: Point) -> Point | None:
        """The place on its lines that is nearest to a point of the canvas."""
        ends = [
            (points[at - 1], points[at])
            for points, closed in self.lines
            for at in range(0 if closed else 1, len(points))
        ]
        found = [_nearest(point, *each) for each in ends] or list(self.spots.values())
        return min(found, key=lambda each: _apart(each, point), default=None)

    def middle(self, index: int | None) -> Point | None:
        """Where one of its elements is, or would be between its neighbours; without an index its middle."""
        if index is None:
            box = self.box
            return None if box is None else ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        if index in self.spots:
            return self.spots[index]
        if index in self.guides:
            return self._on_guide(index)
        return self._between(index)

    def _between(self, index: int) -> Point | None:
        before = max((each for each in self.spots if each < index), default=None)
        behind = min((each for each in self.spots if each > index), default=None)
        ends = [self.spots[each] for each in (before, behind) if each is not None]
        return (sum(x for x, _ in ends) / len(ends), sum(y for _, y in ends) / len(ends)) if ends else None

    def _on_guide(self, index: int) -> Point:
        (left, top), (right, bottom) = self.guides[index]
        x, y = self._between(index) or ((left + right) / 2, (top + bottom) / 2)
        return (left, y) if left == right else (x, top)


def outline_of(
    shape: Shape, view: View, *, corners: int = 240, keep: frozenset[int] = frozenset()
) -> Outline:
    """A geometry as it is drawn in a view.

    Args:
        corners: about how many of its points at most.
        keep: elements that must not be left out.
    """
    spots = {
        spot.index: view.at(spot.x, spot.y)
        for spot in shape.spots
        if spot.x is not None and spot.y is not None
    }
    dots = _thinned(spots, corners, keep)
    boxes = [spot for spot in shape.spots if spot.index in spots] if shape.is_boxed else []
    lines = tuple(_rectangle(spot, spots[spot.index], view) for spot in boxes[: max(corners // 4, 4)])
    if not boxes and shape.kind != "point" and len(dots) > 1:
        lines = ((dots, shape.kind in _CLOSED and len(dots) > 2),)
    ends = [*spots.values(), *(point for points, _ in lines for point in points)]
    return Outline(shape, spots, lines, dots, dict(_guides_of(shape, view)), _on_canvas(box_of(ends), view))


def drawn(outline: Outline, look: Look, *, width: float, fill: float = 0.0, radius: float = 4.0) -> Markup:
    """The lines of a geometry, its points where it has none, in the look of its class."""
    pieces = []
    if outline.lines:
        filled = fill > 0 and all(closed for _, closed in outline.lines)
        data = "".join(_data(points, closed) for points, closed in outline.lines)
        pieces.append(
            element(
                "path",
                d=data,
                fill=look.colour if filled else "none",
                fill_opacity=fill if filled else None,
                fill_rule="evenodd" if filled else None,
                stroke=look.colour,
                stroke_width=width,
                stroke_dasharray=look.dashes,
                stroke_linejoin="round",
                stroke_linecap="round",
                vector_effect="non-scaling-stroke",
            )
        )
    elif outline.dots:
        # Lines of no length with round ends: a tenth of what circles would take.
        data = "".join(f"M{x:.1f} {y:.1f}h.01" for x, y in outline.dots)
        dots = {"stroke": look.colour, "stroke_linecap": "round", "fill": "none"}
        pieces.append(element("path", d=data, **dots, stroke_width=2 * radius))
    pieces += [
        element(
            "line",
            x1=x,
            y1=y,
            x2=to_x,
            y2=to_y,
            stroke=look.colour,
            stroke_width=width,
            stroke_dasharray="3 5",
            vector_effect="non-scaling-stroke",
        )
        for (x, y), (to_x, to_y) in outline.guides.values()
    ]
    return element("g", pieces)


def outliers(outline: Outline, view: View) -> Iterator[tuple[Spot, Point]]:
    """The elements of a geometry that the view does not show, and where at the edge of the canvas they lie behind."""
    for spot in outline.shape.spots:
        place = outline.spots.get(spot.index)
        if place is not None and not (0 <= place[0] <= view.width and 0 <= place[1] <= view.height):
            inset = 9.0
            x = min(max(place[0], inset), view.width - inset)
            yield spot, (x, min(max(place[1], inset), view.height - inset))


def _rectangle(spot: Spot, corner: Point, view: View) -> tuple[tuple[Point, ...], bool]:
    """All of it; or only its corner, with an open end where a size is missing."""
    left, top = corner
    right, bottom = view.at((spot.x or 0) + (spot.w or 0), (spot.y or 0) + (spot.h or 0))
    if spot.w is not None and spot.h is not None:
        return ((left, top), (right, top), (right, bottom), (left, bottom)), True
    right = left + _STUMP if spot.w is None else right
    bottom = top + _STUMP if spot.h is None else bottom
    return ((right, top), (left, top), (left, bottom)), False


def _guides_of(shape: Shape, view: View) -> Iterator[tuple[int, tuple[Point, Point]]]:
    for spot in shape.spots[:_MOST_GUIDES]:
        if spot.x is not None and spot.y is None:
            x, _ = view.at(spot.x, 0)
            yield spot.index, ((x, 0.0), (x, view.height))
        elif spot.y is not None and spot.x is None:
            _, y = view.at(0, spot.y)
            yield spot.index, ((0.0, y), (view.width, y))


def _thinned(spots: dict[int, Point], most: int, keep: frozenset[int]) -> tuple[Point, ...]:
    """As few of the points as draw nearly the same line: none nearer to the one before than can be seen."""
    kept: list[tuple[int, Point]] = []
    for index, point in spots.items():
        if index in keep or not kept or _apart(point, kept[-1][1]) >= _FINEST:
            kept.append((index, point))
    every = -(-len(kept) // most)
    return tuple(point for at, (index, point) in enumerate(kept) if at % every == 0 or index in keep)


def _nearest(point: Point, start: Point, end: Point) -> Point:
    """Of a straight line from start to end."""
    (x, y), (left, top), (right, bottom) = point, start, end
    across, down = right - left, bottom - top
    length = across * across + down * down
    share = 0.0 if length == 0 else min(max(((x - left) * across + (y - top) * down) / length, 0.0), 1.0)
    return left + share * across, top + share * down


def _apart(one: Point, other: Point) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _data(points: Sequence[Point], closed: bool) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")


def _on_canvas(box: Box | None, view: View) -> Box | None:
    if box is None:
        return None
    cut = Box(max(box.left, 0), max(box.top, 0), min(box.right, view.width), min(box.bottom, view.height))
    return cut if cut.left <= cut.right and cut.top <= cut.bottom else None
