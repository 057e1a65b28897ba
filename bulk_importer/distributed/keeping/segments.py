"""The names of the objects that a file lies in, and which of them are the file.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

__all__ = ["Segment", "generations"]

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


def generations(names: Iterable[str]) -> Mapping[str, Sequence[Sequence[Segment]]]:
    """Of each file the generations that have a first segment, the latest first, each with its segments in order.

    Names of other objects do not matter.
    """
    found: dict[tuple[str, int], list[Segment]] = {}
    for name in names:
        if match := _NAME.fullmatch(name):
            segment = Segment(match[1], int(match[2]), int(match[3]))
            found.setdefault((segment.file, segment.generation), []).append(segment)
    by_file: dict[str, list[list[Segment]]] = {}
    for (file, _), segments in sorted(found.items(), reverse=True):
        segments.sort()
        if not segments[0].offset:
            by_file.setdefault(file, []).append(segments)
    return by_file
