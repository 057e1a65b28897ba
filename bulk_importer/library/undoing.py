"""Takes an import back for a program: what `bulk-importer undo` does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.library.inputs import caller_of, one_checkpoint_in
from bulk_importer.library.sync import synchronous

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.migration.undo.undoing import Undone
    from bulk_importer.settings import Settings
    from bulk_importer.sources import Source

__all__ = ["opened_source_of", "undo", "undo_sync"]


async def undo(
    checkpoint: str | PathLike[str],
    settings: Settings,
    *,
    source: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    token: str | None = None,
    observers: Sequence[Observer] = (),
) -> Undone:
    """Bring the media that an import sent something to back to what they held before it.

    Replaced labels come back as they were kept (`Settings.backup`), added ones are taken away again. Media that
    somebody has changed since are left alone. It never asks; the same call again goes on where it stopped.

    Args:
        checkpoint: the checkpoint folder of the import, which knows the server and the project.
        settings: how. `server` and `project` are those of the checkpoint.
        source: where the source of the import is now, as a path or a URL; None where it was. What was delivered is read
            from it again.
        force: restore also what somebody has changed since, where it is known what was there.
        dry_run: find out what would be done, and send nothing.
        token: of the API; without it that of `Settings.token_file`, else of `DATAGYM_TOKEN`, else none.
        observers: called with each event (see `bulk_importer.events`), in the event loop.

    Returns:
        What came of it. `left_alone.jsonl` in its folder names the media that were left alone, and why.

    Raises:
        UsageError: the settings cannot be meant, or the folder holds several checkpoints.
        NotSettled: it is not known yet what became of some entries.
        InputError: the source cannot be read.
        ServerError: the server does not answer, or does not know the project.
        CheckpointError: there is no checkpoint, or it is damaged or locked; or the source is not what was imported.
    """
    from bulk_importer.migration.undo.undoing import UndoSpec, undo_import

    caller = caller_of(settings, token, observers)
    folder = one_checkpoint_in(Path(checkpoint))
    spec = UndoSpec(
        folder,
        settings,
        lambda: opened_source_of(folder, source, caller.emit),
        force=force,
        dry_run=dry_run,
    )

    async def yes(_: object) -> bool:
        return True

    return await undo_import(spec, caller, yes)


undo_sync = synchronous(undo)


@asynccontextmanager
async def opened_source_of(folder: Path, given: str | None, emit: Observer) -> AsyncIterator[Source]:
    """What the checkpoint in `folder` was made of, to be read once more while this is open.

    Args:
        given: where a person says that it is; None to look where it was.
        emit: receives how far it is converted again, where it has to be.

    Raises:
        UsageError, SourceUnreadable, CheckpointError: it cannot be opened, or is not what was imported.
    """
    from bulk_importer.checkpoint import read_state
    from bulk_importer.checkpoint.places import CONVERTED
    from bulk_importer.errors import SourceUnreadable
    from bulk_importer.library.converting import opened_again
    from bulk_importer.migration.moving.sourcing import source_again
    from bulk_importer.pipeline.resume.recorded_source import noted_place, open_again
    from bulk_importer.summary import Books

    header, state = read_state(folder)
    moved = source_again(folder)
    if moved is not None:
        yield moved
        return
    if given is None and Books.NOTE in state.notes and not (folder / CONVERTED).exists():
        given = str(noted_place(state) or header.source)
    if given is not None:
        async with opened_again(given, folder, emit) as source:
            yield source
        return
    try:
        source = await open_again(folder, header, state, None)
    except SourceUnreadable as error:
        advice = "Say with --source where it is now, or its content."
        raise SourceUnreadable(error.source, error.reason, advice=advice) from error
    try:
        yield source
    finally:
        await source.aclose()
