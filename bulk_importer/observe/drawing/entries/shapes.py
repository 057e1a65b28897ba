"""Finds the geometries of an entry, as well as an entry that was rejected can be understood.

Pure and total. Whatever looks like coordinates is taken: also under a key of another name, in a place where no class
stands, as pairs of numbers or as a row of them. That it is wrong is what the finding says; a person sees best what was
meant when it is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isnan

import msgspec

from bulk_importer.observe.drawing.entries.pointers import Path

__all__ = ["FAR", "Shape", "Spot", "shape_at", "shapes_below"]

FAR = 1e12
"""Nothing is farther away than this; what is, stands there."""

_KINDS = {
    "polygon": "polygon",
    "line": "line",
    "point": "point",
    "rectangle": "rectangle",
    "geometry": "geometry",
    "image_segmentation": "segmentation",
}
_GROUPS = ("labels", "nested_geometries")
_NOT_DRAWN = frozenset({"classifications", "global_classifications"})
_MOST_SPOTS = 1500
_MOST_NODES = 20_000
_DEEPEST = 40
_LOOKED_AT = 8
_TEXT = re.compile(r"\s*-?[0-9]{1,30}([.,][0-9]{1,30})?\s*")


class Spot(msgspec.Struct, frozen=True):
    """One element of a geometry; None where it has no number.

    Attributes:
        index: where it stands in the list.
        w, h: None where it is a point alone.
    """

    index: int
    x: float | None
    y: float | None
    w: float | None = None
    h: float | None = None


class Shape(msgspec.Struct, frozen=True):
    """A geometry.

    Attributes:
        path: of the list of its points.
        kind: `polygon`, `line`, `point`, `rectangle`, `segmentation`, or `geometry` where nothing says it.
        name: the key of its class; empty where none is to be seen.
        spots: its elements, of very many every so many.
        count: how many elements there are.
    """

    path: Path
    kind: str
    name: str
    spots: tuple[Spot, ...]
    count: int

    @property
    def is_boxed(self) -> bool:
        """Whether it is a rectangle, or something with a size like one."""
        return self.kind == "rectangle" or any(
            each.w is not None or each.h is not None for each in self.spots
        )


def shapes_below(value: object, path: Path) -> Iterator[Shape | None]:
    """The geometries in a value, in order; None for the rest, where there is more than anybody looks through."""
    waiting: list[tuple[Path, object]] = [(path, value)]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        at, each = waiting.pop()
        shape = shape_at(each, at)
        if shape is not None:
            yield shape
        elif len(at) < _DEEPEST and len(waiting) <= _MOST_NODES:
            waiting.extend(_below(each, at))
    if waiting:
        yield None


def shape_at(value: object, path: Path, *, with_index: int | None = None) -> Shape | None:
    """The geometry whose points are this value; None where it is none.

    Args:
        with_index: an element that must be among the spots.
    """
    kind = next((each for each in reversed(path) if isinstance(each, str)), "")
    known = _KINDS.get(kind)
    elements: Sequence[object] = ()
    if isinstance(value, list):
        elements = _points_in(value, known)
    elif known is not None and path[-1] == kind and isinstance(value, dict) and _is_point(value):
        elements = [value]
    if not elements:
        return None
    every = -(-len(elements) // _MOST_SPOTS)
    spots = [_spot(each, at * every) for at, each in enumerate(elements[::every])]
    if with_index is not None and with_index % every and with_index < len(elements):
        spots.insert(with_index // every + 1, _spot(elements[with_index], with_index))
    return Shape(path, known or "geometry", _class_of(path), tuple(spots), len(elements))


def _below(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    """What is to be looked at next, the first last."""
    if isinstance(value, dict):
        keys = list(value)[:_MOST_NODES]
        for key in reversed(keys):
            if isinstance(key, str) and key not in _NOT_DRAWN and isinstance(value[key], list | dict):
                yield (*path, key), value[key]
    elif isinstance(value, list):
        for index in range(min(len(value), _MOST_NODES) - 1, -1, -1):
            if isinstance(value[index], list | dict):
                yield (*path, index), value[index]


def _points_in(value: list[object], kind: str | None) -> Sequence[object]:
    """The points that a list is made of; empty where it is no list of points."""
    first = value[:_LOOKED_AT]
    if any(isinstance(each, dict) and _is_point(each) for each in first):
        return value
    if any(isinstance(each, list) and _is_pair(each) for each in first):
        return value
    if kind is None or len(value) % 2 or len(value) < 2 or not all(map(_is_number, first)):
        return ()
    if kind == "rectangle" and len(value) == 4:
        return [value]
    return [value[at : at + 2] for at in range(0, len(value), 2)]


def _is_point(value: dict[object, object]) -> bool:
    return ("x" in value and "y" in value) or any(_is_number(value.get(key)) for key in ("x", "y"))


def _is_pair(value: list[object]) -> bool:
    return len(value) in (2, 4) and all(map(_is_number, value))


def _is_number(value: object) -> bool:
    return _number(value) is not None


def _spot(value: object, index: int) -> Spot:
    if isinstance(value, dict):
        x, y = _number(value.get("x")), _number(value.get("y"))
        return Spot(index, x, y, _size(value, "w", "width"), _size(value, "h", "height"))
    if isinstance(value, list) and len(value) in (2, 4):
        return Spot(index, *map(_number, value))
    return Spot(index, None, None)


def _size(value: dict[object, object], key: str, other: str) -> float | None:
    size = _number(value.get(key))
    return _number(value.get(other)) if size is None else size


def _number(value: object) -> float | None:
    """A number, or a text that reads like one; None for anything else."""
    if isinstance(value, str) and len(value) <= 80 and _TEXT.fullmatch(value):
        value = float(value.replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and isnan(value):
        return None
    return float(max(-FAR, min(FAR, value)))


def _class_of(path: Path) -> str:
    """The key of the class that a geometry stands under: behind the last `labels` or `nested_geometries`."""
    for at in range(len(path) - 2, -1, -1):
        name = path[at + 1]
        if path[at] in _GROUPS and isinstance(name, str):
            return name
    return ""
