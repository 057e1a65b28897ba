"""Finds out again which media a source names, where the checkpoint of its import does not know it any more.

That is in the file `mentions`, which a person may delete of a finished import. It is made anew from the source, as far
as the import read it.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from bulk_importer.checkpoint import read_state
from bulk_importer.checkpoint.lock import FolderLock
from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.events import Advanced, Observer
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.intake.validation.naming import NamedRules
from bulk_importer.media.names.making import names_in
from bulk_importer.model import ReadPlan
from bulk_importer.pipeline.wiped.mention_log import MentionLog
from bulk_importer.pipeline.wiped.mentions import Mentions
from bulk_importer.settings import MediaBy
from bulk_importer.sources import Source

__all__ = ["remember_media"]


async def remember_media(source: Source, folder: Path, emit: Observer) -> None:
    """Read the source of the checkpoint in `folder` again, and write down which media its entries name.

    Args:
        emit: receives how far the reading is.

    Raises:
        InputError, CheckpointMismatch: the source is not the one that was imported.
        CheckpointError: the checkpoint is in use, or cannot be read or written.
        UsageError: entries name their media by file name, and which these mean is not known any more.
    """
    header, state = await asyncio.to_thread(read_state, folder)
    names = names_in(folder)
    if names is None and header.settings.get("media_by", MediaBy.ID) != MediaBy.ID:
        raise UsageError(
            f"The entries of {source.name} name their media by file name, and media.names, which knew what these mean, "
            "is not in the checkpoint any more. Complete their tasks in DataGym."
        )
    rules = Rules() if names is None else NamedRules.of(Rules(), str(names))
    plan = ReadPlan(tuple(state.segments), state.position, state.offset, ended=True)
    try:
        lock = FolderLock(folder, secrets.token_hex(8))
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error
    try:
        with MentionLog(folder, 0, Mentions()) as log:
            async with Intake(source, plan, rules, IntakeOptions()) as intake:
                async for segment in intake:
                    log.keep(segment)
                    read = segment.key.first + segment.key.count
                    emit(
                        Advanced(
                            work="reading which media it names",
                            done=read,
                            total=state.position,
                            unit="entries",
                        )
                    )
            log.sync()
    finally:
        lock.release()
