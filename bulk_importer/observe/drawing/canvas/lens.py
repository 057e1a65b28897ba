"""A lens on a geometry that is wrong and too small to be seen: the same again in a corner, larger.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bulk_importer.observe.drawing.canvas.layers import marked, plain
from bulk_importer.observe.drawing.canvas.lettering import FONT
from bulk_importer.observe.drawing.canvas.outlines import Outline, Point, outline_of
from bulk_importer.observe.drawing.canvas.pins import Room
from bulk_importer.observe.drawing.canvas.places import Place, colour_of
from bulk_importer.observe.drawing.canvas.view import Box, View, box_of
from bulk_importer.observe.drawing.entries.marks import Mark
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["lens"]

_WIDE, _HIGH, _INSET = 132.0, 96.0, 10.0
_SHARE = 0.5
"""Of the lens that the geometry takes."""
_GROUND = "#15181e"
_LEAST = 3.0
_MOST_OTHERS = 5


def lens(
    wrong: Outline, place: Place, marks: Sequence[Mark], others: Sequence[Outline], view: View, room: Room
) -> Markup | None:
    """The lens, with a line to what it shows; None where that is large enough, or there is no room."""
    closer = _closer(wrong, view)
    if closer is None or place.radius is None or place.is_point:
        return None
    spot = room.first_free(_corners(view, place.middle))
    if spot is None:
        return None
    near = [outline_of(each.shape, closer, corners=60) for each in others if _touch(each.box, place.box)]
    drawing = [plain(each, on_image=False) for each in near[:_MOST_OTHERS]]
    drawing.append(marked(outline_of(wrong.shape, closer), marks, most_handles=20))
    words = element(
        "text",
        f"{closer.scale / view.scale:,.0f} x",
        x=6,
        y=_HIGH - 7,
        fill="#fff",
        font_family=FONT,
        font_size=12,
    )
    frame = {"x": spot.left, "y": spot.top, "width": _WIDE, "height": _HIGH}
    colour = colour_of(marks)
    start = (spot.left + _WIDE / 2, spot.top + _HIGH / 2)
    tip = place.tip(start, wrong, view)
    line = {"x1": start[0], "y1": start[1], "x2": tip[0], "y2": tip[1]}
    return element(
        "g",
        element("line", **line, stroke=colour, stroke_width=1.5, stroke_dasharray="4 3"),
        element("rect", **frame, rx=4, fill=_GROUND),
        element("svg", drawing, words, **frame, overflow="hidden"),
        element("rect", **frame, rx=4, fill="none", stroke=colour, stroke_width=2),
    )


def _closer(wrong: Outline, view: View) -> View | None:
    """A view of the geometry alone; None where it is a point, or would be hardly larger."""
    corners = [
        (x, y)
        for spot in wrong.shape.spots
        if spot.x is not None and spot.y is not None
        for x, y in _ends(spot.x, spot.y, spot.w, spot.h)
    ]
    box = box_of(corners)
    if box is None:
        return None
    wide, high = box.right - box.left, box.bottom - box.top
    if wide <= 0 and high <= 0:
        return None
    scale = _SHARE * min(_WIDE / max(wide, 1e-9), _HIGH / max(high, 1e-9))
    if scale < _LEAST * view.scale:
        return None
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    across, down = _WIDE / scale / 2, _HIGH / scale / 2
    return View(Box(x - across, y - down, x + across, y + down), scale, _WIDE, _HIGH)


def _ends(x: float, y: float, w: float | None, h: float | None) -> Iterator[Point]:
    yield x, y
    yield x + (w or 0), y + (h or 0)


def _corners(view: View, target: Point) -> list[Box]:
    """The corners of the canvas, the farthest from what is looked at last: a short line is found sooner."""
    lefts, tops = (_INSET, view.width - _WIDE - _INSET), (_INSET, view.height - _HIGH - _INSET)
    boxes = [Box(left, top, left + _WIDE, top + _HIGH) for left in lefts for top in tops]
    return sorted(
        boxes, key=lambda box: abs(box.left + _WIDE / 2 - target[0]) + abs(box.top + _HIGH / 2 - target[1])
    )


def _touch(one: Box | None, other: Box) -> bool:
    if one is None:
        return False
    return (
        one.left <= other.right
        and other.left <= one.right
        and one.top <= other.bottom
        and other.top <= one.bottom
    )
