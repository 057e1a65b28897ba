"""Unpacks the masks of Label Studio's brush: run lengths of bytes, packed as bits.

Pure. The bytes are those of an image with four channels, row by row, of which the last one says what is drawn. Packed,
they begin with how many there are (32 bits), how wide a value is (5 bits, less 1), and four widths of lengths (4 bits
each, less 1). Then come runs: a bit that says whether one value is repeated, two that choose a width, the length less
1, and one value or as many as the length says. (The scheme is that of the package rle-pack by Karsten Schmidt.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from bulk_importer.formats.model import Mask, Size
from bulk_importer.formats.shapes.masks import require_sides

__all__ = ["mask_of_brush"]

_CHANNELS = 4
_Lines: TypeAlias = tuple[tuple[int, tuple[tuple[int, int], ...]], ...]


def mask_of_brush(packed: Sequence[int], size: Size) -> Mask:
    """The mask of a brush: pixels that are not wholly transparent.

    Raises:
        ValueError: it ends too early, or is not of the size of the picture.
    """
    require_sides(size)
    bits = _Bits(bytes(packed))
    total = bits.take(32)
    if total != size.width * size.height * _CHANNELS:
        raise ValueError(f"{total} values for a picture of {size.width} x {size.height}")
    width = bits.take(5) + 1
    lengths = [bits.take(4) + 1 for _ in range(4)]
    return Mask(_rows(_pixels(_runs(bits, total, width, lengths)), size.width), by_columns=False)


def _runs(bits: _Bits, total: int, width: int, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where bytes above 0 are, as (first, behind the last)."""
    at = 0
    while at < total:
        is_repeated = bits.take(1)
        behind = at + bits.take(lengths[bits.take(2)]) + 1
        if behind > total:
            raise ValueError("a run length beyond the picture")
        if is_repeated:
            if bits.take(width):
                yield at, behind
        else:
            for each in range(at, behind):
                if bits.take(width):
                    yield each, each + 1
        at = behind


def _pixels(runs: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The pixels whose last byte is in a run."""
    for start, behind in runs:
        first, end = start // _CHANNELS, behind // _CHANNELS
        if first < end:
            yield first, end


def _rows(spans: Iterator[tuple[int, int]], width: int) -> _Lines:
    """Spans over all pixels, cut at the ends of rows; those that touch are one run."""
    rows: dict[int, list[tuple[int, int]]] = {}
    for start, behind in spans:
        at = start
        while at < behind:
            row, column = divmod(at, width)
            end = min(behind - row * width, width)
            runs = rows.setdefault(row, [])
            if runs and runs[-1][1] == column:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((column, end))
            at = row * width + end
    return tuple((row, tuple(runs)) for row, runs in rows.items())


class _Bits:
    """Bits of bytes, from the first one on."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, count: int) -> int:
        first, self._at = self._at, self._at + count
        if self._at > len(self._content) * 8:
            raise ValueError("the run lengths end too early")
        piece = self._content[first // 8 : (self._at + 7) // 8]
        return int.from_bytes(piece, "big") >> (-self._at % 8) & ((1 << count) - 1)
