"""Makes YOLO folders to measure with: `python -m benchmarks.parts.yolo.corpus FOLDER --files 200000`.

Equal arguments write equal bytes. Half of the files are pictures (PNG, 640 x 480, black), half have their rows: ten
boxes each, with six decimals, in the folders in which Ultralytics has its datasets.
"""

from __future__ import annotations

import argparse
import random
import struct
import zlib
from pathlib import Path

__all__ = ["main", "write_yolo"]

_ROWS = 10
_PREPARED = 4096
_CLASSES = 80
_WIDTH, _HEIGHT = 640, 480


def write_yolo(folder: Path, files: int) -> int:
    """Write a dataset of about so many files; returns how many pictures it has."""
    chance = random.Random(0)
    prepared = ["".join(_row(chance) for _ in range(_ROWS)).encode() for _ in range(_PREPARED)]
    picture = _picture()
    pictures, labels = folder / "images" / "train", folder / "labels" / "train"
    pictures.mkdir(parents=True)
    labels.mkdir(parents=True)
    names = "".join(f"  {at}: class {at}\n" for at in range(_CLASSES))
    (folder / "data.yaml").write_text(f"path: .\ntrain: images/train\nnames:\n{names}")
    count = max(1, files // 2)
    for at in range(count):
        (pictures / f"{at:012}.png").write_bytes(picture)
        (labels / f"{at:012}.txt").write_bytes(prepared[at % _PREPARED])
    return count


def _row(chance: random.Random) -> str:
    width, height = chance.uniform(0.05, 0.3), chance.uniform(0.05, 0.3)
    x, y = chance.uniform(0.2, 0.8), chance.uniform(0.2, 0.8)
    return f"{chance.randrange(_CLASSES)} {x:.6f} {y:.6f} {width:.6f} {height:.6f}\n"


def _picture() -> bytes:
    rows = zlib.compress(bytes((1 + _WIDTH // 8) * _HEIGHT), 9)
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def main() -> None:
    """Write a folder, and print how many pictures it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=20_000)
    arguments = parser.parse_args()
    print(write_yolo(arguments.folder, arguments.files))


if __name__ == "__main__":
    main()
