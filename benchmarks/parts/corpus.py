"""Makes corpora to measure with: `python -m benchmarks.parts.corpus FILE --shape detection --size 500MB`.

Equal arguments write equal bytes. The labels of an entry are drawn from a few hundred prepared ones, so that writing
takes no longer than the disk; the media ids are all different.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from bulk_importer.settings.units import SIZE

__all__ = ["SHAPES", "main", "write_corpus"]

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


SHAPES: dict[str, Callable[[random.Random], Labels]] = {
    "detection": _detection,
    "polygons": _polygons,
    "tiny": _tiny,
    "giant": _giant,
    "pretty": _detection,
    "unicode": _unicode,
}
"""Shape -> the labels of an entry. `giant` entries have about 600 kB, `tiny` ones 70 bytes."""


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
    for _ in range(prepared):
        entry = {"internal_media_ID": "@", "keepData": False, "labels": SHAPES[shape](chance)}
        before, _, behind = orjson.dumps(entry, option=option).partition(b'"@"')
        bodies.append((before + b'"media-', b'"' + behind))
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
