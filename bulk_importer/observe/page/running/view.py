"""What a page shows of a run at a moment. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bulk_importer.observe.outcome import Step
from bulk_importer.observe.report.values import Example, Found
from bulk_importer.observe.timeline.values import Course
from bulk_importer.steering.values import Standing

__all__ = ["Source", "View"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One of several sources of a command: its name, and how it stands."""

    name: str
    state: str
    delivered: int = 0
    rejected: int = 0


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows.

    Attributes:
        command: as `import`.
        sources: where there are several; the one that goes on, or was the last, is the one of `standing`.
        found: what was found, by code.
        examples: entries that were rejected, the latest first.
        may_steer: whether somebody obeys.
        said: what the last command was answered.
        ended: how the command ended, in a sentence; empty while it goes on.
        steps: what to do now, where nothing goes on.
    """

    command: str
    standing: Standing
    sources: Sequence[Source] = ()
    course: Course = Course()
    found: Sequence[Found] = ()
    examples: Sequence[Example] = ()
    may_steer: bool = False
    said: str = ""
    ended: str = ""
    steps: Sequence[Step] = ()
