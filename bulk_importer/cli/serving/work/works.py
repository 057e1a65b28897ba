"""Does with uploads what the office has to be done, by the settings of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_importer.cli.serving.spool.values import Came, JobState
from bulk_importer.cli.serving.work.checking import check_upload
from bulk_importer.cli.serving.work.importing import import_upload
from bulk_importer.summary import RunState

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.values import Job
    from bulk_importer.cli.serving.work.running import Running
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.settings import Settings

__all__ = ["UploadWorks"]


_ENDED = {RunState.COMPLETE: JobState.DONE, RunState.STOPPED: JobState.STOPPED}
"""How a job stands after its import, by how that ended; else it failed."""


class UploadWorks:
    """Checks and imports what lies in a spool."""

    def __init__(self, spool: Spool, settings: Settings) -> None:
        self._spool = spool
        self._settings = settings

    async def check(self, job: Job, running: Running) -> Came:
        """As `work.office.Works` says."""
        report = (await check_upload(job, self._spool, self._settings, running)).report
        return Came(
            exit_code=report.exit_code, message=_why_not(report), good=report.accepted, bad=report.rejected
        )

    async def import_(self, job: Job, running: Running) -> tuple[JobState, Came]:
        """As `work.office.Works` says."""
        summary = await import_upload(job, self._spool, self._settings, running)
        came = Came(
            exit_code=int(summary.exit_code),
            message=summary.message,
            good=summary.delivered,
            bad=summary.rejected,
        )
        return _ENDED.get(summary.state, JobState.FAILED), came


def _why_not(report: CheckReport) -> str:
    """Why nothing of it can be imported; empty where something can."""
    if report.accepted:
        return ""
    if report.message:
        return report.message
    if report.conversion is not None and not report.entries:
        return "No label of it has a place in the project, so that there is nothing to import."
    return "Every entry of it would be rejected." if report.rejected else "It holds no entries."
