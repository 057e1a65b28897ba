"""The media of corrections, by what is on record of the shard that they belong to.

A correction may name another media than the entry in whose place it is sent, and so one whose entries are in another
shard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bulk_importer.checkpoint.correction import Correction
from bulk_importer.checkpoint.retries import RetryFolder
from bulk_importer.labels.entry import key_of
from bulk_importer.media.names.index import NameIndex
from bulk_importer.media.names.making import names_in
from bulk_importer.pipeline.retry.corrections import with_ids
from bulk_importer.pipeline.wiped.mention_log import recall_checkpoint
from bulk_importer.pipeline.wiped.mentions import Mentions

__all__ = ["in_doubt_in", "named", "not_mentioned", "with_keys"]


def named(corrections: Sequence[Correction], folder: Path) -> list[Correction]:
    """Corrections with the ids of their media, also where they have only names. Blocks.

    Args:
        folder: of the checkpoint of their shard.
    """
    names = names_in(folder)
    return list(corrections) if names is None else with_ids(corrections, NameIndex(names))


def in_doubt_in(retries: Iterable[RetryFolder], folder: Path) -> list[Correction]:
    """What retries of the shard with this checkpoint folder have in doubt, as of `named`. Blocks."""
    return named([it for each in retries for it in each.corrections(each.standing().in_doubt)], folder)


def with_keys(corrections: Iterable[Correction]) -> Iterator[tuple[Correction, int]]:
    """Those that name a media, each with the key by which that is followed."""
    return ((each, key_of(each.lane)) for each in corrections if each.lane is not None)


def not_mentioned(corrections: Iterable[Correction], folder: Path) -> list[tuple[Correction, int]]:
    """Those whose media no entry of the shard names that could be sent, as far as is known, with their keys. Blocks."""
    mentions = Mentions()
    recall_checkpoint(folder, mentions)
    return [(each, key) for each, key in with_keys(corrections) if not mentions.among([key])]
