"""Counts of a metrics room, after some events."""

from __future__ import annotations

from bulk_importer.events import Event
from bulk_importer.observe.metrics.counts import Counts

__all__ = ["after"]


def after(*events: Event, counts: Counts | None = None) -> Counts:
    """The counts when these came, one a second."""
    counts = counts or Counts(0.0)
    for second, event in enumerate(events, start=1):
        counts.see(event, float(second))
    return counts
