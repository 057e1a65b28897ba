"""Adds up where in a source entries were rejected, and why, in parts that become longer when there are too many.

Pure. All parts are of one length and begin at its multiples, so that joining two by two is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec

from bulk_importer.observe.timeline.values import Place
from bulk_importer.spans import Span

__all__ = ["MOST", "MOST_CODES", "Part", "Places"]

MOST = 128
"""Parts; a plot shows about as many."""
MOST_CODES = 100
"""There are fewer than that in the catalogue; a log of another version may have others."""
_OTHER = "other"


class Part(msgspec.Struct, array_like=True):
    """How many entries of a part of the source were rejected, and their findings by code."""

    rejected: int = 0
    codes: dict[str, int] = {}

    def add(self, rejected: int, codes: Mapping[str, int]) -> None:
        """Count more of them."""
        self.rejected += rejected
        for code, count in codes.items():
            self.codes[code] = self.codes.get(code, 0) + count


class Places(msgspec.Struct):
    """Rejections by position, in `MOST` parts at most."""

    length: Annotated[int, msgspec.Meta(gt=0)] = 1
    parts: dict[int, Part] = {}
    codes: list[str] = []

    def add(self, spans: Sequence[Span], codes: Mapping[str, int]) -> None:
        """Count the entries in `spans`, each of which has findings of all of these codes.

        Where some have more of one than others, they are shared out evenly.
        """
        while max(span.stop for span in spans) > MOST * self.length:
            self._join()
        shares: dict[int, int] = {}
        for span in spans:
            for key in range(max(0, span.start) // self.length, (span.stop - 1) // self.length + 1):
                began = max(span.start, key * self.length)
                share = min(span.stop, (key + 1) * self.length) - began
                shares[key] = shares.get(key, 0) + share
        self._share_out(shares, self._known(codes))

    def _share_out(self, shares: Mapping[int, int], codes: Mapping[str, int]) -> None:
        total, before = sum(shares.values()), 0
        for key, share in shares.items():
            # The sum of what is rounded so is the sum of all, however many parts there are.
            counts = {
                code: count * (before + share) // total - count * before // total
                for code, count in codes.items()
            }
            before += share
            part = self.parts.setdefault(key, Part())
            part.add(share, {code: count for code, count in counts.items() if count})

    def _known(self, codes: Mapping[str, int]) -> Mapping[str, int]:
        """The codes that are told apart: the first ones that came."""
        self.codes += [code for code in codes if code not in self.codes][: MOST_CODES - len(self.codes)]
        known = {code: count for code, count in codes.items() if code in self.codes}
        others = sum(codes.values()) - sum(known.values())
        return {**known, _OTHER: known.get(_OTHER, 0) + others} if others else known

    def _join(self) -> None:
        self.length *= 2
        joined: dict[int, Part] = {}
        for key, part in self.parts.items():
            into = joined.setdefault(key // 2, part)
            if into is not part:
                into.add(part.rejected, part.codes)
        self.parts = joined

    def values(self) -> Iterator[Place]:
        """The parts in which something was rejected, in order."""
        for key in sorted(self.parts):
            part = self.parts[key]
            yield Place(
                first=key * self.length, count=self.length, rejected=part.rejected, codes=dict(part.codes)
            )
