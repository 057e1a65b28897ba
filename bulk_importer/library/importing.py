"""Imports labels for a program: what `bulk-importer import` does with one source."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.library.inputs import Entries, caller_of, labels_in, name_of
from bulk_importer.library.sync import synchronous
from bulk_importer.settings import OnDelivered, Settings

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.migration.tasks.completing import Completed, Foreseen
    from bulk_importer.pipeline import Caller, Confirmation, ImportSpec
    from bulk_importer.summary import Summary

__all__ = ["complete_imported", "import_labels", "import_labels_sync", "import_opened"]


async def import_labels(
    source: str | PathLike[str] | Entries,
    settings: Settings,
    *,
    token: str | None = None,
    observers: Sequence[Observer] = (),
) -> Summary:
    """Import one source into one project; the same call again goes on where it stopped.

    It never asks. Where entries with keepData false are about to delete labels that media hold, `ReplacementForeseen`
    says so before the first of them leaves, and the run goes on: an observer that does not want it cancels the import.
    `check_labels` gives the same number beforehand, as `media_replaced`.

    With `on_delivered` the tasks of delivered media are completed or skipped when all is delivered, which uses label
    quota.

    Cancelling it stops the run as a second Ctrl-C does: what is in flight is in doubt, and the next call goes on.

    Args:
        source: a path or a URL (of entries, or of labels as another tool writes them), or the entries themselves, as an
            iterable or an asynchronous one. Of entries a next call must give the same, in the same order: what is
            delivered of them is skipped.
        settings: where to and how. `checkpoint` is needed unless the source is a file.
        token: of the API; without it that of `Settings.token_file`, else of `DATAGYM_TOKEN`, else none.
        observers: called with each event (see `bulk_importer.events`), in the event loop.

    Returns:
        The summary, as the command line prints it; its `exit_code` says whether anything is left to look at.

    Raises:
        UsageError: the settings cannot be meant, a file that they name cannot be read or used, or `source` is nothing
            that can be imported.
        InputError: the source cannot be opened.
        ServerError: the server does not answer, refuses the token, or does not know the project.
        CheckpointError: the checkpoint is of another import, damaged, locked by another process, or cannot be written.

    What is wrong with the settings is always raised. Any other error that can be foreseen is raised before the
    checkpoint is open, and ends the run after that: then it is in the summary.
    """
    from bulk_importer.checkpoint.places import checkpoint_folder
    from bulk_importer.pipeline import ImportSpec

    caller = caller_of(settings, token, observers)
    folder = checkpoint_folder(name_of(source), settings.checkpoint)
    async with labels_in(source, settings, folder, caller) as labels:
        summary = await import_opened(
            ImportSpec(labels.source, labels.settings, folder, books=labels.books), caller
        )
    return (await complete_imported([summary], settings, caller))[0]


async def import_opened(spec: ImportSpec, caller: Caller) -> Summary:
    """Import from an open source; takes, returns and raises what `pipeline.import_source` does.

    Entries that were converted for it are deleted when nobody needs them any more: a retry of rejected ones reads what
    came after these.
    """
    from bulk_importer.pipeline import import_source
    from bulk_importer.summary import RunState

    summary = await import_source(spec, caller)
    if spec.books is not None and summary.state is RunState.COMPLETE and not summary.rejected:
        from bulk_importer.pipeline.conversion.spill import remove_spill

        await asyncio.to_thread(remove_spill, spec.folder)
    return summary


async def complete_imported(
    summaries: Sequence[Summary], settings: Settings, caller: Caller
) -> list[Summary]:
    """The summaries of imports of one command, with what became of the tasks; `summary.json` has it, too.

    Tasks are changed only where each import is complete. That they may be is agreed to by then.

    Args:
        summaries: in the order of the command.
    """
    from bulk_importer.summary import RunState

    left_alone = settings.on_delivered == OnDelivered.LEAVE
    if left_alone or not summaries or any(each.state is not RunState.COMPLETE for each in summaries):
        return list(summaries)
    completed = await _completed([Path(each.checkpoint) for each in summaries], settings, caller)
    return [await asyncio.to_thread(_with_tasks, each, completed) for each in summaries]


async def _completed(folders: Sequence[Path], settings: Settings, caller: Caller) -> Completed:
    from bulk_importer.datagym.task_states import TaskState
    from bulk_importer.errors import BulkImporterError
    from bulk_importer.migration.tasks.completing import Completed, TasksSpec, complete_delivered
    from bulk_importer.summary import TaskTally

    skips = settings.on_delivered == OnDelivered.SKIP
    state = TaskState.SKIPPED if skips else TaskState.COMPLETED
    await caller.steered().passes()
    try:
        return await complete_delivered(TasksSpec(folders, settings, state), caller, _agreed)
    except BulkImporterError as error:  # the import is done, and its summary has to say so
        return Completed(error.exit_code, str(error), TaskTally(state=state.value), "", "", "")


async def _agreed(_: Foreseen) -> Confirmation:
    from bulk_importer.pipeline import Confirmation

    return Confirmation.YES


def _with_tasks(summary: Summary, completed: Completed) -> Summary:
    """A summary with what became of the tasks, on disk as well. Blocks."""
    from contextlib import suppress

    from msgspec.structs import replace

    from bulk_importer.checkpoint.summary_file import write_summary
    from bulk_importer.errors import CheckpointError, ExitCode, most_important
    from bulk_importer.summary import RunState

    code = most_important([ExitCode(summary.exit_code), completed.exit_code])
    is_stopped = code in (ExitCode.UNFINISHED, ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED)
    state = RunState.COMPLETE
    if code not in (ExitCode.DELIVERED, ExitCode.REJECTIONS):
        state = RunState.STOPPED if is_stopped else RunState.FAILED
    message = " ".join(filter(None, (summary.message, completed.message)))
    told = replace(summary, exit_code=code, state=state, message=message, tasks=completed.tally)
    with suppress(CheckpointError):  # it is only a copy of what is printed
        write_summary(Path(summary.checkpoint), told)
    return told


import_labels_sync = synchronous(import_labels)
