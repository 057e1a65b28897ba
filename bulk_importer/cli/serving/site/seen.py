"""What is known of an upload at a moment, in one value. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from bulk_importer.cli.serving.spool.values import Job

if TYPE_CHECKING:
    from bulk_importer.cli.serving.work.checking import Found
    from bulk_importer.events import ReplacementForeseen
    from bulk_importer.library.status_values import Status
    from bulk_importer.observe.markup import Markup
    from bulk_importer.observe.timeline.values import Course
    from bulk_importer.steering.values import Standing

__all__ = ["Seen"]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of an upload at a moment.

    Attributes:
        source: its path, which messages name.
        found: of its latest check.
        status: of its checkpoint; None where there is none, and while it goes on here.
        standing: how an import that goes on stands; None where nothing does.
        facts: how far what goes on is, as `ProgressState.facts` says it; None where nothing goes on.
        question: what is asked of a person now.
        before: how many imports are before it in the queue.
        course: how what goes on went so far; None where nothing does.
        plots: the same as pictures, each with its title and a text; None where no import goes on.
        twin: an upload of the same bytes that came before; None where there is none.
        terminal: commands that do the same, or what comes next, at a terminal: what for, and the command line.
        links: files to be fetched.
    """

    job: Job
    source: str
    found: Found | None = None
    status: Status | None = None
    facts: Mapping[str, object] | None = None
    standing: Standing | None = None
    question: ReplacementForeseen | None = None
    before: int = 0
    course: Course | None = None
    plots: tuple[tuple[str, Markup, str], ...] | None = None
    twin: Job | None = None
    terminal: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
