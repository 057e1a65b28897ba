"""What a worker is asked, and what it answers: a stretch of the source in, columns of judged elements out. Pure."""

from __future__ import annotations

import msgspec

from bulk_importer.intake.framing.scan import Trouble
from bulk_importer.model import EntryRun, Finding, Rejection
from bulk_importer.spans import Span

__all__ = ["Answer", "Failure", "Job"]


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


class Answer(msgspec.Struct, frozen=True):
    """What was found in a stretch, provided it began where a segment may begin.

    Positions count from 0 at the first element of the stretch, offsets from the beginning of the source;
    `run.data` is left out, unless it is not that of the stretch. The fields named in bytes of the stretch are
    relative to it.

    Attributes:
        count: whole elements; all of them are judged.
        consumed: bytes up to the end of the last one; the segment is `[offset, offset + consumed)`.
        end: byte of the stretch behind the closing bracket, where the array ends in it.
        trouble: where the array stops being one.
        digest: of the consumed bytes, as in `SegmentKey`.
        longest: bytes of the longest element.
        joint: how the last two elements are joined; see `Boundaries.learn`.
        run, rejections, skipped, counts, digests: as in `Segment`.
        warnings, geometries: as in `Judged`.
    """

    count: int
    consumed: int
    end: int | None
    trouble: Trouble | None
    digest: str = ""
    longest: int = 0
    joint: bytes = b""
    run: EntryRun | None = None
    rejections: tuple[Rejection, ...] = ()
    skipped: tuple[Span, ...] = ()
    counts: dict[str, int] = {}
    digests: bytes = b""
    warnings: tuple[Finding, ...] = ()
    geometries: dict[str, int] = {}


class Failure(msgspec.Struct, frozen=True):
    """Why a worker could not do a job, other than what the bytes are to blame for."""

    reason: str
    source_at_fault: bool
