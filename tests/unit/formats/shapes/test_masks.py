"""Run lengths are read within bounds: few bytes can say a mask that nobody could hold."""

from __future__ import annotations

import struct
import zlib

import pytest

from bulk_importer.formats.documents.label_studio.brushes import mask_of_brush
from bulk_importer.formats.model import Size
from bulk_importer.formats.shapes.masks import coco_counts, mask_of_counts
from bulk_importer.formats.shapes.png import mask_of_png

TOO_LONG = (1 << 17) + 1


def test_a_run_length_ends() -> None:
    """One that goes on and on would cost more with each letter."""
    assert coco_counts("o" * 5 + "0") == [(1 << 25) - 1]
    with pytest.raises(ValueError, match="does not end"):
        coco_counts("o" * 20 + "0")


@pytest.mark.parametrize("size", [Size(TOO_LONG, 1), Size(1, TOO_LONG)])
def test_a_mask_has_sides_that_can_be_held(size: Size) -> None:
    """In whatever form it comes, as each line of it takes room."""
    with pytest.raises(ValueError, match="pixels, where sides have 1 to 131072"):
        mask_of_counts([0, TOO_LONG], size)
    with pytest.raises(ValueError, match="pixels, where sides have 1 to 131072"):
        mask_of_brush([], size)
    with pytest.raises(ValueError, match="pixels, where sides have 1 to 131072"):
        mask_of_png(png(size), 0, 0, size)


def test_a_mask_has_pixels() -> None:
    """Two sides below zero are none."""
    with pytest.raises(ValueError, match="-1 x -1 pixels"):
        mask_of_counts([0, 1], Size(-1, -1))


def png(size: Size) -> bytes:
    """One in grey with all pixels set."""
    rows = zlib.compress((b"\0" + b"\xff" * size.width) * size.height)
    header = struct.pack(">IIBBBBB", size.width, size.height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
