"""Puts rows under each other, for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["aligned"]

_NAMES = 2


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of as many cells each as lines of a table: names in the first two columns, and numbers in the others."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if at < _NAMES else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield " ".join(cells).rstrip()
