"""Gathers what an import and its retries did to each media: what they kept of it, and what they delivered to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bulk_importer.backups.replaced import kept_media
from bulk_importer.checkpoint import CheckpointState
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.checkpoint.retries import RetryFolder, retry_folders
from bulk_importer.events import Observer
from bulk_importer.intake import Rules
from bulk_importer.intake.validation.naming import NamedRules
from bulk_importer.media.names.index import NameIndex
from bulk_importer.media.names.making import names_in
from bulk_importer.migration.undo.buckets import Deed, DeedKind, MediaBuckets
from bulk_importer.pipeline.retry.corrections import with_ids
from bulk_importer.readback.compare import delivered_entries
from bulk_importer.sources import Source

__all__ = ["gather_deeds", "rules_of"]

_MANY = 2000


async def gather_deeds(
    source: Source, folder: Path, state: CheckpointState, into: MediaBuckets, emit: Observer
) -> None:
    """Put all that was done to media into buckets.

    Args:
        source: of the import, open.
        folder: of its checkpoint.
        emit: receives how far the reading is.

    Raises:
        InputError, CheckpointMismatch: the source is not the one that was imported.
        CheckpointError: what was kept, or a retry, cannot be read.
    """
    retries = await asyncio.to_thread(retry_folders, folder)
    await asyncio.to_thread(_put_kept, folder, retries, into)
    corrected = await asyncio.to_thread(_put_corrected, folder, retries, into)
    rules = rules_of(folder)
    waiting: list[Deed] = []
    async for _, media_id, position, raw in delivered_entries(source, rules, state, corrected, emit):
        waiting.append(Deed(media_id, 0, position, DeedKind.DELIVERED, (raw,)))
        if len(waiting) >= _MANY:
            await asyncio.to_thread(_put_all, waiting, into)
            waiting = []
    await asyncio.to_thread(_put_all, waiting, into)


def rules_of(folder: Path) -> Rules:
    """Rules that accept every entry, and find media as the import of a checkpoint did."""
    names = names_in(folder)
    return Rules() if names is None else NamedRules.of(Rules(), str(names))


def _put_all(deeds: Sequence[Deed], into: MediaBuckets) -> None:
    for deed in deeds:
        into.put(deed)


def _put_kept(folder: Path, retries: Sequence[RetryFolder], into: MediaBuckets) -> None:
    for stage, checkpoint in enumerate([folder, *(retry.checkpoint for retry in retries)]):
        for kept in kept_media(checkpoint):
            into.put(Deed(kept.media_id, stage, kept.position, DeedKind.KEPT, kept.entries))


def _put_corrected(folder: Path, retries: Sequence[RetryFolder], into: MediaBuckets) -> list[Correction]:
    """Put in what retries delivered, and return that."""
    names = names_in(folder)
    found: list[Correction] = []
    for stage, retry in enumerate(retries, start=1):
        delivered = retry.corrections(retry.standing().delivered)
        if names is not None:
            delivered = list(with_ids(delivered, NameIndex(names)))
        line_of = {position: line for line, position in enumerate(retry.positions)}
        for each in delivered:
            if each.media_id is not None:
                place = line_of[each.position]
                into.put(Deed(each.media_id, stage, place, DeedKind.DELIVERED, (each.raw,)))
        found += delivered
    return found
