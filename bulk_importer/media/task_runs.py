"""What lists say about the media of a project, as columns: the tasks that become an index.

Pure.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from bulk_importer.labels.entry import key_of, keys_of, lanes_of
from bulk_importer.media.booleans import truth_of
from bulk_importer.media.rules import MediaFlag

__all__ = ["MediaTask", "TaskRun"]

_LARGEST_SIZE = (1 << 32) - 1
_FINISHED = frozenset({"IN_PROGRESS", "COMPLETED", "REVIEWED"})
_STATES = _FINISHED | {"BACKLOG", "WAITING", "WAITING_CHANGED", "SKIPPED", "REVIEWED_SKIP"}
_TYPES = frozenset({"DEFAULT", "BENCHMARK_MASTER", "BENCHMARK_SLAVE"})
_IMPORTABLE = MediaFlag.IMPORTABLE.value


class MediaTask(NamedTuple):
    """A media and one of its tasks: `MediaFlag` bits, and width and height, 0 where they are not known."""

    media_id: str
    flags: int
    width: int = 0
    height: int = 0

    @classmethod
    def of_id(cls, media_id: str) -> MediaTask:
        """A media of which nothing is known but its id; it is taken to be importable."""
        return cls(media_id, _IMPORTABLE)

    @classmethod
    def of_row(cls, row: Mapping[str, object], *, by_server: bool = False) -> MediaTask:
        """From a row of the server's task list, or of a file that may also say `importable`, in texts if it likes.

        What a row leaves out, or leaves empty, is taken to be harmless. What it says must be understood: a truth value
        that was taken for "no" would let labels be appended to those that a media holds.

        Args:
            by_server: a type or state that we do not know is one that a newer server has, and no mistake.

        Raises:
            ValueError: a value is none of those that there are, or a width or height no whole number of pixels.
            TypeError: a value is none that a list could hold.
        """
        get = row.get
        flags = _flags(
            get("labelTaskType"), get("labelTaskState"), get("hasJsonUpload"), get("importable"), by_server
        )
        width, height = get("width"), get("height")
        if width is None and height is None:
            return cls(str(row["mediaId"]), flags)
        return cls(str(row["mediaId"]), flags, _pixels(width), _pixels(height))


class TaskRun(NamedTuple):
    """Some thousands of tasks as columns.

    Attributes:
        keys: `key_of` the lane of each.
        flags: `MediaFlag` bits of each.
        sizes: of the image of each, the width in the lower 32 bits and the height above, 0 where one of them is not
            known; empty where none is.
    """

    keys: array[int]
    flags: bytes
    sizes: array[int] = array("Q")

    @classmethod
    def of(cls, tasks: Sequence[MediaTask]) -> TaskRun:
        """These tasks, in their order."""
        if not tasks:
            return cls(array("Q"), b"")
        media_ids, flags, widths, heights = zip(*tasks, strict=True)
        sizes: list[int] = []
        if any(widths):
            sizes = [
                width | height << 32 if width and height else 0
                for width, height in zip(widths, heights, strict=True)
            ]
        return cls(_keys(lanes_of(list(media_ids))), bytes(flags), array("Q", sizes if any(sizes) else []))

    @classmethod
    def of_lanes(cls, lanes: Sequence[str]) -> TaskRun:
        """One task for each of these lanes of ASCII, of which nothing is known; all are taken to be importable."""
        return cls(keys_of(lanes), bytes((_IMPORTABLE,)) * len(lanes))


@lru_cache(maxsize=256)  # a list of a million rows says a dozen different things
def _flags(kind: object, state: object, upload: object, importable: object, by_server: bool) -> int:
    known_types, known_states = (None, None) if by_server else (_TYPES, _STATES)
    is_default = _word(kind or "DEFAULT", "type", known_types) == "DEFAULT"
    flags = MediaFlag.BENCHMARK
    if _truth(importable, "importable", empty=True) and is_default:
        flags = MediaFlag.IMPORTABLE
    if _word(state or "BACKLOG", "state", known_states) in _FINISHED:
        flags |= MediaFlag.FINISHED
    if _truth(upload, "has_upload", empty=False):
        flags |= MediaFlag.UPLOADED
    return flags.value


def _truth(given: object, column: str, *, empty: bool) -> bool:
    if given is None or given == "":
        return empty
    truth = truth_of(given)
    if truth is None:
        raise ValueError(f"{given!r} in {column} is neither true nor false")
    return truth


def _word(given: object, column: str, known: frozenset[str] | None) -> str:
    """A word of the server's, however it is written; `ValueError` where it is none of the known ones."""
    word = str(given).strip().upper().replace(" ", "_").replace("-", "_")
    if known is not None and word not in known:
        raise ValueError(f"{given!r} is no {column} of a media; there are {', '.join(sorted(known))}")
    return word


def _keys(lanes: Iterable[str]) -> array[int]:
    try:
        return keys_of(lanes)
    except UnicodeEncodeError:  # an id with half a surrogate pair, which no server gives out
        return array("Q", map(key_of, lanes))


def _pixels(given: object) -> int:
    """A width or height as lists write it: a number, or its digits; 0 where there is none."""
    if given is None or given == "":
        return 0
    if isinstance(given, str) and given.isascii() and given.isdigit():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise ValueError(f"{given!r} is no number of pixels")
    return min(given, _LARGEST_SIZE)
