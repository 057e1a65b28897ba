"""What a picture of an entry shows, in words.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import floor, log10

from bulk_importer.observe.drawing.canvas.lettering import name_shown
from bulk_importer.observe.drawing.canvas.view import View
from bulk_importer.observe.drawing.entries.marks import Mark
from bulk_importer.observe.drawing.entries.shapes import FAR, Shape
from bulk_importer.readable import counted

__all__ = ["frame_note", "numbers_shown", "places_text", "shapes_text", "value_shown"]

_MOST = 6


def frame_note(view: View, size: tuple[int, int] | None) -> str:
    """What the canvas is."""
    if size is not None:
        return f"An image of {size[0]:,} x {size[1]:,} pixels."
    digits = max(0, 2 - floor(log10(view.width / view.scale)))
    left, top, right, bottom = (value_shown(round(each, digits) + 0.0) for each in view.box)
    return f"Size of the image unknown: x {left} to {right}, y {top} to {bottom}."


def shapes_text(shapes: Sequence[Shape], more: int) -> str:
    """What is drawn, by class and kind."""
    kinds = Counter((name_shown(shape.name), shape.kind) for shape in shapes)
    listed = [f"{count:,} x {name} ({kind})" for (name, kind), count in kinds.most_common(_MOST)]
    if len(kinds) > _MOST:
        listed.append(f"{len(kinds) - _MOST:,} more kinds")
    text = f"Drawn: {', '.join(listed)}."
    return f"{text} Not drawn: {counted(more, 'more geometry')}." if more else text


def places_text(marks: Sequence[Mark], findings: int) -> str:
    """Where each finding is marked, and which are not."""
    sentences = []
    for number in range(1, findings + 1):
        own = [mark for mark in marks if mark.number == number]
        if own:
            sentences.append(f"Number {number} marks {_marked(own)}.")
    missing = [number for number in range(1, findings + 1) if all(mark.number != number for mark in marks)]
    if missing:
        sentences.append(f"Not in the drawing: number {numbers_shown(missing)}.")
    return " ".join(sentences)


def numbers_shown(numbers: Sequence[int]) -> str:
    """Numbers of findings, as in `1, 2`; of many the first and how many more."""
    listed = ", ".join(map(str, numbers[:3]))
    return listed if len(numbers) <= 3 else f"{listed} +{len(numbers) - 3}"


def value_shown(value: float) -> str:
    """A coordinate as people read it."""
    if abs(value) >= FAR:
        return "farther than can be drawn"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.6g}"


def _marked(marks: Sequence[Mark]) -> str:
    first = marks[0]
    name = f"{first.shape.kind} of {name_shown(first.shape.name)}"
    if len(marks) > 1:
        return f"{counted(len(marks), 'geometry')}, first the {name}"
    if first.index is None:
        return f"the {name} of {counted(first.shape.count, 'element')}"
    text = f"element {first.index + 1} of {first.shape.count:,} of the {name}"
    spot = next((spot for spot in first.shape.spots if spot.index == first.index), None)
    if spot is None or (spot.x is None and spot.y is None):
        return f"{text}, which has no place"
    known = [f"{axis} {value_shown(at)}" for axis, at in (("x", spot.x), ("y", spot.y)) if at is not None]
    return f"{text}, at {', '.join(known)}"
