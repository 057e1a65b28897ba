"""Whether the media of an entry can be imported, and whose work the entry would touch.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag

import msgspec

from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.pointers import shown
from bulk_importer.model import KeepData

__all__ = ["MediaFlag", "MediaRules"]

_ID = "/internal_media_ID"
_KEEP = "/keepData"


class MediaFlag(IntFlag):
    """What the project's tasks say about a media."""

    IMPORTABLE = 1  # it has a task of type DEFAULT
    BENCHMARK = 2  # it has a task of another type
    FINISHED = 4  # people work on it, or have
    UPLOADED = 8  # it held an upload when the index was made
    TWICE = 16  # it has two tasks of type DEFAULT: the server fails on it


class MediaRules(msgspec.Struct, frozen=True):
    """What an entry may do to a media.

    Attributes:
        replace_finished: keepData false may delete the work of people.
        onto_uploaded: labels may be appended to those of an earlier upload.
    """

    replace_finished: bool = False
    onto_uploaded: bool = False

    def flaws(self, media_id: str, flags: int | None, keep: KeepData) -> Iterator[Flaw]:
        """What is wrong with sending an entry to a media of these flags (`MediaFlag` bits, None if unknown)."""
        if flags is None:
            yield Flaw("media-unknown", _ID, "the id of a media of the project", shown(media_id))
        elif not flags & MediaFlag.IMPORTABLE:
            yield Flaw("media-benchmark", _ID, "a media outside the benchmark", shown(media_id))
        elif flags & MediaFlag.TWICE:
            yield Flaw("media-ambiguous", _ID, "a media of one task", shown(media_id))
        elif keep is KeepData.FALSE:
            if flags & MediaFlag.FINISHED and not self.replace_finished:
                yield Flaw("media-finished", _KEEP, "keepData true, or a task not begun", "keepData false")
            elif flags & (MediaFlag.UPLOADED | MediaFlag.FINISHED):
                yield Flaw("media-replaced", _KEEP, "a media without labels", "keepData false")
        elif flags & MediaFlag.UPLOADED and not self.onto_uploaded:
            yield Flaw("media-uploaded", _ID, "a media without an upload, or keepData false", shown(media_id))
