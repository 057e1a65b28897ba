"""Masks as other tools write them: run lengths, into lines of runs that `tracing` can follow.

Pure. COCO counts pixels column by column, beginning with those that are not set; its compressed form packs the same
counts into a text, five bits a character, each count from the third on as the difference to the one before the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby

from bulk_importer.formats.model import Mask, Size

__all__ = ["coco_counts", "mask_of_counts", "require_sides"]

_LONGEST_SIDE = 1 << 17
"""In pixels: a run of pixels costs memory by the lines that it reaches over, and a few bytes can say a long one."""

_LONGEST_COUNT_BITS = 60
"""More than any picture has pixels; what is longer would be put together digit by digit, each time anew."""

_ZERO, _VALUE, _MORE, _SIGN = 48, 0x1F, 0x20, 0x10


def coco_counts(packed: str) -> list[int]:
    """The counts in COCO's compressed form. Raises `ValueError` where it is not that."""
    counts: list[int] = []
    value = bits = 0
    for letter in packed.encode("utf-8", "surrogatepass"):
        code = letter - _ZERO
        if not 0 <= code < 64:
            raise ValueError("a letter that no run length has")
        value |= (code & _VALUE) << bits
        bits += 5
        if bits > _LONGEST_COUNT_BITS:
            raise ValueError("a run length that does not end")
        if code & _MORE:
            continue
        if code & _SIGN:
            value -= 1 << bits
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
        value = bits = 0
    if bits:
        raise ValueError("the last run length is cut off")
    return counts


def mask_of_counts(counts: Sequence[int], size: Size, *, by_columns: bool = True) -> Mask:
    """The mask of run lengths that begin with pixels that are not set.

    Raises:
        ValueError: they are negative, their sum is not the number of pixels, or the picture has too long a side.
    """
    require_sides(size)
    if any(count < 0 for count in counts):
        raise ValueError("a run length below zero")
    if sum(counts) != size.width * size.height:
        raise ValueError(f"run lengths of {sum(counts)} pixels for a picture of {size.width * size.height}")
    length = size.height if by_columns else size.width
    ends = list(accumulate(counts))
    spans = ((ends[at - 1], ends[at]) for at in range(1, len(ends), 2))
    return Mask(_lines(spans, length), by_columns)


def require_sides(size: Size) -> None:
    """Raise `ValueError` for a picture whose masks nobody could hold, or that has no pixel."""
    if not (0 < size.width <= _LONGEST_SIDE and 0 < size.height <= _LONGEST_SIDE):
        raise ValueError(f"{size.width} x {size.height} pixels, where sides have 1 to {_LONGEST_SIDE}")


def _lines(
    spans: Iterable[tuple[int, int]], length: int
) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    """Spans over all pixels of a picture, cut into lines of `length`."""
    return _grouped(piece for span in _joined(spans) for piece in _cut(*span, length))


def _cut(start: int, stop: int, length: int) -> Iterator[tuple[int, tuple[int, int]]]:
    while start < stop:
        line, place = divmod(start, length)
        end = min(stop, (line + 1) * length)
        yield line, (place, end - line * length)
        start = end


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Without empty ones, and with those joined that touch."""
    before: tuple[int, int] | None = None
    for start, stop in spans:
        if start == stop:
            continue
        if before is not None and before[1] == start:
            before = (before[0], stop)
            continue
        if before is not None:
            yield before
        before = (start, stop)
    if before is not None:
        yield before


def _grouped(
    pieces: Iterable[tuple[int, tuple[int, int]]],
) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    return tuple(
        (line, tuple(run for _, run in each)) for line, each in groupby(pieces, key=lambda piece: piece[0])
    )
