"""Draws how imports go, now and then, once for all who look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bulk_importer.observe.markup import Markup
from bulk_importer.times import local_zone

if TYPE_CHECKING:
    from bulk_importer.observe.timeline.values import Course

__all__ = ["Plots"]

_SECONDS_BETWEEN = 2.0
_MOST_PLOTS = 2


class Plots:
    """The plots of the import that goes on: there is one at a time.

    Args:
        clock: monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Changed by `of`: of which upload they are, since when, and what was drawn.
        self._drawn: tuple[str, float, tuple[tuple[str, Markup, str], ...]] = ("", 0.0, ())

    def of(self, job_id: str, course: Course) -> tuple[tuple[str, Markup, str], ...]:
        """Title, picture and text of each, by the clock of this machine. Blocks."""
        from bulk_importer.observe.drawing.plots import course_plots

        known, at, drawn = self._drawn
        now = self._clock()
        if known != job_id or now - at >= _SECONDS_BETWEEN:
            plots = course_plots(course, local_zone())[:_MOST_PLOTS]
            drawn = tuple((plot.title, plot.svg, plot.text) for plot in plots)
            self._drawn = (job_id, now, drawn)
        return drawn
