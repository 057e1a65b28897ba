"""Imports one upload as `import` does: the same engine, the same checkpoint, the same ways of being watched."""

from __future__ import annotations

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
    from bulk_importer.summary import Summary

__all__ = ["import_upload"]


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
    from bulk_importer.pipeline import Caller, Confirmation, ImportSpec

    async def confirm(foreseen: ReplacementForeseen) -> Confirmation:
        is_agreed = job.agreed is not None and job.agreed.covers(foreseen.media)
        return Confirmation.YES if is_agreed or await running.ask(foreseen) else Confirmation.NO

    source, folder = str(spool.source(job)), spool.checkpoint(job)
    settings = replace(settings, checkpoint=str(folder))
    async with watching("import", [source], settings, running.stop) as watch:
        running.controls = watch.controls
        with watch.run(folder) as observers:
            token = Token.find(settings.token_file)
            caller = Caller(
                token, running.stop, [*observers, running], confirm=confirm, steering=watch.steering
            )
            async with opened_labels(
                source, settings, folder, token=token, emit=caller.emit, stop=running.stop
            ) as labels:
                spec = ImportSpec(labels.source, labels.settings, folder, books=labels.books)
                summary = await import_opened(spec, caller)
        outcome = Outcome(exit_code=summary.exit_code, facts=summary.to_builtins(), folders=[folder])
        await watch.ended(outcome)
    return summary
