"""Makes the index of the media of a project that entries are held against, once for each checkpoint.

The index is kept in the folder of the checkpoint, because a resume must not take what it sent itself for the upload of
somebody else: what counts is which media held an upload when the checkpoint was begun. It is made anew where a person
gives another list of media. Where it cannot be known any more what was there at the beginning, or another source of the
same command came before, uploads that may be our own are forgiven.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bulk_importer.datagym.entry import lane_of
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.intake.media_index import MediaIndex, MediaTask
from bulk_importer.intake.media_rules import MediaFlag
from bulk_importer.pipeline.media_lists import RowSpool, content_digest, keys_in, media_tasks
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.catalog import Catalog, Project

__all__ = ["Indexed", "index_media"]

_INDEX = "media.index"
_SPOOL = "media.rows"
_UPLOADED = MediaFlag.UPLOADED.value
_SERVER = bytes(16)
"""The origin of an index that the server's lists were made into."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What came of it.

    Attributes:
        path: of the index; None where media are not looked at.
        importable: how many media can be imported; None likewise.
        checked, unchecked: for people, a phrase each.
    """

    path: str | None = None
    importable: int | None = None
    checked: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


async def index_media(
    settings: Settings,
    folder: Path,
    catalog: Catalog | None,
    project: Project | None,
    *,
    is_begun: bool = False,
    sibling: Path | None = None,
) -> Indexed:
    """Open the index in `folder`, or make it of what the server or a file lists.

    Args:
        catalog, project: None where there is no server to ask.
        is_begun: something was sent already, so that any upload on the server may be our own.
        sibling: folder of a checkpoint whose source was imported just before: uploads to media that held none when that
            one was begun may be our own.

    Raises:
        UsageError: the list of media cannot be read.
        CheckpointUnusable: the index cannot be written or read.
        ServerError: the server cannot be asked.
    """
    if not settings.check_media:
        return Indexed(unchecked=("whether the media are in the project",))
    path = folder / _INDEX
    listed = None if settings.media_list is None else Path(settings.media_list)
    origin = _SERVER if listed is None else await asyncio.to_thread(content_digest, listed)
    index = await asyncio.to_thread(MediaIndex, path) if path.exists() else None
    if index is not None and index.origin == origin:
        return _indexed(index, path, *_left_out(listed))
    before = index or await asyncio.to_thread(_index_in, sibling)
    may_be_ours = _forgiving(is_begun, before)
    if listed is not None:
        return await _made(path, listed, may_be_ours, *_left_out(listed), origin=origin)
    if catalog is None or project is None:
        return Indexed(
            unchecked=("whether the media are in the project: no --server and --project are given",)
        )
    with RowSpool(folder / _SPOOL) as spool:
        if project.media_count <= settings.max_listing:
            await catalog.tasks(project, spool)
            return await _made(path, spool.path, may_be_ours, repeated=spool.repeated())
        too_many = f"{project.media_count:,} are more than --max-listing {settings.max_listing:,}"
        if await catalog.route_set() is not RouteSet.OPEN_CORE:
            advice = "raise it, or give --media-list FILE"
            return Indexed(unchecked=(f"whether the media are in the project: {too_many}; {advice}",))
        for dataset in project.datasets:
            if not dataset.deleted:
                await catalog.media_pages(dataset, spool)
        left_out = f"whether work on a media is finished: {too_many}, so only the ids were read"
        return await _made(path, spool.path, may_be_ours, left_out)


async def _made(
    path: Path,
    listed: Path,
    may_be_ours: Callable[[MediaTask], bool],
    *unchecked: str,
    repeated: Mapping[int, int] = MappingProxyType({}),
    origin: bytes = _SERVER,
) -> Indexed:
    def forgiven() -> Iterator[MediaTask]:
        for task in media_tasks(listed, repeated):
            ours = task.flags & _UPLOADED and may_be_ours(task)
            yield task._replace(flags=task.flags & ~_UPLOADED) if ours else task

    index = await asyncio.to_thread(MediaIndex.write, path, forgiven(), origin=origin)
    return _indexed(index, path, *unchecked)


def _indexed(index: MediaIndex, path: Path, *unchecked: str) -> Indexed:
    importable = index.importable
    sized = ", and the sizes of their images" if index.is_sized else ""
    phrase = f"the media of the project ({importable:,} can be imported){sized}"
    return Indexed(os.fspath(path), importable, (phrase,), unchecked)


def _left_out(listed: Path | None) -> tuple[str, ...]:
    """What a list that a person gives does not say about its media."""
    if listed is None or {"labelTaskState", "hasJsonUpload"} <= keys_in(listed):
        return ()
    return (
        f"whether work on a media is finished, and whether it held an upload: {listed} has no state and has_upload",
    )


def _index_in(folder: Path | None) -> MediaIndex | None:
    """The index of a checkpoint, if it has one."""
    path = None if folder is None else folder / _INDEX
    return MediaIndex(path) if path is not None and path.exists() else None


def _forgiving(is_begun: bool, before: MediaIndex | None) -> Callable[[MediaTask], bool]:
    """Which uploads may be our own; `before` says what was there before we sent anything."""
    if before is None:
        return lambda _: is_begun

    def may_be_ours(task: MediaTask) -> bool:
        flags = before.flags(lane_of(task.media_id))
        return flags is not None and not flags & MediaFlag.UPLOADED

    return may_be_ours
