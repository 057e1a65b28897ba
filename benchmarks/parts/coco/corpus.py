"""Makes COCO files to measure with: `python -m benchmarks.parts.coco.corpus FILE --size 1GB --shuffled`.

Equal arguments write equal bytes. A picture has twenty instances, each an outline of 23 points with two decimals, in
the keys and the spacing in which `json.dump` writes the official files: 1 GB are 100,000 pictures and 2 million
instances.
The outlines are drawn from some thousand prepared ones; ids, pictures and classes are all different.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from math import cos, pi, sin
from pathlib import Path

from bulk_importer.settings.units import SIZE

__all__ = ["PICTURE_BYTES", "main", "write_coco"]

PICTURE_BYTES = 10_000
"""About how many bytes of a file a picture takes, with its instances."""

_INSTANCES = 20
_POINTS = 23
_PREPARED = 4096
_CLASSES = 80
_WIDTH, _HEIGHT = 640, 480


def write_coco(path: Path, size: int, *, shuffled: bool) -> tuple[int, int]:
    """Write about `size` bytes; returns how many pictures and instances they hold.

    Args:
        shuffled: instances stand in any order; otherwise in that of the pictures.
    """
    chance = random.Random(0)
    pictures = max(1, size // PICTURE_BYTES)
    order: Iterable[int] = range(pictures * _INSTANCES)
    if shuffled:
        order = list(order)
        chance.shuffle(order)
    prepared = [_outline(chance) for _ in range(_PREPARED)]
    classes = [{"id": at + 1, "name": f"class {at}", "supercategory": "thing"} for at in range(_CLASSES)]
    with path.open("w", encoding="ascii", buffering=1 << 20) as file:
        file.write('{"info": {}, "licenses": [], "images": [')
        file.writelines(_joined(map(_image, range(pictures))))
        file.write('], "annotations": [')
        file.writelines(_joined(prepared[at % _PREPARED] % _numbers(at) for at in order))
        file.write(f'], "categories": {json.dumps(classes)}}}')
    return pictures, pictures * _INSTANCES


def _joined(texts: Iterator[str]) -> Iterator[str]:
    yield next(texts)
    for text in texts:
        yield ", "
        yield text


def _image(at: int) -> str:
    image = {"id": 3 * at + 7, "file_name": f"{at:012}.jpg", "width": _WIDTH, "height": _HEIGHT, "license": 1}
    return json.dumps(image)


def _numbers(at: int) -> tuple[int, int, int]:
    return 3 * (at // _INSTANCES) + 7, at * 31 % _CLASSES + 1, at + 1


def _outline(chance: random.Random) -> str:
    x, y = chance.uniform(60, _WIDTH - 60), chance.uniform(60, _HEIGHT - 60)
    path: list[float] = []
    for at in range(_POINTS):
        angle, radius = 2 * pi * at / _POINTS, chance.uniform(20, 50)
        path += (round(x + radius * cos(angle), 2), round(y + radius * sin(angle), 2))
    left, top = min(path[::2]), min(path[1::2])
    box = [left, top, round(max(path[::2]) - left, 2), round(max(path[1::2]) - top, 2)]
    return (
        f'{{"segmentation": {json.dumps([path])}, "area": {round(chance.uniform(2000, 5000), 4)}, "iscrowd": 0, '
        f'"image_id": %d, "bbox": {json.dumps(box)}, "category_id": %d, "id": %d}}'
    )


def main() -> None:
    """Write a file, and print what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--size", type=SIZE.read, default=100_000_000)
    parser.add_argument("--shuffled", action="store_true")
    arguments = parser.parse_args()
    print(*write_coco(arguments.file, arguments.size, shuffled=arguments.shuffled))


if __name__ == "__main__":
    main()
