"""Writes the labels that the demo imports: realistic entries for a sandbox's media, a few of them broken.

Shapes and classes are those of the public documentation: polygons with classifications, lines, points, rectangles, a
global classification with a nested one, nested geometries. Equal arguments write equal bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

__all__ = ["BROKEN", "write_corpus"]

_Entry = dict[str, Any]


def write_corpus(path: Path, media_ids: Sequence[str], *, seed: int = 1) -> int:
    """Write an entry for each media, and one for each way of being broken, spread over the file.

    Returns:
        How many entries are broken.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible labels, no secrets
    broken = {(at + 1) * len(media_ids) // (len(BROKEN) + 1): make for at, make in enumerate(BROKEN.values())}
    with open(path, "wb") as file:
        file.write(b"[\n")
        for index, entry in enumerate(_entries(media_ids, chance)):
            if index:
                file.write(b",\n")
            if index in broken:
                broken[index](entry)
            file.write(orjson.dumps(entry))
        file.write(b"\n]\n")
    return len(broken)


def _entries(media_ids: Sequence[str], chance: random.Random) -> Iterator[_Entry]:
    for media_id in media_ids:
        yield {
            "internal_media_ID": media_id,
            "keepData": False,
            "global_classifications": {"weather": ["sunny", {"daytime": [chance.choice(["day", "night"])]}]},
            "labels": {
                "car": [_car(chance) for _ in range(chance.randint(0, 2))],
                "bus": [{"rectangle": [_rectangle(chance)]}],
                "street": [{"line": _points(chance, chance.randint(2, 4))}],
                "poi": [{"point": _points(chance, 1)}],
            },
        }


def _car(chance: random.Random) -> _Entry:
    return {
        "polygon": _points(chance, chance.randint(3, 6)),
        "classifications": {"car_type": [chance.choice(["suv", "sedan", "van"])], "flags": ["taxi"]},
        "nested_geometries": {"wheel": [{"rectangle": [_rectangle(chance)]}]},
    }


def _points(chance: random.Random, count: int) -> list[dict[str, float]]:
    return [{"x": chance.randint(0, 1920), "y": chance.randint(0, 1080)} for _ in range(count)]


def _rectangle(chance: random.Random) -> dict[str, float]:
    return {
        "x": chance.randint(0, 1800),
        "y": chance.randint(0, 1000),
        "w": chance.randint(5, 120),
        "h": 40.5,
    }


def _negative_coordinate(entry: _Entry) -> None:
    entry["labels"]["poi"][0]["point"][0]["x"] = -3


def _polygon_of_two_points(entry: _Entry) -> None:
    entry["labels"]["car"] = [{"polygon": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}]


def _rectangle_without_height(entry: _Entry) -> None:
    del entry["labels"]["bus"][0]["rectangle"][0]["h"]


def _unknown_class(entry: _Entry) -> None:
    entry["labels"]["bycicle"] = [{"point": [{"x": 1, "y": 2}]}]


def _unknown_option(entry: _Entry) -> None:
    entry["global_classifications"]["weather"][0] = "Sunny"


def _text_too_long(entry: _Entry) -> None:
    entry["labels"]["car"] = [
        {
            "polygon": [{"x": 1, "y": 2}, {"x": 9, "y": 2}, {"x": 9, "y": 8}],
            "classifications": {"plate": ["B-AB 1234 E"]},
        }
    ]


def _misspelt_key(entry: _Entry) -> None:
    entry["keepdata"] = entry.pop("keepData")


def _unknown_media(entry: _Entry) -> None:
    entry["internal_media_ID"] = "00000000-0000-4000-8000-000000000000"


BROKEN: dict[str, Callable[[_Entry], None]] = {
    "a coordinate below zero": _negative_coordinate,
    "a polygon of two points": _polygon_of_two_points,
    "a rectangle without its height": _rectangle_without_height,
    "a class that the project does not have": _unknown_class,
    "an option that the select does not have, which the server would silently drop": _unknown_option,
    "a text that is longer than allowed, which the server would store as invalid": _text_too_long,
    "keepData in other letters, which the server would not read": _misspelt_key,
    "a media that the project does not have": _unknown_media,
}
"""Ways of being broken, in words, in the order in which they come in the file."""
