"""The rows of an NDJSON file, or of an array, with their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.json_rows import decoded, rows_of
from bulk_importer.formats.model import Left

__all__ = ["MOST_LINE_BYTES", "rows_in"]

MOST_LINE_BYTES = 256 << 20
"""The longest line that is held. A file without line ends is none of this format."""


def rows_in(file: BinaryIO, is_array: bool, place: str) -> Iterator[tuple[str, Any] | Left]:
    """Each row with its place, and a finding for each line that is no JSON.

    Raises:
        SourceUnreadable: the first line is none, a line is too long, or the array is broken.
    """
    if is_array:
        yield from ((f"row {at}", row) for at, row in enumerate(rows_of(file, "item", place)))
        return
    number = 0
    while line := file.readline(MOST_LINE_BYTES + 1):
        number += 1
        origin = f"line {number}"
        if len(line) > MOST_LINE_BYTES:
            raise SourceUnreadable(f"{place}, {origin}", f"it is longer than {MOST_LINE_BYTES >> 20} MiB")
        if not line.strip():
            continue
        try:
            row = decoded(line, f"{place}, {origin}")
        except SourceUnreadable as error:
            if number == 1:
                raise
            yield Left("annotation-broken", origin, "", "one JSON object a line", error.reason)
            continue
        yield origin, row
