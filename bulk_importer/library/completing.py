"""Completes or skips the tasks of delivered media once an import is complete, as `--on-delivered` says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.settings import OnDelivered, Settings

if TYPE_CHECKING:
    from bulk_importer.migration.completing import Completed, Foreseen
    from bulk_importer.pipeline import Caller, Confirmation
    from bulk_importer.summary import Summary

__all__ = ["complete_imported"]


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
    from bulk_importer.migration.completing import Completed, TasksSpec, complete_delivered
    from bulk_importer.summary import TaskTally

    skips = settings.on_delivered == OnDelivered.SKIP
    state = TaskState.SKIPPED if skips else TaskState.COMPLETED
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
