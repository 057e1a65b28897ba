"""Imports one source into one project, from the first look at the checkpoint to the summary."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from bulk_importer.checkpoint import CheckpointState, SourceIdentity, read_state
from bulk_importer.checkpoint.summary_file import write_summary, written_state
from bulk_importer.datagym.reads.project_names import id_in
from bulk_importer.datagym.routes import server_url
from bulk_importer.errors import (
    BulkImporterError,
    CheckpointError,
    CheckpointMismatch,
    UsageError,
)
from bulk_importer.events import CheckpointOpened, RunStarted
from bulk_importer.pipeline.concluding import conclude, conclude_early, ending_on_record
from bulk_importer.pipeline.connecting import connect
from bulk_importer.pipeline.lock_wait import open_checkpoint
from bulk_importer.pipeline.notes import PROJECT_NAME
from bulk_importer.pipeline.one_pass.feed import READ_AS
from bulk_importer.pipeline.opening import open_run
from bulk_importer.pipeline.passes import Passes
from bulk_importer.pipeline.resume.source_identity import identity_of
from bulk_importer.pipeline.resume.undone import require_not_undone
from bulk_importer.pipeline.ruleset import require_known_codes
from bulk_importer.pipeline.run import Caller, ImportSpec, Run
from bulk_importer.pipeline.summarizing import Ending, summarize
from bulk_importer.settings import Backup, Lines, Settings
from bulk_importer.summary import Summary
from bulk_importer.transfer.options import require_sound

__all__ = ["import_source"]


async def import_source(spec: ImportSpec, caller: Caller) -> Summary:
    """Import until the source ends, an error ends the run, or a stop is requested.

    Returns:
        The summary, which is also on disk and carries the exit code.

    Raises:
        UsageError: the settings, or what they name, cannot be meant, whenever that is found out. It is on record then.
        BulkImporterError: the run could not begin. Once the checkpoint is open, such an error is in the summary.
    """
    _require_meant(spec.settings)
    identity = await asyncio.to_thread(identity_of, spec.source)
    finished = await asyncio.to_thread(_finished, spec, identity)
    if finished is not None:
        if written_state(spec.folder) != finished.state:  # what ended the run let nothing be written
            await asyncio.to_thread(write_summary, spec.folder, finished)
        return finished
    async with AsyncExitStack() as opened:
        connected = await opened.enter_async_context(connect(spec, caller))
        checkpoint = await open_checkpoint(spec, caller, connected, identity)
        opened.push_async_callback(checkpoint.close)
        caller.emit(CheckpointOpened(checkpoint=str(spec.folder)))
        await opened.enter_async_context(ending_on_record(checkpoint, spec.folder, caller.emit))
        try:
            run = await opened.enter_async_context(open_run(spec, caller, connected, checkpoint))
        except BulkImporterError as error:
            summary = await conclude_early(checkpoint, spec.folder, error, caller.emit)
            if isinstance(error, UsageError):
                raise
            return summary
        return await _see_through(run)


async def _see_through(run: Run) -> Summary:
    """Say that the run goes on, send all that can be sent, and conclude."""
    running = summarize(run.checkpoint.header, run.checkpoint.state, run.folder)
    with suppress(CheckpointError):  # a disk that refuses it will stop the run
        write_summary(run.folder, running)
    run.emit(_started(run))
    try:
        result = await Passes(run).run()
    finally:
        # Its timer would go off in a run that is over.
        run.first_contact.close()
    summary = await conclude(run, result)
    for error in result.errors:
        if isinstance(error, UsageError):  # a `--path` that names no array: known when the source is read
            raise error
    return summary


def _started(run: Run) -> RunStarted:
    counts, end = run.before.counts, run.checkpoint.state.end
    return RunStarted(
        source=run.source.name,
        size=run.source.size,
        server=run.checkpoint.header.server,
        project=run.project.id,
        checkpoint=str(run.folder),
        settled=counts.delivered + counts.rejected + counts.skipped,
        read=counts.entries,
        rejected=counts.rejected,
        in_doubt=counts.in_doubt,
        total=None if end is None else end.entries,
    )


def _require_meant(settings: Settings) -> None:
    """Raise `UsageError` where the settings of an import cannot be meant."""
    if not settings.server or not settings.project:
        raise UsageError("Say where to: --server URL and --project ID_OR_NAME are needed.")
    if settings.replace_finished and settings.backup == Backup.NEVER:
        raise UsageError(
            "With --backup never the work of people is not replaced: --replace-finished needs --backup auto or always."
        )
    require_known_codes(settings)
    require_sound(settings)


def _finished(spec: ImportSpec, identity: SourceIdentity) -> Summary | None:
    """The summary of a checkpoint on which nothing is left to do, so that the server need not even be there. Blocks.

    Raises:
        CheckpointMismatch: as `_require_same_form`, or the import was taken back; what else may differ, opening the
            checkpoint will say.
    """
    try:
        header, state = read_state(spec.folder)
    except CheckpointError:
        return None  # opening it for writing says better what is wrong
    require_not_undone(spec.folder, state, part=spec.part)
    settings = spec.settings
    _require_same_form(spec.folder, state, settings.lines)
    wanted, meaning = settings.project or "", settings.meaning()
    is_project = header.project in (wanted, id_in(wanted)) or wanted == state.notes.get(PROJECT_NAME)
    same_target = header.server == server_url(settings.server or "") and is_project
    means_the_same = all(
        header.settings.get(name) == meaning.get(name) for name in meaning.keys() | header.settings.keys()
    )
    if identity == SourceIdentity() or not (
        state.is_finished and same_target and means_the_same and state.identity == identity
    ):
        return None
    return summarize(header, state, spec.folder, ending=Ending())


def _require_same_form(folder: Path, state: CheckpointState, lines: str) -> None:
    """Raise `CheckpointMismatch` where `--lines` says something else than what the source was read as before."""
    before = state.notes.get(READ_AS)
    if state.segments and before is not None and lines not in (Lines.AUTO, before):
        raise CheckpointMismatch.in_meaning(
            str(folder), f"its source was read as by --lines {before}, and --lines is {lines} now"
        )
