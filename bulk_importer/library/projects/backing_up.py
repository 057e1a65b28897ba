"""Backs projects up for a program: what `bulk-importer backup` does."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.library.inputs import caller_of
from bulk_importer.library.sync import synchronous

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.migration.report import BackupSummary
    from bulk_importer.settings import Settings

__all__ = ["backup_labels", "backup_labels_sync"]


async def backup_labels(
    output: str | PathLike[str],
    settings: Settings,
    *,
    token: str | None = None,
    observers: Sequence[Observer] = (),
) -> BackupSummary:
    """Read the labels of all media of a project into a file that `import_labels` takes; the same call again resumes.

    Cancelling it keeps what was read until a few seconds before, and the next call resumes behind that.

    Args:
        output: the file. Until it is whole, its name with `.part` and `.media` behind it are beside it.
        settings: which project, and how its server is reached. `media_list` names the media, where not all are meant.
        token: of the API; without it that of `Settings.token_file`, else of `DATAGYM_TOKEN`, else none. By token, the
            server writes the rows that a media is missing when its labels are read.
        observers: called with each event (see `bulk_importer.events`), in the event loop.

    Returns:
        The summary, as the command line prints it; its `lost` says what an import of the file does not bring back.

    Raises:
        UsageError: the settings cannot be meant, or name no project of images.
        BackupUnusable: `output` holds something else, or cannot be written.
        ServerError: the server does not answer, refuses the token, or does not know the project.
    """
    from bulk_importer.migration.backup import BackupCaller, back_up

    caller = caller_of(settings, token, observers)
    return await back_up(settings, Path(output), BackupCaller(caller.token, caller.stop, caller.emit))


backup_labels_sync = synchronous(backup_labels)
