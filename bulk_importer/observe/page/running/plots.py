"""The columns of the plots of a course, for the script of the page that draws them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bulk_importer.observe.timeline.values import Course, Stretch

__all__ = ["columns_of"]

_QUIET = {
    "outage": "server away",
    "hours": "outside its hours",
    "paused": "paused",
    "doubts": "lost answers",
    "between": "no run",
}
_Row = tuple[float | None, ...]


def columns_of(course: Course) -> dict[str, Any]:
    """What is drawn: columns of the same length, times in seconds since 1970, and what stands behind them.

    Returns:
        `times`, `delivered` and `rejected` a second, `fastest`, `median` and `slowest` answers in seconds, `in_flight`;
        `quiet`, as `[from, until or null, words]`; `marks`, as `[at, words]`.
    """
    rows = list(_rows(course.stretches))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    names = ("times", "delivered", "rejected", "fastest", "median", "slowest", "in_flight")
    return {
        **{name: list(column) for name, column in zip(names, columns, strict=True)},
        "quiet": [
            [each.at, each.until, _QUIET.get(each.kind, each.kind), each.kind] for each in course.quiet
        ],
        "marks": [[each.at, each.text] for each in course.marks if each.kind != "gate"],
    }


def _rows(stretches: Sequence[Stretch]) -> Iterator[_Row]:
    """A row where each stretch begins, and one of nothing where it ends and none follows."""
    ends = None
    for each in stretches:
        if ends is not None and each.at - ends > 0.001:
            yield _nothing(ends)
        seconds = each.seconds or 1.0
        yield (
            round(each.at, 3),
            round(each.entries / seconds, 2),
            round(each.rejected / seconds, 2),
            _rounded(each.low_seconds),
            _rounded(each.mid_seconds),
            _rounded(each.high_seconds),
            each.in_flight,
        )
        ends = each.at + each.seconds
    if ends is not None:
        yield _nothing(ends)


def _nothing(at: float) -> _Row:
    return (round(at, 3), 0, 0, None, None, None, 0)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
