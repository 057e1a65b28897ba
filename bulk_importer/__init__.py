"""Streams huge JSON arrays of labels into a DataGym server: checked, in parallel, resumable.

The door for programs: what `bulk-importer import`, `check`, `retry`, `status`, `backup`, `migrate` and `undo` do, with
the same settings and the same checkpoint.

    from bulk_importer import Settings, import_labels

    summary = await import_labels("labels.json", Settings(server="https://datagym.example.com", project="streets"))
    assert summary.state == "complete"

What is named here stays. The kinds of events, for observers, are in `bulk_importer.events`, and the finer errors in
`bulk_importer.errors`. Heavy libraries are imported by the first call, so that importing this package stays cheap.
"""

from bulk_importer.loading.lazy_exports import lazy_exports

TYPE_CHECKING = False  # not of `typing`: until this is over, nobody can see to it that Ctrl-C is quiet
if TYPE_CHECKING:
    from bulk_importer.errors import (
        BackupUnusable,
        BulkImporterError,
        CheckpointError,
        ExitCode,
        InputError,
        ServerError,
        UsageError,
    )
    from bulk_importer.events import Event, Observer
    from bulk_importer.library.checking import check_labels, check_labels_sync
    from bulk_importer.library.importing import import_labels, import_labels_sync
    from bulk_importer.library.inputs import Entries
    from bulk_importer.library.projects.backing_up import backup_labels, backup_labels_sync
    from bulk_importer.library.projects.migrating import MigrationChoices, migrate, migrate_sync
    from bulk_importer.library.retrying import rejections, retry, retry_sync
    from bulk_importer.library.status import status
    from bulk_importer.library.status_values import Status
    from bulk_importer.library.undoing import undo, undo_sync
    from bulk_importer.migration.moving import Migrated
    from bulk_importer.migration.report import BackupSummary
    from bulk_importer.migration.undo.undoing import Undone
    from bulk_importer.model import Finding, Rejection, Severity
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.pipeline.check.grouping import FindingGroup
    from bulk_importer.pipeline.retry.retrying import Retried
    from bulk_importer.settings import Settings
    from bulk_importer.summary import Replacement, RunState, Summary, Tally
else:
    __getattr__ = lazy_exports(
        __name__,
        {
            **dict.fromkeys(
                (
                    "BackupUnusable",
                    "BulkImporterError",
                    "CheckpointError",
                    "ExitCode",
                    "InputError",
                    "ServerError",
                    "UsageError",
                ),
                "errors",
            ),
            **dict.fromkeys(("Event", "Observer"), "events"),
            **dict.fromkeys(("backup_labels", "backup_labels_sync"), "library.projects.backing_up"),
            **dict.fromkeys(("check_labels", "check_labels_sync"), "library.checking"),
            "Entries": "library.inputs",
            **dict.fromkeys(("import_labels", "import_labels_sync"), "library.importing"),
            **dict.fromkeys(("MigrationChoices", "migrate", "migrate_sync"), "library.projects.migrating"),
            **dict.fromkeys(("rejections", "retry", "retry_sync"), "library.retrying"),
            "status": "library.status",
            "Status": "library.status_values",
            **dict.fromkeys(("undo", "undo_sync"), "library.undoing"),
            "Migrated": "migration.moving",
            "BackupSummary": "migration.report",
            "Undone": "migration.undo.undoing",
            **dict.fromkeys(("Finding", "Rejection", "Severity"), "model"),
            "CheckReport": "pipeline.check.checking",
            "FindingGroup": "pipeline.check.grouping",
            "Retried": "pipeline.retry.retrying",
            "Settings": "settings",
            **dict.fromkeys(("Replacement", "RunState", "Summary", "Tally"), "summary"),
        },
    )

__all__ = [
    "BackupSummary",
    "BackupUnusable",
    "BulkImporterError",
    "CheckReport",
    "CheckpointError",
    "Entries",
    "Event",
    "ExitCode",
    "Finding",
    "FindingGroup",
    "InputError",
    "Migrated",
    "MigrationChoices",
    "Observer",
    "Rejection",
    "Replacement",
    "Retried",
    "RunState",
    "ServerError",
    "Settings",
    "Severity",
    "Status",
    "Summary",
    "Tally",
    "Undone",
    "UsageError",
    "backup_labels",
    "backup_labels_sync",
    "check_labels",
    "check_labels_sync",
    "import_labels",
    "import_labels_sync",
    "migrate",
    "migrate_sync",
    "rejections",
    "retry",
    "retry_sync",
    "status",
    "undo",
    "undo_sync",
]
