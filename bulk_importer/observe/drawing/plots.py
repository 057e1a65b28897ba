"""Plots of a run: each a drawing, a sentence that says what is to be seen in it, and a table of the same.

Pure. What there is nothing of has no plot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

import msgspec

from bulk_importer.observe.drawing.charts.bars import bar_rows, bar_sheet
from bulk_importer.observe.drawing.charts.period import period_of
from bulk_importer.observe.drawing.charts.strip import sections_of, strip_sheet
from bulk_importer.observe.drawing.charts.times import batches, latency, rate, time_rows
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.timeline.values import Course
from bulk_importer.readable import counted

__all__ = ["Plot", "bars", "course_plots", "course_table", "places_plot"]

_MOST_SECTIONS = 100
_MOST_ROWS = 12
_MOST_CODES = 3


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """One plot.

    Attributes:
        title: what it is called, for a heading.
        svg: the drawing, which becomes as wide as there is room.
        text: what is to be seen in it, in a sentence or two.
        columns, rows: the same as a table of a few rows. Plots over time share one: `course_table`.
    """

    title: str
    svg: Markup
    text: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def course_plots(course: Course, zone: tzinfo) -> list[Plot]:
    """Of the time that it took: how fast, how long answers took, and how much was sent at once.

    Args:
        zone: by whose clock times are shown.
    """
    period = period_of(course, zone)
    if period is None or not course.stretches:
        return []
    drawn = {
        "Entries per second": rate,
        "Time to the answer": latency,
        "Size of batches, and how many at once": batches,
    }
    made = [(title, draw(course, period, title)) for title, draw in drawn.items()]
    return [Plot(title=title, svg=each[0], text=each[1]) for title, each in made if each is not None]


def course_table(course: Course, zone: tzinfo) -> tuple[Sequence[str], list[Sequence[str]]]:
    """What `course_plots` shows, in about ten rows: the columns, and the rows."""
    period = period_of(course, zone)
    columns = (
        "when",
        "entries",
        "per second",
        "rejected",
        "median answer",
        "slowest",
        "batch weight",
        "in flight",
        "what held it up",
    )
    return columns, [] if period is None else list(time_rows(course, period))


def bars(
    title: str,
    counts: Mapping[str, int],
    *,
    noun: str,
    unit: str,
    severities: Mapping[str, str] | None = None,
) -> Plot | None:
    """How many there are of each, the longest first; None where there are none.

    Args:
        noun: what one of them is, in the plural, as `classes`.
        unit: what is counted, in the plural, as `labels`.
        severities: `error`, `warning` or `note` by name, for findings.
    """
    known = {name: count for name, count in counts.items() if count > 0}
    if not known:
        return None
    rows = bar_rows(known, noun)
    total = sum(known.values())
    first, most = rows[0]
    text = f"{total:,} {unit} of {len(known):,} {noun}; the most, {most:,}, of {first or '(no class)'}."
    is_more = rows[-1][0] not in known
    svg = bar_sheet(rows, severities or {}, most=len(rows) - is_more, title=title, text=text)
    table = [(name or "(no class)", f"{count:,}") for name, count in rows]
    return Plot(title=title, svg=svg, text=text, columns=(noun, unit), rows=table)


def places_plot(course: Course, total: int | None = None) -> Plot | None:
    """Where in the source entries were rejected; None where none was.

    Args:
        total: positions of the source; None for as many as were read.
    """
    if not course.places:
        return None
    last = course.places[-1]
    reached = max(total or 0, course.positions) or last.first + last.count
    whole = max(reached, last.first + 1)
    sections = sections_of(course.places, whole, _MOST_SECTIONS)
    rejected = sum(each.rejected for each in course.places)
    text = (
        f"{counted(rejected, 'entry')} rejected of {counted(whole, 'position')}, between {sections[0].first} and "
        f"{sections[-1].until - 1}."
    )
    title = "Where in the source entries were rejected"
    rows = [
        (
            f"{each.first} to {each.until - 1}",
            f"{each.rejected:,}",
            ", ".join(f"{code} {count:,}" for code, count in each.codes.most_common(_MOST_CODES)),
        )
        for each in sections_of(course.places, whole, _MOST_ROWS)
    ]
    svg = strip_sheet(sections, whole, title=title, text=text)
    columns = ("positions", "rejected", "most frequent findings")
    return Plot(title=title, svg=svg, text=text, columns=columns, rows=rows)
