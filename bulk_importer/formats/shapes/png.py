"""Reads a mask that is a PNG: row by row, without a dense image, into runs of pixels that are set.

Pure. A pixel is set where its value is above 0: its grey, its place in the palette, one of its colours, or how opaque
it is where the file says that. So tools write masks of 0 and 1, and of 0 and 255. Images in passes (Adam7) are refused:
no tool writes a mask so.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from bulk_importer.formats.model import Mask, Size
from bulk_importer.formats.shapes.masks import require_sides

__all__ = ["mask_of_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WITH_ALPHA = {4, 6}
_SET = re.compile(rb"[^\x00]+")


def mask_of_png(content: bytes, left: int, top: int, most: Size) -> tuple[Mask, Size]:
    """The mask of a PNG whose first pixel is put at a place of the picture, and the size of the PNG.

    Args:
        most: what it may be as large as; a larger one is not unpacked.

    Raises:
        ValueError: it is no PNG, is cut off, too large, or of a kind that is not read.
    """
    if not content.startswith(_SIGNATURE):
        raise ValueError("it is no PNG")
    chunks = list(_chunks(content[len(_SIGNATURE) :]))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise ValueError("a PNG without a header")
    width, height, depth, colour, *_, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if width > most.width or height > most.height:
        raise ValueError(f"a PNG of {width} x {height} for at most {most.width} x {most.height} pixels")
    require_sides(Size(width, height))
    if interlace or colour not in _CHANNELS or depth not in {1, 2, 4, 8, 16}:
        raise ValueError(f"a PNG of a kind that is not read (colour {colour}, depth {depth})")
    bits = depth * _CHANNELS[colour]
    packed = b"".join(body for name, body in chunks if name == b"IDAT")
    lines = []
    for row, line in enumerate(_rows(packed, height, (width * bits + 7) // 8, max(bits // 8, 1))):
        runs = _runs(_values(line, width, depth, colour), left)
        if runs:
            lines.append((row + top, runs))
    return Mask(tuple(lines), by_columns=False), Size(width, height)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        if len(body) < length:
            raise ValueError("the PNG is cut off")
        yield name, body
        at += 12 + length


def _rows(packed: bytes, height: int, length: int, step: int) -> Iterator[bytes]:
    """The rows with their filters undone; `step` is how many bytes a pixel has."""
    unpacking = zlib.decompressobj()
    before, pending, rest = bytes(length), b"", packed
    for _ in range(height):
        while len(pending) <= length:
            try:
                piece = unpacking.decompress(rest, length + 1 - len(pending))
            except zlib.error as error:
                raise ValueError(f"the PNG is damaged ({error})") from error
            rest = unpacking.unconsumed_tail
            if not piece and not rest:
                raise ValueError("the PNG is cut off")
            pending += piece
        before = _unfiltered(pending[0], pending[1 : length + 1], before, step)
        pending = pending[length + 1 :]
        yield before


def _unfiltered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """A row, of which each byte was written as the difference to its neighbours."""
    if kind == 0:
        return line
    if kind not in {1, 2, 3, 4}:
        raise ValueError(f"a filter {kind} that no PNG has")
    found = bytearray(line)
    for at, byte in enumerate(line):
        a = found[at - step] if at >= step else 0
        b = above[at]
        if kind == 4:
            c = above[at - step] if at >= step else 0
            found[at] = (byte + _nearest(a, b, c)) & 255
        else:
            found[at] = (byte + (a, b, (a + b) // 2)[kind - 1]) & 255
    return bytes(found)


def _nearest(a: int, b: int, c: int) -> int:
    """Paeth's predictor: which of left, above, and left above comes nearest to a + b - c."""
    to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - c - c)
    if to_a <= to_b and to_a <= to_c:
        return a
    return b if to_b <= to_c else c


def _values(line: bytes, width: int, depth: int, colour: int) -> bytes:
    """A byte for each pixel of a row, above 0 where it is set."""
    channels = _CHANNELS[colour]
    if depth < 8:
        bits = bin(int.from_bytes(line, "big") | 1 << len(line) * 8)[3:]
        return bytes("1" in bits[at * depth : (at + 1) * depth] for at in range(width))
    if depth == 16:
        line = bytes(high | low for high, low in zip(line[::2], line[1::2], strict=True))
    if channels == 1 or colour in _WITH_ALPHA:
        return line[channels - 1 :: channels]
    return bytes(max(line[at : at + channels]) for at in range(0, len(line), channels))


def _runs(values: bytes, left: int) -> tuple[tuple[int, int], ...]:
    return tuple((left + found.start(), left + found.end()) for found in _SET.finditer(values))
