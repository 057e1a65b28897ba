"""What a worker is asked, and what it answers: a stretch of the source in, columns of judged elements out. Pure."""

from __future__ import annotations

import msgspec

from bulk_importer.intake.framing.scan import Scan
from bulk_importer.intake.validation.segment_builder import Judged

__all__ = ["Failure", "Job", "JobResult"]


class Job(msgspec.Struct, frozen=True):
    """A stretch of the source for a worker.

    Attributes:
        offset, length: its bytes in the (decompressed) source.
        comma: it begins behind an element, not behind the array's opening bracket.
        guessed: its end is meant to be the end of an element, so a fast proof is worth a try.
        at_end: the source ends with it.
        lines: the source is JSON Lines.
        whole: it is known to end right behind an element.
        max_entries, max_entry_bytes: how many elements to take, and how long one may be.
        joint: how elements are probably joined; see `frame_at_joints`.
    """

    offset: int
    length: int
    comma: bool
    guessed: bool
    at_end: bool
    lines: bool
    max_entries: int
    max_entry_bytes: int
    whole: bool = False
    joint: bytes = b""


class JobResult(msgspec.Struct, frozen=True):
    """What was found in a stretch, provided it began where a segment may begin: `[offset, offset + found.consumed)`.

    Attributes:
        found: the whole elements; all of them are judged.
        digest: of the consumed bytes, as in `SegmentKey`.
        joint: how the last two elements are joined; see `Boundaries.learn`.
        judged: None where there is no element. `judged.run.data` is left out, unless it is not that of the stretch.
    """

    found: Scan
    digest: str = ""
    joint: bytes = b""
    judged: Judged | None = None

    @property
    def count(self) -> int:
        """How many elements there are."""
        return len(self.found.starts)


class Failure(msgspec.Struct, frozen=True):
    """Why a worker could not do a job, other than what the bytes are to blame for."""

    reason: str
    source_at_fault: bool
