"""The course of a run as values: what happened in each stretch of time, when it was quiet, and what changed.

Pure. Times are seconds since 1970. All of it is bounded, whatever the length of the run: stretches and places become
longer, and of quiet times and marks those of each kind are left out that are missed least.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

__all__ = ["Course", "Mark", "Place", "Quiet", "Stretch"]


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """What happened from `at` on, for `seconds`: none overlaps with another one.

    Attributes:
        entries, weight, bytes, requests: that were delivered. Of entries whose answer was lost it is known later that
            they were; they are counted then, and their request is not.
        rejected: entries, before they were sent or by the server.
        retries: requests that were scheduled to be sent again.
        refused: requests that the server refused.
        doubted: requests whose answer was lost.
        low_seconds, mid_seconds, high_seconds: the fastest, the median, and the slowest answer; None without any.
        in_flight: the most requests on their way at a time.
    """

    at: float
    seconds: float
    entries: int = 0
    weight: int = 0
    bytes: int = 0
    requests: int = 0
    rejected: int = 0
    retries: int = 0
    refused: int = 0
    doubted: int = 0
    low_seconds: float | None = None
    mid_seconds: float | None = None
    high_seconds: float | None = None
    in_flight: int = 0


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing left.

    Attributes:
        kind: `outage`, `hours` (outside those in which it may send), `paused` (by a person), `doubts` (lost answers
            were waited for), or `between` (no run went on).
        until: None while it goes on, or where its end is not known.
        reason: in words.
    """

    kind: str
    at: float
    until: float | None = None
    reason: str = ""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that changed at a moment.

    Attributes:
        kind: `run` (one began or ended), `gate`, `limits` (by a person), `stop`, `replacement`.
        text: what, in a sentence.
        in_flight, weight: what the gate set; None for the other kinds.
    """

    kind: str
    at: float
    text: str
    in_flight: int | None = None
    weight: int | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the source, from position `first` on, `count` of them: how many of it were rejected, and why.

    Attributes:
        rejected: entries, each as often as it was.
        codes: how often each finding was made in them. An entry may have several.
    """

    first: int
    count: int
    rejected: int
    codes: Mapping[str, int]


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """The course of a run, or of all runs over one checkpoint.

    Attributes:
        stretches: in order of time; those in which nothing happened are left out.
        places: in order of position; parts of the source without a rejection are left out. A retry has none: its
            positions are those of the corrections.
        positions: of the source, as far as it was read.
        classes: geometries of entries that passed the checks, by class; of very many the most frequent ones.
        classes_of: how many entries those are.
        left_out: how many quiet times and marks of a kind there were besides.
        is_whole: whether nothing of it is missing, as where an old log was thrown away.
    """

    stretches: tuple[Stretch, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    marks: tuple[Mark, ...] = ()
    places: tuple[Place, ...] = ()
    positions: int = 0
    classes: Mapping[str, int] = {}
    classes_of: int = 0
    left_out: Mapping[str, int] = {}
    is_whole: bool = True
