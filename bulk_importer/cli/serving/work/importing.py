"""Imports one upload as `import` does, or feeds corrected entries of it as `retry` does: with the same engine, the same
checkpoint, the same ways of being watched."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from bulk_importer.cli.watching.watch import Outcome, watching
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.values import Job
    from bulk_importer.cli.serving.work.running import Running
    from bulk_importer.events import ReplacementForeseen
    from bulk_importer.pipeline import Confirmation
    from bulk_importer.pipeline.guards.replacement import Confirm
    from bulk_importer.pipeline.retry.retrying import Retried
    from bulk_importer.summary import Summary

__all__ = ["import_upload", "retry_upload"]


async def import_upload(job: Job, spool: Spool, settings: Settings, running: Running) -> Summary:
    """Import an upload into its checkpoint; where that is begun, resume it, whoever began it.

    Args:
        running: sees the events, ends it when its stop is requested, and asks what `job` does not say.

    Raises:
        BulkImporterError: as `library.importing.import_opened` does.
    """
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.library.converting import opened_labels
    from bulk_importer.library.importing import import_opened
    from bulk_importer.pipeline import Caller, ImportSpec

    source, folder = str(spool.source(job)), spool.checkpoint(job)
    settings = replace(settings, checkpoint=str(folder))
    async with watching("import", [source], settings, running.stop) as watch:
        running.controls = watch.controls
        with watch.run(folder) as observers:
            token = Token.find(settings.token_file)
            caller = Caller(
                token,
                running.stop,
                [*observers, running],
                confirm=_confirming(job, running),
                steering=watch.steering,
            )
            async with opened_labels(
                source, settings, folder, token=token, emit=caller.emit, stop=running.stop
            ) as labels:
                spec = ImportSpec(labels.source, labels.settings, folder, books=labels.books)
                summary = await import_opened(spec, caller)
        outcome = Outcome(exit_code=summary.exit_code, facts=summary.to_builtins(), folders=[folder])
        await watch.ended(outcome)
    return summary


async def retry_upload(job: Job, spool: Spool, settings: Settings, running: Running) -> Retried:
    """Feed the corrected entries of an upload whose import is complete; where that is begun, resume it.

    Raises:
        BulkImporterError: as `library.retrying.retry` does.
    """
    from bulk_importer.checkpoint.retries import retry_folders
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.pipeline import Caller
    from bulk_importer.pipeline.retry.plan import RetrySpec
    from bulk_importer.pipeline.retry.retrying import retry_rejected

    folder = spool.checkpoint(job)
    is_begun = any(each.standing().unsettled for each in await asyncio.to_thread(retry_folders, folder))
    async with watching("retry", [str(folder)], settings, running.stop) as watch:
        running.controls = watch.controls
        spec = RetrySpec(
            folder,
            settings,
            corrected=None if is_begun else spool.corrected(job),
            source=str(spool.source(job)),
        )
        with watch.run(folder) as observers:
            caller = Caller(
                Token.find(settings.token_file),
                running.stop,
                [*observers, running],
                confirm=_confirming(job, running),
                steering=watch.steering,
            )
            retried = await retry_rejected(spec, caller)
        summary = retried.summary
        outcome = Outcome(exit_code=summary.exit_code, facts=summary.to_builtins(), folders=[folder])
        await watch.ended(outcome)
    return retried


def _confirming(job: Job, running: Running) -> Confirm:
    """Says yes to what a person agreed to, and asks them about more."""
    from bulk_importer.pipeline import Confirmation

    async def confirm(foreseen: ReplacementForeseen) -> Confirmation:
        is_agreed = job.agreed is not None and job.agreed.covers(foreseen.media)
        return Confirmation.YES if is_agreed or await running.ask(foreseen) else Confirmation.NO

    return confirm
