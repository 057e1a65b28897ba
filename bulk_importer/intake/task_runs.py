"""What lists say about the media of a project, as columns: the tasks that become an index.

Pure.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from bulk_importer.datagym.entry import key_of, keys_of, lanes_of
from bulk_importer.intake.media_rules import MediaFlag

__all__ = ["MediaTask", "TaskRun"]

_LARGEST_SIZE = (1 << 32) - 1
_FINISHED = frozenset({"IN_PROGRESS", "COMPLETED", "REVIEWED"})
_YES = frozenset({True, "true", "yes", "1"})
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
    def of_row(cls, row: Mapping[str, object]) -> MediaTask:
        """From a row of the server's task list, or of a file that may also say `importable`, in texts if it likes.

        What a row leaves out is taken to be harmless.

        Raises:
            ValueError: a width or height is no whole number of pixels.
            TypeError: a value is none that a list could hold.
        """
        get = row.get
        flags = _flags(
            get("labelTaskType", "DEFAULT"),
            get("labelTaskState"),
            get("hasJsonUpload"),
            get("importable", True),
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
def _flags(kind: object, state: object, upload: object, importable: object) -> int:
    is_default = kind == "DEFAULT" and importable in _YES
    flags = MediaFlag.IMPORTABLE if is_default else MediaFlag.BENCHMARK
    if state in _FINISHED:
        flags |= MediaFlag.FINISHED
    if upload in _YES if isinstance(upload, str) else upload:
        flags |= MediaFlag.UPLOADED
    return flags.value


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
