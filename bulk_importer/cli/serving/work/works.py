"""Does with uploads what the office has to be done, by the settings of the command line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bulk_importer.cli.serving.spool.values import Came, JobState
from bulk_importer.cli.serving.work.checking import check_upload
from bulk_importer.cli.serving.work.importing import import_upload, retry_upload
from bulk_importer.errors import InputError, UsageError
from bulk_importer.readable import counted
from bulk_importer.summary import RunState

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.values import Job
    from bulk_importer.cli.serving.work.running import Running
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.pipeline.retry.retrying import Retried
    from bulk_importer.settings import Settings
    from bulk_importer.summary import Summary

__all__ = ["UploadWorks"]


_ENDED = {RunState.COMPLETE: JobState.DONE, RunState.STOPPED: JobState.STOPPED}
"""How a job stands after its import, by how that ended; else it failed."""


class UploadWorks:
    """Checks and imports what lies in a spool."""

    def __init__(self, spool: Spool, settings: Settings) -> None:
        self._spool = spool
        self._settings = settings

    async def check(self, job: Job, running: Running) -> Came:
        """As `work.rounds.Works` says."""
        report = (await check_upload(job, self._spool, self._settings, running)).report
        return Came(
            exit_code=report.exit_code, message=_why_not(report), good=report.accepted, bad=report.rejected
        )

    async def import_(self, job: Job, running: Running) -> tuple[JobState, Came]:
        """As `work.rounds.Works` says."""
        if job.corrected:
            return await self._feed(job, running)
        summary = await import_upload(job, self._spool, self._settings, running)
        return _ended(summary, summary.message)

    async def _feed(self, job: Job, running: Running) -> tuple[JobState, Came]:
        """Feed corrected entries; where these cannot be meant, the import is as complete as it was."""
        from bulk_importer.library.status import status

        try:
            retried = await retry_upload(job, self._spool, self._settings, running)
        except (InputError, UsageError) as error:
            now = await asyncio.to_thread(status, self._spool.checkpoint(job))
            message = f"The corrected entries were not sent: {error}"
            came = Came(exit_code=now.exit_code, message=message, good=now.delivered, bad=now.rejected)
            return JobState.DONE, came
        return _ended(retried.summary, " ".join(filter(None, (retried.summary.message, _held_back(retried)))))


def _ended(summary: Summary, message: str) -> tuple[JobState, Came]:
    """How an upload stands by what its import or retry ended with, and what came of it."""
    came = Came(
        exit_code=int(summary.exit_code), message=message, good=summary.delivered, bad=summary.rejected
    )
    return _ENDED.get(summary.state, JobState.FAILED), came


def _held_back(retried: Retried) -> str:
    if not retried.held_back:
        return ""
    return (
        f"{counted(len(retried.held_back), 'corrected entry', 'was')} held back: later entries of the same media, or "
        "what replaces labels, would wipe them."
    )


def _why_not(report: CheckReport) -> str:
    """Why nothing of it can be imported; empty where something can."""
    if report.accepted:
        return ""
    if report.message:
        return report.message
    if report.conversion is not None and not report.entries:
        return "No label of it has a place in the project, so that there is nothing to import."
    return "Every entry of it would be rejected." if report.rejected else "It holds no entries."
