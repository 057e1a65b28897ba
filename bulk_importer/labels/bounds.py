"""Whether the coordinates of an entry lie inside its image; the server does not ask.

Pure. For entries that the import schema accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

from bulk_importer.labels.entry import GEOMETRY_KEYS
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.pointers import shown, step
from bulk_importer.labels.shapes import as_double

__all__ = ["outside"]

Json: TypeAlias = Mapping[str, object]


def outside(entry: Json, width: int, height: int) -> Iterator[Flaw]:
    """A flaw for each geometry that leaves an image of this size in pixels, at the first point that does.

    The far edge belongs to the image: a coordinate may be equal to width or height.
    """
    for at, geometry in _geometries(entry.get("labels"), "/labels", nested=False):
        for key in GEOMETRY_KEYS:
            for place, each in enumerate(cast("list[Json]", geometry.get(key, ()))):
                right = as_double(each["x"]) + as_double(each.get("w", 0))
                bottom = as_double(each["y"]) + as_double(each.get("h", 0))
                if right > width or bottom > height:
                    yield Flaw(
                        "geometry-outside", f"{at}/{key}/{place}", f"inside {width} x {height}", shown(each)
                    )
                    break


def _geometries(classes: object, at: str, *, nested: bool) -> Iterator[tuple[str, Json]]:
    if not isinstance(classes, dict):
        return
    for key, geometries in classes.items():
        for place, geometry in enumerate(geometries):
            here = f"{step(at, key)}/{place}"
            yield here, geometry
            if not nested:
                below = geometry.get("nested_geometries")
                yield from _geometries(below, f"{here}/nested_geometries", nested=True)
