"""Gathers what there is to know of an upload: at a glance, or all of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulk_importer.cli.serving.site.plotting import Plots
from bulk_importer.cli.serving.site.seen import Seen
from bulk_importer.cli.serving.spool.values import Job, JobState
from bulk_importer.cli.serving.work.checking import Found
from bulk_importer.errors import BulkImporterError, ExitCode

if TYPE_CHECKING:
    from bulk_importer.cli.serving.command_line import Commands
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.work.office import Office
    from bulk_importer.library.status_values import Status

__all__ = ["Looks"]

_FILES = {
    "report.html": "The report (report.html)",
    "rejected.jsonl": "Rejected entries, and why (rejected.jsonl)",
}


class Looks:
    """Looks at the uploads of an office.

    Args:
        commands: the command lines that do the same at a terminal.
    """

    def __init__(self, office: Office, spool: Spool, commands: Commands) -> None:
        self._office = office
        self._spool = spool
        self._commands = commands
        self._plots = Plots(time.monotonic)

    def glance(self, job: Job) -> Seen:
        """What is known of an upload without reading anything; in the event loop."""
        running = self._office.running.get(job.id)
        queue = [each.id for each in self._office.queue()]
        return Seen(
            job=job,
            source=str(self._spool.source(job)),
            facts=None if running is None else running.facts(),
            standing=None if running is None else running.standing(),
            question=None if running is None else running.question,
            before=queue.index(job.id) if job.id in queue else 0,
            twin=self._twin(job),
            course=None if running is None else running.course(),
        )

    def look(self, glance: Seen) -> Seen:
        """What is known besides. What goes on is looked at each second, and nothing is read for that. Blocks."""
        job, is_at_rest = glance.job, glance.facts is None
        course = glance.course if job.state is JobState.IMPORTING else None
        return replace(
            glance,
            plots=None if course is None else self._plots.of(job.id, course),
            found=Found.kept(self._spool.check_of(job)) if is_at_rest else None,
            status=self._status(job) if is_at_rest else None,
            terminal=() if job.state is JobState.REFUSED else self._terminal(job),
            links=self._links(job),
        )

    def _twin(self, job: Job) -> Job | None:
        """An upload of the same bytes that came before; None where there is none."""
        return next(
            (
                each
                for each in self._office.jobs.values()
                if each.digest == job.digest and (each.received, each.id) < (job.received, job.id)
            ),
            None,
        )

    def _terminal(self, job: Job) -> tuple[tuple[str, str], ...]:
        """What a person may type about it."""
        folder = str(self._spool.checkpoint(job))
        begin = self._commands.import_(str(self._spool.source(job)), folder)
        commands = [("This does the same, and resumes what was begun here:", begin)]
        if job.state is JobState.DONE and job.exit_code == ExitCode.REJECTIONS:
            what = "When rejected entries are fixed in a copy of rejected.jsonl, this sends them:"
            commands.append((what, self._commands.retry(folder)))
        if job.state.is_ended:
            what = "This takes back what was delivered; labels that it replaced, and were kept, are there again then:"
            commands.append((what, self._commands.undo(folder)))
        return tuple(commands)

    def _status(self, job: Job) -> Status | None:
        """Where its import stands, also where somebody went on with it at a terminal; None where none has begun."""
        from bulk_importer.library.status import status

        folder = self._spool.checkpoint(job)
        if not (folder / "log").exists():
            return None
        try:
            return status(folder)
        except BulkImporterError:
            return None  # its import says what is wrong with it

    def _links(self, job: Job) -> tuple[tuple[str, str], ...]:
        folder = self._spool.checkpoint(job)
        return tuple(
            (f"/jobs/{job.id}/{name}", what)
            for name, what in _FILES.items()
            if (folder / name).is_file() and (folder / name).stat().st_size
        )
