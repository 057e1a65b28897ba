"""The course of a run over time: what a report draws, and a page shows while it goes on.

`values` is what it is made of.
"""

from bulk_importer.observe.timeline.values import Course, Mark, Place, Quiet, Stretch

__all__ = ["Course", "Mark", "Place", "Quiet", "Stretch"]
