"""The names of the objects that a file lies in, and which of them are the file.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

__all__ = ["Segment", "current"]

_NAME = re.compile(r"(.+)/(\d{4,})-(\d{12,})")


class Segment(msgspec.Struct, frozen=True, order=True):
    """A stretch of a file: of which generation, and from which byte on."""

    file: str
    generation: int
    offset: int

    @property
    def name(self) -> str:
        """Of its object, below the prefix of the checkpoint."""
        return f"{self.file}/{self.generation:04d}-{self.offset:012d}"


def current(names: Iterable[str]) -> Sequence[Segment]:
    """The segments that count, in order: of each file those of its last generation; names of others do not matter."""
    found = sorted(
        Segment(match[1], int(match[2]), int(match[3])) for name in names if (match := _NAME.fullmatch(name))
    )
    last = {each.file: each.generation for each in found if not each.offset}
    return [each for each in found if each.generation == last.get(each.file)]
