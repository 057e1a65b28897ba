"""Which geometries of an entry its findings mean.

Pure and total.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from bulk_importer.observe.drawing.entries.pointers import Path, path_of, value_at
from bulk_importer.observe.drawing.entries.shapes import Shape, shape_at, shapes_below

__all__ = ["Mark", "marks_of"]

_MOST_MARKED = 20


class Mark(msgspec.Struct, frozen=True):
    """A geometry that a finding means.

    Attributes:
        number: of the finding, from 1.
        shape: what is wrong, or what it belongs to.
        index: of the point that is wrong; None where it is all of the geometry, as with every rectangle.
        is_error: whether the entry is rejected for it.
    """

    number: int
    shape: Shape
    index: int | None
    is_error: bool


def marks_of(entry: object, findings: Sequence[Mapping[str, object]]) -> list[Mark]:
    """What each finding means of what can be drawn: the nearest geometry that its pointer leads into.

    A finding that is about no geometry has none; one about a class has its first geometries.
    """
    found: list[Mark] = []
    for number, finding in enumerate(findings, start=1):
        path, is_whole = path_of(finding.get("pointer"), entry)
        is_error = finding.get("severity", "error") == "error"
        found += [Mark(number, shape, index, is_error) for shape, index in _meant(entry, path, is_whole)]
    return found


def _meant(entry: object, path: Path, is_whole: bool) -> list[tuple[Shape, int | None]]:
    around = _around(entry, path)
    if around is not None:
        rest = path[len(around.path) :]
        if not rest or not isinstance(rest[0], int):
            return [(around, None)]
        whole = shape_at(value_at(entry, around.path), around.path, with_index=rest[0]) or around
        return [(whole, None if whole.is_boxed else rest[0])]
    for length in range(len(path), 1, -1):
        place = path[:length]
        # Of a class only where the finding is about all of it: the others of its geometries are not wrong.
        if (length < len(path) or not is_whole) and not isinstance(place[-1], int):
            continue
        shapes = list(islice(_own(entry, place), _MOST_MARKED))
        if shapes:
            return [(shape, None) for shape in shapes]
    return []


def _around(entry: object, path: Path) -> Shape | None:
    """The geometry that a place is in, or that it is."""
    value = entry
    for length, step in enumerate(path, start=1):
        value = value[step]  # type: ignore[index]  # the path is one of this entry
        shape = shape_at(value, path[:length])
        if shape is not None:
            return shape
    return None


def _own(entry: object, place: Path) -> Iterator[Shape]:
    """The geometries at a place, without those that are nested in others of them."""
    below = shapes_below(value_at(entry, place), place)
    shapes = [shape for shape in islice(below, 200) if shape is not None]
    own = [shape for shape in shapes if "nested_geometries" not in shape.path[len(place) :]]
    yield from own or shapes
