"""Whether the coordinates of an entry lie inside its image; the server does not ask.

Pure. For entries that the import schema accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

from bulk_importer.datagym.entry import GEOMETRY_KEYS
from bulk_importer.datagym.findings import Flaw
from bulk_importer.datagym.pointers import pointer_of, shown

__all__ = ["outside"]

Json: TypeAlias = Mapping[str, object]
Path: TypeAlias = tuple[str | int, ...]


def outside(entry: Json, width: int, height: int) -> Iterator[Flaw]:
    """A flaw for each geometry that leaves an image of this size in pixels, at the first point that does.

    The far edge belongs to the image: a coordinate may be equal to width or height.
    """
    for path, geometry in _geometries(entry.get("labels"), ("labels",)):
        for key in GEOMETRY_KEYS:
            for place, each in enumerate(cast("list[Json]", geometry.get(key, ()))):
                right = _double(each["x"]) + _double(each.get("w", 0))
                bottom = _double(each["y"]) + _double(each.get("h", 0))
                if right > width or bottom > height:
                    pointer = pointer_of((*path, key, place))
                    yield Flaw("geometry-outside", pointer, f"inside {width} x {height}", shown(each))
                    break


def _geometries(classes: object, path: Path) -> Iterator[tuple[Path, Json]]:
    if not isinstance(classes, dict):
        return
    for key, geometries in classes.items():
        for place, geometry in enumerate(geometries):
            here = (*path, key, place)
            yield here, geometry
            if len(path) == 1:
                yield from _geometries(geometry.get("nested_geometries"), (*here, "nested_geometries"))


def _double(value: object) -> float:
    try:
        return float(cast("int | float | str", value))
    except OverflowError:
        return float("inf")
