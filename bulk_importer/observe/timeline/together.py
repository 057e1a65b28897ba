"""Adds up the courses of several runs that went on at the same time: those of the shards of one source.

Pure. Sums by time are exact, as all stretches begin at multiples of their length. How many requests were on their way
at a time is the sum of what each run had at most in the same stretch, so it may say more than there were, where one
run followed another. What a run did to its gate, and that it was quiet for a time, says nothing of the others, and is
left out; that the server was away, or may not be used at that hour, is the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bulk_importer.observe.timeline.accumulating import Timeline
from bulk_importer.observe.timeline.moments import Moments
from bulk_importer.observe.timeline.stretches import Stretches
from bulk_importer.observe.timeline.values import Course, Mark, Place, Quiet

__all__ = ["Together"]

_FOR_ALL = frozenset({"outage", "hours"})
_OF_ONE = "gate"
_MOST_CLASSES = 500
_MOST_MARKS = 10_000


class Together:
    """A growing sum: `add` each of the timelines, in any order."""

    def __init__(self) -> None:
        # Changed by `add` alone.
        self._stretches = Stretches(cells={})
        self._first: int | None = None
        self._last = 0
        self._marks: list[Mark] = []
        self._quiet: list[Quiet] = []
        self._classes: dict[str, int] = {}
        self._classes_of = 0
        self._left_out: dict[str, int] = {}
        self._is_whole = True

    def add(self, timeline: Timeline, name: str) -> None:
        """Add the course of one run; `name` is what its marks begin with. A timeline of no event adds nothing."""
        if timeline.first is None:
            return
        self._first = timeline.first if self._first is None else min(self._first, timeline.first)
        self._last = max(self._last, timeline.last)
        self._stretches.add(timeline.stretches)
        course = timeline.course()
        for mark in course.marks:
            if mark.kind == _OF_ONE:
                continue
            if len(self._marks) < _MOST_MARKS:
                self._marks.append(replace(mark, text=f"{name}: {mark.text}"))
            else:
                self._left_out[mark.kind] = self._left_out.get(mark.kind, 0) + 1
        self._quiet += [quiet for quiet in course.quiet if quiet.kind in _FOR_ALL]
        for key, count in course.classes.items():
            if key in self._classes or len(self._classes) < _MOST_CLASSES:
                self._classes[key] = self._classes.get(key, 0) + count
        self._classes_of += course.classes_of
        for kind, count in course.left_out.items():
            if kind != _OF_ONE:
                self._left_out[kind] = self._left_out.get(kind, 0) + count
        self._is_whole &= course.is_whole

    def course(self, *, most_in_flight: int, places: Sequence[Place] = (), positions: int = 0) -> Course:
        """The course of all together.

        Args:
            most_in_flight: how many requests can have been on their way at a time.
            places: where in the whole source entries were rejected.
            positions: how many the source has.
        """
        moments = self._moments()
        stretches = self._stretches.values(self._first or 0, self._last)
        return Course(
            stretches=tuple(replace(it, in_flight=min(it.in_flight, most_in_flight)) for it in stretches),
            quiet=tuple(moments.all_quiet()),
            marks=tuple(moments.all_marks()),
            places=tuple(places),
            positions=positions,
            classes=dict(self._classes),
            classes_of=self._classes_of,
            left_out={**self._left_out, **_added(self._left_out, moments.left_out)},
            is_whole=self._is_whole,
        )

    def _moments(self) -> Moments:
        """Marks in order of time, and the times that were quiet for any of the runs, joined where they overlap."""
        moments = Moments(quiet={}, open={}, marks={}, left_out={})
        for mark in sorted(self._marks, key=lambda each: each.at):
            moments.mark(mark)
        until: dict[str, float] = {}
        for quiet in sorted(self._quiet, key=lambda each: each.at):
            end = self._last / 1000 if quiet.until is None else quiet.until
            if quiet.kind in until and quiet.at > until[quiet.kind]:
                moments.end(quiet.kind, until.pop(quiet.kind))
            moments.begin(quiet.kind, quiet.at, quiet.reason)
            until[quiet.kind] = max(until.get(quiet.kind, end), end)
        for kind, end in until.items():
            moments.end(kind, end)
        return moments


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {kind: one.get(kind, 0) + count for kind, count in other.items()}
