"""Does with uploads what the office has to be done, by the settings of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_importer.cli.serving.work.checking import check_upload
from bulk_importer.cli.serving.work.importing import import_upload
from bulk_importer.errors import ExitCode

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.values import Job
    from bulk_importer.cli.serving.work.running import Running
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.settings import Settings
    from bulk_importer.summary import Summary

__all__ = ["UploadWorks"]


class UploadWorks:
    """Checks and imports what lies in a spool."""

    def __init__(self, spool: Spool, settings: Settings) -> None:
        self._spool = spool
        self._settings = settings

    async def check(self, job: Job, running: Running) -> tuple[ExitCode, str]:
        """As `work.office.Works` says."""
        found = await check_upload(job, self._spool, self._settings, running)
        return ExitCode(found.report.exit_code), _why_not(found.report)

    async def import_(self, job: Job, running: Running) -> Summary:
        """As `work.office.Works` says."""
        return await import_upload(job, self._spool, self._settings, running)


def _why_not(report: CheckReport) -> str:
    """Why nothing of it can be imported; empty where something can."""
    if report.accepted:
        return ""
    if report.message:
        return report.message
    if report.conversion is not None and not report.entries:
        return "No label of it has a place in the project, so that there is nothing to import."
    return "Every entry of it would be rejected." if report.rejected else "It holds no entries."
