"""Pictures of rejected entries: their geometries on a canvas, with what is wrong marked.

Pure and total. An entry that was rejected may hold anything; what of it can be drawn is, within bounds, and what cannot
is said. Numbers in the picture are those of the findings in their order, from 1: whoever lists them beside it numbers
them so.

The picture needs no image: where pages may not load any, all that matters is there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, islice

import msgspec

from bulk_importer.observe.drawing.canvas.ground import ImageRef, ground
from bulk_importer.observe.drawing.canvas.layers import arrows, marked, plain
from bulk_importer.observe.drawing.canvas.legend import below
from bulk_importer.observe.drawing.canvas.lens import lens
from bulk_importer.observe.drawing.canvas.lettering import name_shown
from bulk_importer.observe.drawing.canvas.looks import look_of
from bulk_importer.observe.drawing.canvas.outlines import Outline, outline_of
from bulk_importer.observe.drawing.canvas.pins import Room, chip, pin
from bulk_importer.observe.drawing.canvas.places import Place, colour_of, place_of, ring
from bulk_importer.observe.drawing.canvas.view import Box, View, view_of
from bulk_importer.observe.drawing.canvas.words import frame_note, numbers_shown, places_text, shapes_text
from bulk_importer.observe.drawing.entries.marks import Mark, marks_of
from bulk_importer.observe.drawing.entries.pointers import Path
from bulk_importer.observe.drawing.entries.shapes import Shape, shapes_below
from bulk_importer.observe.drawing.svg import element, picture
from bulk_importer.observe.markup import Markup

__all__ = ["ImageRef", "Picture", "picture_of"]

_MOST_DRAWN = 60
_MOST_FINDINGS = 12
_MOST_CORNERS = 2000
_CORNERS_OF_ONE = 240
_MOST_CHIPS = 12
_MOST_ARROWS = 12
_MOST_HANDLES = 240
_WIDTH = 480.0
_MARGIN = 12
_INSIDE = re.compile(r"inside ([1-9][0-9]{0,6}) x ([1-9][0-9]{0,6})")


class Picture(msgspec.Struct, frozen=True):
    """A drawing, and what it shows in words for whoever cannot see it."""

    svg: str
    text: str


def picture_of(
    entry: object, findings: Sequence[Mapping[str, object]], image: ImageRef | None = None
) -> Picture | None:
    """The picture of an entry, or None where nothing of it can be drawn.

    Args:
        entry: decoded, whatever it is.
        findings: about it, as a line of `rejected.jsonl` has them; the first dozen is marked.
        image: what it is drawn on. Without, the size may be known from a finding that compares with it.
    """
    findings = [each for each in findings if isinstance(each, Mapping)][:_MOST_FINDINGS]
    marks = marks_of(entry, findings)
    shapes, more = _chosen(entry, marks)
    if not shapes:
        return None
    sheet = _sheet(findings, image)
    size = None if sheet is None else sheet.size
    view = view_of(shapes, size)
    drawing = _Drawing(view, shapes, marks)
    unmarked = set(range(1, len(findings) + 1)) - {mark.number for mark in marks}
    notes = [frame_note(view, size)]
    if more:
        notes.append(f"Not drawn: {more:,} more.")
    if unmarked:
        notes.append(f"Not in the drawing: number {numbers_shown(sorted(unmarked))}.")
    on_canvas = drawing.canvas(sheet)
    legend, bottom = below(drawing.unnamed(), notes, top=view.height + 4, width=_WIDTH)
    text = " ".join((frame_note(view, size), shapes_text(shapes, more), places_text(marks, len(findings))))
    svg = picture(
        on_canvas,
        legend,
        title=_title(findings),
        text=text.strip(),
        viewBox=f"{-_MARGIN} {-_MARGIN} {_WIDTH + 2 * _MARGIN:.0f} {bottom + _MARGIN:.0f}",
        # Without any style sheet: as wide as there is room, and never larger than the text on it asks for.
        width="100%",
        height=round((bottom + _MARGIN) * _WIDTH / (_WIDTH + 2 * _MARGIN)),
        preserveAspectRatio="xMinYMin",
    )
    return Picture(svg.text, text.strip())


class _Drawing:
    """What is put on the canvas, layer by layer."""

    def __init__(self, view: View, shapes: Sequence[Shape], marks: Sequence[Mark]) -> None:
        self._view = view
        self._marks: dict[Path, list[Mark]] = defaultdict(list)
        for mark in marks:
            self._marks[mark.shape.path].append(mark)
        corners = max(_MOST_CORNERS // len(shapes), 24)
        self._outlines = [self._outline(shape, min(corners, _CORNERS_OF_ONE)) for shape in shapes]
        # Changed as the canvas is filled: what is taken of it, where rings are, and whose names stand on it.
        self._room = Room(view.width, view.height)
        self._sights: dict[Path, Box] = {}
        self._named: set[str] = set()

    def canvas(self, sheet: ImageRef | None) -> Markup:
        """The canvas with all that is on it."""
        view = self._view
        on_image = sheet is not None and bool(sheet.href)
        wrong = [each for each in self._outlines if each.shape.path in self._marks]
        right = [each for each in self._outlines if each.shape.path not in self._marks]
        layers = [ground(view, sheet)]
        layers += [self._called(each, plain(each, on_image=on_image)) for each in right]
        handles = min(_MOST_HANDLES // max(len(wrong), 1), 60)
        layers += [
            self._called(each, marked(each, self._marks[each.shape.path], most_handles=handles))
            for each in wrong
        ]
        pins = self._pins(wrong)
        lenses = self._lenses(wrong)
        behind = self._arrows([*wrong, *right])
        chips = self._chips([*wrong, *right])
        clipped = element("svg", layers, width=view.width, height=view.height, overflow="hidden")
        return element("g", clipped, behind, chips, lenses, pins)

    def unnamed(self) -> list[str]:
        """The classes that are drawn and have no name on the canvas."""
        names = dict.fromkeys(each.shape.name for each in self._outlines)
        return [name for name in names if name not in self._named]

    def _outline(self, shape: Shape, corners: int) -> Outline:
        keep = frozenset(mark.index for mark in self._marks.get(shape.path, ()) if mark.index is not None)
        return outline_of(shape, self._view, corners=corners, keep=keep)

    def _called(self, outline: Outline, layer: Markup) -> Markup:
        shape = outline.shape
        text = f"{name_shown(shape.name)} ({shape.kind}, {shape.count:,})"
        return element("g", element("title", text), layer)

    def _pins(self, wrong: Iterable[Outline]) -> list[Markup | None]:
        """Rings and numbers; a finding about many geometries has its number at the first of them."""
        rings: list[Markup | None] = []
        numbered: set[int] = set()
        places: list[tuple[Outline, Place, list[Mark]]] = []
        for outline in wrong:
            for index, own in _by_index(self._marks[outline.shape.path]).items():
                place = place_of(outline, index, self._view)
                if place is None:
                    continue
                rings.append(ring(place, own))
                self._sights[outline.shape.path] = place.sight()
                new = [mark for mark in own if mark.number not in numbered]
                numbered.update(mark.number for mark in new)
                if new:
                    self._room.take(place.sight())
                    places.append((outline, place, new))
        return rings + [self._pin(*each) for each in places]

    def _pin(self, outline: Outline, place: Place, marks: Sequence[Mark]) -> Markup:
        label = numbers_shown([mark.number for mark in marks])
        target = place.box if place.radius is None else place.sight()
        ends = [] if place.is_point else outline.dots[:: max(len(outline.dots) // 4, 1)]
        tip_of = partial(place.tip, outline=outline, view=self._view)
        return pin(label, target, ends, tip_of, colour_of(marks), self._room)

    def _lenses(self, wrong: Iterable[Outline]) -> list[Markup]:
        """Of the first geometry that is too small to be seen."""
        for outline in wrong:
            marks = [mark for mark in self._marks[outline.shape.path] if mark.index is None]
            place = place_of(outline, None, self._view) if marks else None
            if place is None:
                continue
            others = [each for each in self._outlines if each is not outline]
            piece = lens(outline, place, marks, others, self._view, self._room)
            if piece is not None:
                return [piece]
        return []

    def _arrows(self, outlines: Iterable[Outline]) -> list[Markup]:
        pieces = []
        every = (arrows(each, self._view, self._marks.get(each.shape.path, ())) for each in outlines)
        for arrow, taken in islice(chain.from_iterable(every), _MOST_ARROWS):
            self._room.take(taken)
            pieces.append(arrow)
        return pieces

    def _chips(self, outlines: Iterable[Outline]) -> list[Markup]:
        pieces: list[Markup] = []
        for outline in outlines:
            name = outline.shape.name
            if outline.box is None or name in self._named or len(self._named) >= _MOST_CHIPS:
                continue
            sight = self._sights.get(outline.shape.path)
            target = outline.box if sight is None else outline.box.around(sight)
            piece = chip(name_shown(name), target, look_of(name), self._room)
            if piece is not None:
                self._named.add(name)
                pieces.append(piece)
        return pieces


def _chosen(entry: object, marks: Sequence[Mark]) -> tuple[list[Shape], int]:
    """The geometries to draw, those that are wrong first, and how many more were found."""
    chosen: dict[Path, Shape] = {}
    for mark in marks:
        known = chosen.get(mark.shape.path)
        chosen[mark.shape.path] = mark.shape if known is None else _joined(known, mark.shape)
    more = 0
    for shape in shapes_below(entry, ()):
        if shape is None or shape.path in chosen:
            continue
        if len(chosen) < _MOST_DRAWN:
            chosen[shape.path] = shape
        else:
            more += 1
    return [shape for shape in chosen.values() if _has_place(shape)], more


def _joined(one: Shape, other: Shape) -> Shape:
    spots = {spot.index: spot for spot in (*one.spots, *other.spots)}
    return msgspec.structs.replace(one, spots=tuple(spots[index] for index in sorted(spots)))


def _has_place(shape: Shape) -> bool:
    return any(spot.x is not None or spot.y is not None for spot in shape.spots)


def _sheet(findings: Iterable[Mapping[str, object]], image: ImageRef | None) -> ImageRef | None:
    """The image; of its size, where it does not say it, what a finding says."""
    if image is not None and image.size is not None:
        return image
    href = "" if image is None else image.href
    for finding in findings:
        expected = finding.get("expected")
        if finding.get("code") == "geometry-outside" and isinstance(expected, str):
            said = _INSIDE.fullmatch(expected)
            if said is not None:
                return ImageRef(href, int(said[1]), int(said[2]))
    return image


def _by_index(marks: Iterable[Mark]) -> dict[int | None, list[Mark]]:
    found: dict[int | None, list[Mark]] = defaultdict(list)
    for mark in marks:
        found[mark.index].append(mark)
    return found


def _title(findings: Sequence[Mapping[str, object]]) -> str:
    position = findings[0].get("position") if findings else None
    return f"Entry {position}" if isinstance(position, int) else "Entry"
