"""The course of a run over time: what a report draws, and a page shows while it goes on.

`values` is what it is made of. `accumulating` adds events up to it, whatever the length of the run, by way of
`stretches` of time, `places` in the source, and `moments` at which something changed. `reading` does so from the
`run.log` of a checkpoint, where its beginning is kept when the file is replaced, and `together` adds up those of
several runs that went on at the same time.
"""

from bulk_importer.observe.timeline.accumulating import Timeline
from bulk_importer.observe.timeline.reading import read_course
from bulk_importer.observe.timeline.values import Course, Mark, Place, Quiet, Stretch

__all__ = ["Course", "Mark", "Place", "Quiet", "Stretch", "Timeline", "read_course"]
