"""Foresees a migration: which media of the one project are found in the other, and by which names they are not."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.task_states import TaskState
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.names.index import NameIndex, SeveralMedia
from bulk_importer.migration.listing import listed_tasks, write_listing
from bulk_importer.migration.moving.mapping import name_key

__all__ = ["FoundMedia", "find_media"]

_LISTING = "media.listed"


@dataclass(frozen=True, slots=True)
class FoundMedia:
    """How the media of one project are found in another.

    Attributes:
        media: that were asked for.
        found: those whose name one media there has, and no other of them.
        ambiguous: those whose name several there have, or several of them have.
        missing: those whose name none there has.
        unnamed: those without a name.
        finished: found ones whose task is completed, skipped or reviewed.
        repeated: keys of names that several of them have, or that mean the same media there as another.
        examples: some names that are ambiguous or missing.
    """

    media: int = 0
    found: int = 0
    ambiguous: int = 0
    missing: int = 0
    unnamed: int = 0
    finished: int = 0
    repeated: tuple[int, ...] = ()
    examples: tuple[str, ...] = ()


async def find_media(
    catalog: Catalog,
    project: Project,
    folder: Path,
    names: NameIndex,
    media_list: str | None,
    states: frozenset[str] | None,
) -> FoundMedia:
    """List the media of a project, and look their names up in the index of another.

    Args:
        folder: where the list lies meanwhile.
        media_list: file with the media that count; None for all.
        states: of the tasks that count; None for all.

    Raises:
        ServerError: the server does not answer.
        BackupUnusable: the list cannot be written.
    """
    listing = folder / _LISTING
    try:
        await write_listing(listing, catalog, project, media_list)
        return await asyncio.to_thread(_found, listing, names, states)
    finally:
        listing.unlink(missing_ok=True)


_MOST_EXAMPLES = 5
_FINISHED = frozenset(state.value for state in TaskState)


def _found(listing: Path, names: NameIndex, states: frozenset[str] | None) -> FoundMedia:
    counts: Counter[str] = Counter()
    examples: list[str] = []
    # Of each media that is found: the key of what it means there, and of its name.
    targets, own = array("Q"), array("Q")
    for task in listed_tasks(listing, 0):
        if states is not None and task.label_task_state not in states:
            continue
        counts["media"] += 1
        fate = _fate(task.media_name, names)
        if len(fate) > 1:
            targets.append(key_of(lane_of(fate[1])))
            own.append(name_key(task.media_name or ""))
            counts["finished"] += task.label_task_state in _FINISHED
            continue
        counts[fate[0]] += 1
        if len(examples) < _MOST_EXAMPLES and task.media_name:
            examples.append(task.media_name)
    repeated = _repeated(targets, own)
    lost = sum(key in repeated for key in own)
    return FoundMedia(
        media=counts["media"],
        found=len(own) - lost,
        ambiguous=counts["ambiguous"] + lost,
        missing=counts["missing"],
        unnamed=counts["unnamed"],
        finished=counts["finished"],
        repeated=tuple(sorted(repeated)),
        examples=tuple(examples),
    )


def _fate(name: str | None, names: NameIndex) -> tuple[str, ...]:
    """`found` with the id that a name means, or why it means none."""
    if not name:
        return ("unnamed",)
    try:
        media_id = names.find(name)
    except SeveralMedia:
        return ("ambiguous",)
    return ("missing",) if media_id is None else ("found", media_id)


def _repeated(targets: array[int], own: array[int]) -> frozenset[int]:
    """The keys of names that mean a media which another of them means, too."""
    order = sorted(range(len(targets)), key=targets.__getitem__)
    several: set[int] = set()
    for before, after in pairwise(order):
        if targets[before] == targets[after]:
            several.update((own[before], own[after]))
    return frozenset(several)
