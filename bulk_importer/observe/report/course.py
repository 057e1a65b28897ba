"""Writes the course of a run, in plots and, for whoever wants numbers, in a table of the same.

Pure, but for the zone of this machine, in which moments are written.
"""

from __future__ import annotations

from bulk_importer.observe.drawing.plots import Plot, course_plots, course_table
from bulk_importer.observe.markup import Content, Markup, element, table
from bulk_importer.observe.report.values import Chapter
from bulk_importer.times import local_zone, written

__all__ = ["course", "figure", "folded", "numbers_of", "when"]


def course(chapter: Chapter, *, level: int) -> Markup | None:
    """How fast it went, and why not faster; nothing where nothing is known of that."""
    known = chapter.course
    if not known.stretches:
        return None
    zone = local_zone()
    plots = course_plots(known, zone)
    if not plots:
        return None
    columns, rows = course_table(known, zone)
    parts: list[Content] = [element(f"h{level}", "How it went")]
    if not known.is_whole:
        parts.append(element("p", "The beginning is not on record any more."))
    parts += [figure(each) for each in plots]
    parts.append(folded("The same in numbers", table("The course of the run", columns, rows)))
    return element("section", "\n", [[each, "\n"] for each in parts], class_="course")


def when(at: float) -> Markup:
    """A moment, with the zone of this machine."""
    iso = written(at)
    return element("time", f"{iso[:10]} {iso[11:19]} {iso[19:]}", datetime=iso)


def figure(plot: Plot) -> Markup:
    """A plot with what is to be seen in it."""
    caption = element("figcaption", element("strong", f"{plot.title}. "), plot.text)
    return element("figure", plot.svg, caption, class_="plot")


def numbers_of(plot: Plot) -> Markup:
    """The table of a plot, to be unfolded."""
    return folded("The same in numbers", table(plot.title, plot.columns, plot.rows))


def folded(title: str, *content: Content) -> Markup:
    """What is shown when a reader unfolds it."""
    return element("details", element("summary", title), *content)
