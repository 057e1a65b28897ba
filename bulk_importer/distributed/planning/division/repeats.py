"""Finds the media whose entries stand in several blocks of a source, however many media there are.

Their keys are divided by their digits, in files, until those of one file fit into memory; the order of the positions
stays, so that it is known of each key in which block it stands. A key is 60 bytes in a set: 600,000 of them are kept
at a time, 36 MB. To divide ten million once takes two seconds.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import compress

from bulk_importer.distributed.planning.division.columns import Column, Columns

__all__ = ["MOST_KEYS", "repeated_keys"]

MOST_KEYS = 600_000
_WAYS = 16
_MOST_DIGITS = 4
"""What is still together after so many is a few media with very many entries: a set has each of them once."""


def repeated_keys(
    keys: Column,
    counts: Sequence[int],
    columns: Columns,
    go_on: Callable[[], None],
    *,
    most_keys: int = MOST_KEYS,
) -> Iterator[set[int]]:
    """The keys that are in more than one block, in sets that have none in common; 0 is no key.

    Args:
        keys: of all positions.
        counts: how many positions each block has.
        columns: where more of them can be had; they are gone when this is through.
        go_on: called now and then; what it raises ends this.
        most_keys: so many are compared in memory at a time.

    Raises:
        CheckpointUnusable: a file cannot be written or read.
    """
    waiting = [(keys, counts, 0)]
    while waiting:
        part, part_counts, digit = waiting.pop()
        go_on()
        if len(part) <= most_keys or digit == _MOST_DIGITS:
            if found := _in_several(part, part_counts):
                yield found
        else:
            parts = _divided(part, part_counts, digit, columns, go_on)
            waiting += [(*each, digit + 1) for each in parts]
        if part is not keys:
            part.close()


def _in_several(keys: Column, counts: Sequence[int]) -> set[int]:
    seen: set[int] = set()
    again: set[int] = set()
    first = 0
    for size in counts:
        if size:
            here = set(keys.read(first, size))
            again |= here & seen
            seen |= here
            first += size
    again.discard(0)
    return again


def _divided(
    keys: Column,
    counts: Sequence[int],
    digit: int,
    columns: Columns,
    go_on: Callable[[], None],
) -> list[tuple[Column, list[int]]]:
    """The keys by one of their hexadecimal digits, in order: sixteen files, each with how many of each block it has."""
    ways = [columns.new() for _ in range(_WAYS)]
    parts: list[list[int]] = [[] for _ in range(_WAYS)]
    tables = [_selecting(digit, way) for way in range(_WAYS)]
    first = 0
    for size in counts:
        before = [len(column) for column in ways]
        for _, some in keys.stretches(first, first + size):
            go_on()
            selected = memoryview(some).cast("B")[digit // 2 :: 8].tobytes()
            listed = some.tolist()
            for column, table in zip(ways, tables, strict=True):
                column.append(array("Q", compress(listed, selected.translate(table))))
        for part, column, known in zip(parts, ways, before, strict=True):
            part.append(len(column) - known)
        first += size
    for column in ways:
        column.end()
    return list(zip(ways, parts, strict=True))


def _selecting(digit: int, way: int) -> bytes:
    """A table for `translate`: 1 for each byte whose digit is `way`. Keys are hashes, so any digit does."""
    shift = 4 * (digit % 2)
    return bytes((byte >> shift) & 15 == way for byte in range(256))
