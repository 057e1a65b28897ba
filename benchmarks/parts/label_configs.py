"""Label configurations that corpora fit, by shape: what `bench_check` has entries checked with."""

from __future__ import annotations

from typing import Any

__all__ = ["CONFIGS", "LEVELS", "RICH_SHAPES"]

Class = dict[str, Any]


def _select(key: str, *options: str, children: list[Class] | None = None) -> Class:
    return {
        "entryKey": key,
        "type": "SELECT",
        "options": dict.fromkeys(options, ""),
        "children": children or [],
    }


_WEATHER = _select("weather", "sunny", "cloudy", "rain", children=[_select("daytime", "day", "night")])

# What the corpus `detection` needs, with the classes around it that a real project has.
_DETECTION: list[Class] = [
    {"entryKey": "car", "type": "RECTANGLE", "children": [_select("occluded", "yes", "no")]},
    {"entryKey": "person", "type": "RECTANGLE"},
    {"entryKey": "road", "type": "POLYGON"},
    {"entryKey": "poi", "type": "POINT"},
    _select("weather", "sunny", "rain"),
]

# The page about the format has these.
_DOCUMENTED: list[Class] = [
    {"entryKey": "bus", "type": "RECTANGLE", "children": [{"entryKey": "door", "type": "RECTANGLE"}]},
    {"entryKey": "car", "type": "POLYGON", "children": [_select("car_type", "suv", "sedan", "van")]},
    {"entryKey": "street", "type": "LINE"},
    {"entryKey": "poi", "type": "POINT"},
    _WEATHER,
]

LEVELS: list[tuple[str, list[str]]] = [
    ("kind", [f"kind {number}" for number in range(12)]),
    ("part", ["front", "left", "rear", "right"]),
    ("state", ["clean", "dirty", "hidden"]),
]
"""The classifications of every class of `rich` with their options; each stands below the one before it."""

RICH_SHAPES = {
    f"class_{number:02}": ("polygon", "line", "point", "rectangle")[number % 4] for number in range(40)
}
"""The classes of `rich` with the keys of their coordinates."""


def _levels(level: int = 0) -> list[Class]:
    if level == len(LEVELS):
        return []
    key, options = LEVELS[level]
    return [_select(key, *options, children=_levels(level + 1))]


_RICH: list[Class] = [
    {
        "entryKey": key,
        "type": shape.upper(),
        "children": [*_levels(), {"entryKey": "note", "type": "FREETEXT", "maxLength": 8}],
    }
    for key, shape in RICH_SHAPES.items()
]

CONFIGS: dict[str, list[Class]] = {
    "detection": _DETECTION,
    "pretty": _DETECTION,
    "documented": _DOCUMENTED,
    "rich": [*_RICH, _WEATHER],
}
"""As the server gives them."""
