"""Makes corpora to measure with: `python -m benchmarks.parts.corpus FILE --shape detection --size 500MB`.

Equal arguments write equal bytes. An entry is drawn from a few hundred prepared ones, so that writing takes no longer
than the disk; the media ids are all different.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.parts.label_configs import LEVELS, RICH_SHAPES
from bulk_importer.settings.units import SIZE

__all__ = ["SHAPES", "main", "media_ids", "write_corpus"]

_PREPARED = 256
_BLOCK_BYTES = 1 << 20
_WORDS = [
    "straße",
    "信号機",
    "дорога",
    "señal",
    "πινακίδα",
    "🚗🚌",
    "علامة",
    "tree",
    "\u2028",
    'a "b" \\ c',
    "},{",
]

Labels = dict[str, Any]


def _points(chance: random.Random, count: int) -> list[Labels]:
    return [
        {"x": round(chance.uniform(0, 1920), 2), "y": round(chance.uniform(0, 1080), 2)} for _ in range(count)
    ]


def _box(chance: random.Random) -> Labels:
    return {**_points(chance, 1)[0], "w": chance.randint(1, 400), "h": chance.randint(1, 300)}


def _detection(chance: random.Random) -> Labels:
    boxes = [
        {"rectangle": [_box(chance)], "classifications": {"occluded": [chance.choice(["yes", "no"])]}}
        for _ in range(chance.randint(2, 14))
    ]
    return {"car": boxes, "person": [{"rectangle": [_box(chance)]} for _ in range(chance.randint(0, 4))]}


def _polygons(chance: random.Random) -> Labels:
    return {"road": [{"polygon": _points(chance, chance.randint(200, 900))} for _ in range(3)]}


def _tiny(chance: random.Random) -> Labels:
    return {"poi": [{"point": _points(chance, 1)}]} if chance.random() < 0.2 else {}


def _giant(chance: random.Random) -> Labels:
    return {"mask": [{"polygon": _points(chance, 2500)} for _ in range(8)]}


def _unicode(chance: random.Random) -> Labels:
    texts = [" ".join(chance.choices(_WORDS, k=8)) for _ in range(6)]
    return {
        f"Klasse {chance.choice(_WORDS[:7])}": [
            {"rectangle": [_box(chance)], "classifications": {"text": [text]}} for text in texts
        ]
    }


def _outline(chance: random.Random, count: int) -> list[Labels]:
    """Points as editors write them: whole pixels, and parts of one."""
    return [
        {
            axis: chance.randrange(most) if chance.random() < 0.5 else round(chance.uniform(0, most), 2)
            for axis, most in (("x", 1920), ("y", 1080))
        }
        for _ in range(count)
    ]


def _bus(chance: random.Random) -> Labels:
    bus: Labels = {"rectangle": [_box(chance)], "classifications": {}}
    if chance.random() < 1 / 3:
        bus["nested_geometries"] = {"door": [{"rectangle": [_box(chance)], "classifications": {}}]}
    return bus


def _car(chance: random.Random) -> Labels:
    kind = chance.choice([None, None, "suv", "sedan"])
    return {"polygon": _outline(chance, chance.randint(3, 40)), "classifications": {"car_type": [kind]}}


def _street(chance: random.Random) -> Labels:
    return {"line": _outline(chance, chance.randint(2, 10)), "classifications": {}}


def _poi(chance: random.Random) -> Labels:
    return {"point": _outline(chance, 1), "classifications": {}}


def _weather(chance: random.Random) -> Labels:
    weather: list[object] = [chance.choice(["sunny", "cloudy", "rain"])]
    if chance.random() < 0.8:
        weather.append({"daytime": [chance.choice(["day", "night", None])]})
    return {"weather": weather}


def _keeping(chance: random.Random) -> Labels:
    return chance.choice([{}, {"keepData": False}, {"keepData": True}])


def _documented(chance: random.Random) -> Labels:
    several = {"car": (_car, 5), "street": (_street, 2), "poi": (_poi, 3), "bus": (_bus, 4)}
    labels = {
        key: [make(chance) for _ in range(chance.randint(0, most))] for key, (make, most) in several.items()
    }
    return {**_keeping(chance), "global_classifications": _weather(chance), "labels": labels}


def _mixed(chance: random.Random) -> Labels:
    makers = (_car, _street, _poi, _bus)
    things = [chance.choice(makers)(chance) for _ in range(chance.randint(2, 7))]
    return {**_keeping(chance), "global_classifications": _weather(chance), "labels": {"thing": things}}


def _answers(chance: random.Random, level: int = 0) -> Labels:
    """The classification of a level, with that of the next one in it, mostly."""
    key, options = LEVELS[level]
    values: list[object] = [chance.choice([*options, None]) if level else chance.choice(options)]
    if level + 1 < len(LEVELS) and chance.random() < 0.7:
        values.append(_answers(chance, level + 1))
    return {key: values}


def _rich(chance: random.Random) -> Labels:
    counts = {"polygon": (3, 40), "line": (2, 10), "point": (1, 1)}
    labels: Labels = {}
    for key, shape in chance.sample(sorted(RICH_SHAPES.items()), chance.randint(2, 6)):
        labels[key] = []
        for _ in range(chance.randint(1, 3)):
            given = (
                [_box(chance)] if shape == "rectangle" else _outline(chance, chance.randint(*counts[shape]))
            )
            answers = {**_answers(chance), "note": [f"AB {chance.randint(1, 99)}"]}
            labels[key].append({shape: given, "classifications": answers})
    return {**_keeping(chance), "global_classifications": _weather(chance), "labels": labels}


def _unkept(labels: Callable[[random.Random], Labels]) -> Callable[[random.Random], Labels]:
    return lambda chance: {"keepData": False, "labels": labels(chance)}


SHAPES: dict[str, Callable[[random.Random], Labels]] = {
    "detection": _unkept(_detection),
    "polygons": _unkept(_polygons),
    "tiny": _unkept(_tiny),
    "giant": _unkept(_giant),
    "pretty": _unkept(_detection),
    "unicode": _unkept(_unicode),
    "documented": _documented,
    "mixed": _mixed,
    "rich": _rich,
}
"""Shape -> an entry without its id. `giant` entries have about 600 kB, `tiny` ones 70 bytes, `documented` ones 1.9 kB:
what the page about the format shows. In `mixed`, a class has all shapes of it, which no configuration allows; `rich`
is for the configuration of that name in `label_configs`."""

_UUIDS = frozenset({"documented", "mixed", "rich"})


def media_ids(shape: str, count: int) -> Iterator[str]:
    """The ids of the first entries of a corpus, in order."""
    before, behind = _around_id(shape)
    return (f"{before}{number:08x}{behind}" for number in range(count))


def _around_id(shape: str) -> tuple[str, str]:
    """What stands before and behind the number of an entry in its id."""
    return ("", "-5f0a-4d2b-9c3e-6a7b8c9d0e1f") if shape in _UUIDS else ("media-", "")


def write_corpus(path: Path, shape: str, size: int, *, seed: int = 1) -> int:
    """Write an array of about `size` bytes; returns the number of entries."""
    entries = 0
    with path.open("wb") as file:
        file.write(b"[\n")
        for block in _blocks(shape, seed):
            room = size - file.tell()
            taken = block if len(b"".join(block)) <= room else _fitting(block, room)
            file.write((b",\n" if entries else b"") + b",\n".join(taken))
            entries += len(taken)
            if len(taken) < len(block) or room <= _BLOCK_BYTES:
                break
        file.write(b"\n]\n")
    return entries


def _blocks(shape: str, seed: int) -> Iterator[list[bytes]]:
    """Lists of entries, about a block of bytes each."""
    chance = random.Random(seed)
    option = orjson.OPT_INDENT_2 if shape == "pretty" else 0
    prepared = 24 if shape == "giant" else _PREPARED
    bodies = []
    marked = "@".join(_around_id(shape))
    for _ in range(prepared):
        entry = {"internal_media_ID": marked, **SHAPES[shape](chance)}
        before, _, behind = orjson.dumps(entry, option=option).partition(b"@")
        bodies.append((before, behind))
    many = max(1, _BLOCK_BYTES * prepared // sum(len(a) + len(b) for a, b in bodies))
    number = 0
    while True:
        drawn = chance.choices(bodies, k=many)
        yield [b"%b%08x" % (a, number + at) + b for at, (a, b) in enumerate(drawn)]
        number += many


def _fitting(block: list[bytes], room: int) -> list[bytes]:
    taken: list[bytes] = []
    for entry in block:
        room -= len(entry) + 2
        if room < 0 and taken:
            break
        taken.append(entry)
    return taken


def main() -> None:
    """Write one corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="detection")
    parser.add_argument("--size", type=SIZE.read, default=100_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(write_corpus(arguments.file, arguments.shape, arguments.size, seed=arguments.seed), "entries")


if __name__ == "__main__":
    main()
