"""What a person would see of an entry: its shapes by class, in numbers alone."""

from __future__ import annotations

from typing import Any

__all__ = ["drawn", "pixels"]

_FORMS = ("rectangle", "polygon", "line", "point")


def drawn(entry: dict[str, Any]) -> dict[str, list[Any]]:
    """The geometries of an entry by class: lines and polygons as pairs, boxes and points as their numbers."""
    return {label: [_numbers(each) for each in found] for label, found in entry.get("labels", {}).items()}


def pixels(corners: list[tuple[float, float]]) -> float:
    """The area of a polygon."""
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in edges)) / 2


def _numbers(geometry: dict[str, Any]) -> Any:
    form = next(each for each in _FORMS if each in geometry)
    points = [tuple(each.values()) for each in geometry[form]]
    return points[0] if form in {"rectangle", "point"} else points
