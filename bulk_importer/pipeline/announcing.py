"""Announces what a run is about to do, once, before its first upload."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from bulk_importer.checkpoint import Counts
from bulk_importer.model import KeepData

__all__ = ["Announcement", "Announcer"]


class Announcement(msgspec.Struct, frozen=True):
    """What a run is about to do, said before its first upload.

    Attributes:
        keep_data: how often each form of keepData comes in the first segment that was read.
        before: what was on record when the run began.
        limit: how many entries are sent at most.
        checked, unchecked: what entries are checked against and what not, a phrase each.
    """

    source: str
    server: str
    project: str
    project_name: str
    checkpoint: Path
    keep_data: Mapping[KeepData, int]
    before: Counts
    limit: int | None
    checked: Sequence[str] = ()
    unchecked: Sequence[str] = ()


class Announcer:
    """Announces a run at the first call of `announce`; later calls do nothing.

    Args:
        show: called with the announcement.
        announcement: complete but for `keep_data`.
    """

    def __init__(self, show: Callable[[Announcement], None], announcement: Announcement) -> None:
        self._show = show
        self._announcement = announcement
        # Set by the first call.
        self._is_done = False

    def announce(self, keep_data: Mapping[KeepData, int]) -> None:
        """Announce the run, with the mix of keepData in the segment that is sent first."""
        if not self._is_done:
            self._is_done = True
            self._show(replace(self._announcement, keep_data=keep_data))
