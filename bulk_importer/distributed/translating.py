"""Says where in the source the elements of a shard stand, of which its log counts positions and bytes from 0.

Pure. A shard is, as a source, its pieces side by side: of an array `[`, the pieces with a comma between them, `]`; of
JSON Lines each piece and a line feed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from bulk_importer.distributed.values import Piece
from bulk_importer.spans import Span

__all__ = ["Translation"]


class Translation:
    """From positions and bytes of a shard to those of the source.

    Memory: 40 bytes a piece, beside the pieces.

    Attributes:
        entries: elements in all pieces.
        length: bytes of the shard, read as a source.
    """

    def __init__(self, pieces: Sequence[Piece], *, lines: bool) -> None:
        self._pieces = pieces
        between = 1  # a comma, or a line feed
        self._firsts = list(accumulate((piece.count for piece in pieces), initial=0))
        self._begins = list(
            accumulate((piece.length + between for piece in pieces), initial=0 if lines else len("["))
        )
        self.entries = self._firsts[-1]
        # Behind the last piece of an array stands its end where a comma would be.
        self.length = self._begins[-1]

    def position(self, own: int) -> int:
        """The position in the source of the element at `own`.

        Raises:
            ValueError: the shard has no such element.
        """
        if not 0 <= own < self.entries:
            raise ValueError(f"position {own} of {self.entries}")
        at = bisect_right(self._firsts, own) - 1
        return self._pieces[at].first + own - self._firsts[at]

    def offset(self, own: int) -> int:
        """Where in the source the byte at `own` stands, which is one of an element.

        Raises:
            ValueError: no element of the shard is there.
        """
        at = bisect_right(self._begins, own) - 1
        if not 0 <= at < len(self._pieces) or own >= self._begins[at] + self._pieces[at].length:
            raise ValueError(f"byte {own} of {self.length}")
        return self._pieces[at].offset + own - self._begins[at]

    def own_position(self, position: int) -> int | None:
        """The position in the shard of an element of the source; None where it is in another one."""
        at = bisect_right(self._pieces, position, key=lambda piece: piece.first) - 1
        if at < 0 or position >= self._pieces[at].first + self._pieces[at].count:
            return None
        return self._firsts[at] + position - self._pieces[at].first

    def spans(self) -> Iterator[Span]:
        """The positions of the source that the shard holds."""
        for piece in self._pieces:
            yield Span(piece.first, piece.first + piece.count)
