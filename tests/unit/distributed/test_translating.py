"""What the log of a shard counts is found again in the source, element by element and byte by byte."""

from __future__ import annotations

import pytest

from bulk_importer.distributed.translating import Translation
from bulk_importer.distributed.values import Piece
from bulk_importer.spans import Span

PIECES = [Piece(4, 2, 100, 21, ""), Piece(9, 1, 300, 10, ""), Piece(20, 3, 500, 32, "")]


@pytest.mark.parametrize("lines", [False, True])
def test_positions_and_bytes_of_the_shard_are_those_of_the_source(lines: bool) -> None:
    """An array has a bracket in front; between pieces stands one byte, of either form."""
    found = Translation(PIECES, lines=lines)
    front = 0 if lines else 1
    assert [found.position(own) for own in range(6)] == [4, 5, 9, 20, 21, 22]
    assert found.offset(front) == 100
    assert found.offset(front + 20) == 120
    assert found.offset(front + 22) == 300
    assert found.offset(front + 33) == 500
    assert (found.entries, found.length) == (6, front + 66)
    assert list(found.spans()) == [Span(4, 6), Span(9, 10), Span(20, 23)]


def test_positions_of_the_source_are_found_in_the_shard_or_are_in_another_one() -> None:
    """The way back, which corrections take."""
    found = Translation(PIECES, lines=False)
    assert [found.own_position(position) for position in (4, 5, 9, 20, 22)] == [0, 1, 2, 3, 5]
    assert [found.own_position(position) for position in (0, 3, 6, 8, 10, 19, 23)] == [None] * 7


def test_what_the_shard_does_not_have_is_refused() -> None:
    """Behind its end, between its pieces, in front of its first byte."""
    found = Translation(PIECES, lines=False)
    for own in (-1, 6):
        with pytest.raises(ValueError, match="of 6"):
            found.position(own)
    for own in (0, 22, 67):
        with pytest.raises(ValueError, match="of 67"):
            found.offset(own)
