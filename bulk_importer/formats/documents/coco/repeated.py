"""What occurs in a COCO file more than once: numbers that stand for names, and ids of annotations.

Pure.
"""

from __future__ import annotations

from array import array
from itertools import pairwise
from operator import lt
from typing import Any

from bulk_importer.formats.documents.coco.text.rows import is_id
from bulk_importer.readable import counted

__all__ = ["AnnotationIds", "repeated"]

_AT_ONCE = 1 << 19  # as sets take ten times the room of what they are made of
_MOST_IDS = 1 << 23
_LARGEST_NUMBER = 1 << 53


def repeated(numbers: array[int]) -> set[int]:
    """The numbers that occur more than once."""
    found: set[int] = set()
    if _count_up(numbers):
        return found
    parts = 1 + len(numbers) // _AT_ONCE
    for part in range(parts):
        mine = numbers if parts == 1 else [number for number in numbers if number % parts == part]
        if len(set(mine)) < len(mine):
            found.update(each for each, other in pairwise(sorted(mine)) if each == other)
    return found


def _count_up(numbers: array[int]) -> bool:
    """Whether they are all different, and close together, as those are that somebody counted; false says nothing."""
    least, most = min(numbers, default=0), max(numbers, default=0)
    if most - least > 2 * len(numbers):
        return False
    seen = bytearray(most - least + 1)
    for number in numbers:
        seen[number - least] = 1
    return seen.count(1) == len(numbers)


class AnnotationIds:
    """The ids of the annotations of a file, in its order.

    Where they ascend, which is so for most files, none occurs twice. Else eight bytes are kept for each, of as many as
    have room in 64 MiB; what comes behind these is not looked at.
    """

    def __init__(self) -> None:
        # Changed by `see` alone: what stands for each id, whether they ascend, and the last one.
        self._ids = array("q")
        self._ascend = True
        self._last = -1

    def see(self, ids: list[Any]) -> None:
        """Look at the ids of the next stretch; None is none of them."""
        before = len(self._ids)
        if before >= _MOST_IDS and not self._ascend:
            return
        try:
            self._ids.fromlist(ids)
        except (TypeError, OverflowError):  # not all of them are numbers
            self._ids.extend([hash(each) for each in ids if is_id(each)])
            self._ascend = False
        if self._ascend and ids:
            self._ascend = ids[0] > self._last and all(map(lt, ids, ids[1:]))
            self._last = ids[-1]
        if len(self._ids) > _MOST_IDS:
            del self._ids[_MOST_IDS:]

    def remark(self) -> str:
        """That some are there more than once, for people; empty where none is. The ids are forgotten."""
        ids, self._ids = self._ids, array("q")
        found = set() if self._ascend else repeated(ids)
        if not found:
            return ""
        numbers = sorted(each for each in found if 0 <= each < _LARGEST_NUMBER)
        example = f", such as {numbers[0]}" if len(numbers) == len(found) else ""
        return f"{counted(len(found), 'id')} that several annotations have{example}"
