"""Counts media by what came of their entries: something is delivered, nothing is, or the source has no entry for them.

Which media the entries of a source name is in the file of `mention_log`, what became of each entry in the ledger, and
the media of entries that were rejected before they could be sent on the lines of `rejected.jsonl`. What retries
delivered, which may name another media than the entry that was rejected, is in their own folders.

Where all is delivered, neither file is read: then all media that the source names hold something. Else the file of
mentioned media is read once more, for which two to five seconds go into ten million entries. Memory: three more
`Mentions`, of media for which something was not delivered, or was delivered by a retry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import CheckpointState
from bulk_importer.checkpoint.rejects import rejected_lines
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaFlag
from bulk_importer.model import MediaCounts
from bulk_importer.pipeline.wiped.mention_log import keys_at
from bulk_importer.pipeline.wiped.mentions import Mentions
from bulk_importer.spans import SpanSet

__all__ = ["ProjectMedia", "count_media", "fates_of", "key_of_media", "recall_media"]

_LINES = 4096  # at a time


class ProjectMedia(msgspec.Struct, frozen=True):
    """What is known of the media of the project.

    Attributes:
        importable: how many can be imported; None where that is not known, or where entries for others may pass.
        index: path of their index; None where media are not looked at.
    """

    importable: int | None = None
    index: str | None = None

    def membership(self) -> Callable[[int], bool]:
        """Whether the media of a key is one that can be imported; of any, where media are not looked at."""
        if self.index is None:
            return lambda _: True
        flags_of = MediaIndex(self.index).flags_of
        return lambda key: bool((flags_of(key) or 0) & MediaFlag.IMPORTABLE.value)


def key_of_media(media_id: str) -> int:
    """The key by which a media is followed that an entry names so."""
    return key_of(lane_of(media_id))


def count_media(
    folder: Path, state: CheckpointState, named: Mentions, project: ProjectMedia
) -> MediaCounts | None:
    """Count the media of a source that was read to its end. Blocks.

    Args:
        folder: of the checkpoint whose ledger says `state`.
        named: the media that entries name which could be sent.

    Returns:
        None where it is not known: there are too many to be followed, or a file that says it is not whole.

    Raises:
        CheckpointError: `rejected.jsonl`, a retry, or the index of the media cannot be read.
    """
    if not named.is_complete:
        return None
    retries = _retries(folder)
    retried = Mentions()
    for retry in retries:
        recall_media(retried, retry.folder, retry.delivered)
    settled = _settled(state, retries)
    undelivered = Mentions()
    recall_media(undelivered, folder, SpanSet(settled.missing(0, state.position)))
    elsewhere = Mentions()
    if len(undelivered):
        for place, positions in ((folder, settled), *((each.folder, each.delivered) for each in retries)):
            for keys in keys_at(place, positions):
                elsewhere.recall([keys[at] for at in undelivered.among(keys)])
    rejected = _rejected(folder, state, (named, retried), project)
    if not all(each.is_complete for each in (retried, undelivered, elsewhere, rejected)):
        return None
    open_ones = len(undelivered) - len(elsewhere)
    delivered = len(named) - open_ones + len(retried) - retried.shared_with(named)
    return _counts(delivered, open_ones + len(rejected), project.importable)


def _counts(delivered: int, undelivered: int, importable: int | None) -> MediaCounts:
    rest = None if importable is None else max(0, importable - delivered - undelivered)
    return MediaCounts(delivered=delivered, undelivered=undelivered, without_entry=rest)


def fates_of(
    folder: Path, state: CheckpointState, chosen: Set[int], corrected: Iterable[int]
) -> Mapping[int, bool] | None:
    """Of some media those that `count_media` counts, and whether as delivered. Blocks.

    Args:
        chosen: keys of media that are in the project.
        corrected: keys of the media that retries brought something to.

    Returns:
        None where it is not known.

    Raises:
        CheckpointError: as of `count_media`.
    """
    delivered = set(corrected).intersection(chosen)
    left = set(chosen) - delivered
    if not left:
        return dict.fromkeys(delivered, True)
    settled = _settled(state, _retries(folder))
    brought = _keys_within(folder, settled, left)
    unsettled = _keys_within(folder, SpanSet(settled.missing(0, state.position)), left)
    if brought is None or unsettled is None:
        return None
    refused = left.intersection(map(key_of_media, _rejected_media(folder, state)))
    return {key: key in delivered or key in brought for key in delivered | brought | unsettled | refused}


def _keys_within(folder: Path, positions: SpanSet, chosen: set[int]) -> set[int] | None:
    """Which of these media entries at these positions name; None where not all positions are on record."""
    found, seen = set[int](), 0
    try:
        for keys in keys_at(folder, positions):
            found.update(chosen.intersection(keys))
            seen += len(keys)
    except OSError:
        return None
    return found if seen == len(positions) else None


class _Retry(msgspec.Struct, frozen=True):
    """What a retry delivered: positions in its own source, and those in the original one that they stand for."""

    folder: Path
    delivered: SpanSet
    settles: frozenset[int]


def _retries(folder: Path) -> list[_Retry]:
    found = []
    for each in retry_folders(folder):
        state = each.state()
        if state is not None and state.delivered:
            found.append(_Retry(each.checkpoint, state.delivered, each.standing().delivered))
    return found


def _settled(state: CheckpointState, retries: Sequence[_Retry]) -> SpanSet:
    """The positions whose entries, as they stand in the source, are delivered, by this import or an earlier one."""
    settled = state.delivered.copy()
    settled.update(state.skipped)
    for retry in retries:
        for position in retry.settles:
            settled.discard(position, position + 1)
    return settled


def recall_media(mentions: Mentions, folder: Path, positions: SpanSet) -> None:
    """Add the media of entries at these positions; where not all are on record, `mentions` forgets everything."""
    seen = 0
    try:
        for keys in keys_at(folder, positions):
            mentions.recall(keys)
            seen += len(keys)
    except OSError:
        seen = -1
    if seen != len(positions):
        mentions.forget()


def _rejected(
    folder: Path, state: CheckpointState, others: Sequence[Mentions], project: ProjectMedia
) -> Mentions:
    """The media of the project that rejected entries name, and none of the others do."""
    found = Mentions()
    if not state.rejected:
        return found
    is_of_project = project.membership()
    named = _rejected_media(folder, state)
    while ids := set(islice(named, _LINES)):
        keys = [key for media_id in ids if is_of_project(key := key_of_media(media_id))]
        known = {at for each in others for at in each.among(keys)}
        found.recall([key for at, key in enumerate(keys) if at not in known])
    return found


def _rejected_media(folder: Path, state: CheckpointState) -> Iterator[str]:
    """The media that rejected entries name, each as often as it is named."""
    # Of each line its id alone: the entries are large, and there may be as many of them as the source has.
    named = (
        line.media_id or line.findings[0].media_id
        for line in rejected_lines(folder, state.rejected_bytes)
        if line.position in state.rejected
    )
    return filter(None, named)
