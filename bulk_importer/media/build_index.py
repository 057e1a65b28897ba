"""Makes the index of the media of a project by which entries are judged, once for each checkpoint.

The index is kept in the folder of the checkpoint, because a resume must not take what it sent itself for the upload of
somebody else: what counts is which media held an upload when the checkpoint was begun. It is made anew where a person
gives another list of media. Where it cannot be known any more what was there at the beginning, or another source of the
same command came before, uploads that may be our own are forgiven.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from xxhash import xxh3_128_digest

from bulk_importer.datagym.routes import RouteSet
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import content_digest
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.lists import first_row, media_tasks
from bulk_importer.media.row_spool import RowSpool
from bulk_importer.media.rules import MediaFlag
from bulk_importer.media.tables import is_server_id
from bulk_importer.media.task_runs import TaskRun
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.reads.catalog import Catalog, Project

__all__ = ["INDEX", "Indexed", "index_in", "index_media"]

INDEX = "media.index"
"""The index, in the folder of a checkpoint."""

_SPOOL = "media.rows"
_UPLOADED = MediaFlag.UPLOADED.value
_IS_UPLOADED = bytes(flags & _UPLOADED for flags in range(256))
_SERVER = bytes(16)
"""The origin of an index that the server's lists were made into."""
_READING = b"2"
"""How lists are understood; another number has indexes made anew that were made of one as it was understood before."""


class Indexed(msgspec.Struct, frozen=True):
    """The index of the media, or why there is none.

    Attributes:
        path: of the index; None where media are not looked at.
        importable: how many media can be imported; None likewise.
        knows_labels: the index says which media hold labels.
        checked, unchecked: for people, a phrase each.
    """

    path: str | None = None
    importable: int | None = None
    knows_labels: bool = False
    checked: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


def index_in(folder: Path) -> str | None:
    """The path of the index that is kept in `folder`; None where there is none."""
    path = folder / INDEX
    return str(path) if path.exists() else None


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
    path = folder / INDEX
    listed = None if settings.media_list is None else Path(settings.media_list)
    origin = _SERVER if listed is None else await asyncio.to_thread(_origin, listed)
    index = await asyncio.to_thread(MediaIndex, path) if path.exists() else None
    if index is not None and index.origin == origin:
        known = _says_labels(listed) if listed else project is None or _is_listed_whole(settings, project)
        return _indexed(index, path, *_left_out(listed, index, project), knows_labels=known)
    before = index or await asyncio.to_thread(_index_in, sibling)
    forgiven = _forgiving(is_begun or sibling is not None, before)
    if listed is not None:
        index = await _built(path, listed, forgiven, origin=origin)
        left_out = _left_out(listed, index, project)
        return _indexed(index, path, *left_out, knows_labels=_says_labels(listed))
    if catalog is None or project is None:
        return Indexed(
            unchecked=("whether the media are in the project: no --server and --project are given",)
        )
    with RowSpool(folder / _SPOOL) as spool:
        if _is_listed_whole(settings, project):
            await catalog.tasks(project, spool)
            index = await _built(path, spool.path, forgiven, repeated=spool.repeated())
            return _indexed(index, path, knows_labels=True)
        too_many = f"{project.media_count:,} are more than --max-listing {settings.max_listing:,}"
        if await catalog.route_set() is not RouteSet.OPEN_CORE:
            advice = "raise it, or give --media-list FILE"
            return Indexed(unchecked=(f"whether the media are in the project: {too_many}; {advice}",))
        for dataset in project.datasets:
            if not dataset.deleted:
                await catalog.media_pages(dataset, spool)
        unknown = f"whether work on a media is finished: {too_many}, so only the ids were read"
        return _indexed(await _built(path, spool.path, forgiven), path, unknown, knows_labels=False)


def _is_listed_whole(settings: Settings, project: Project) -> bool:
    """Whether the server lists the media with their tasks, which say what they hold."""
    return project.media_count <= settings.max_listing


async def _built(
    path: Path,
    listed: Path,
    forgiven: Callable[[TaskRun], TaskRun],
    *,
    repeated: Mapping[int, int] = MappingProxyType({}),
    origin: bytes = _SERVER,
) -> MediaIndex:
    runs = map(forgiven, media_tasks(listed, repeated, by_server=origin == _SERVER))
    return await asyncio.to_thread(MediaIndex.write, path, runs, origin=origin)


def _indexed(index: MediaIndex, path: Path, *unchecked: str, knows_labels: bool) -> Indexed:
    importable = index.importable
    sized = ", and the sizes of their images" if index.is_sized else ""
    phrase = f"the media of the project ({importable:,} can be imported){sized}"
    return Indexed(os.fspath(path), importable, knows_labels, (phrase,), unchecked)


def _origin(listed: Path) -> bytes:
    """By what it is known again what the index was made of: 16 bytes."""
    return xxh3_128_digest(_READING + content_digest(listed, "The list"))


def _left_out(listed: Path | None, index: MediaIndex, project: Project | None) -> Iterator[str]:
    """What a list that a person gives does not say about the media of the project.

    Raises:
        UsageError: it says nothing at all.
    """
    if listed is None:
        return
    if not len(index):
        raise UsageError(
            f"The list of media {listed} lists none. Give what 'bulk-importer media --server URL --project P --csv' "
            "prints."
        )
    if not _says_labels(listed):
        what = "whether work on a media is finished, and whether it held an upload"
        yield f"{what}: {listed} has no state and has_upload, or leaves them empty"
    media_id = first_row(listed).get("mediaId", "")
    if media_id and not is_server_id(str(media_id)):
        yield (
            f"whether {listed} lists ids at all: its first, {media_id!r}, is none that a DataGym gives out; "
            "'bulk-importer media --server URL --project P --csv' prints such a list"
        )
    elif project is not None and len(index) < project.media_count:
        yield (
            f"media that {listed} leaves out: it has {len(index):,}, and the datasets of the project hold "
            f"{project.media_count:,}"
        )


def _says_labels(listed: Path) -> bool:
    """Whether a list says which media hold labels."""
    said = {key for key, value in first_row(listed).items() if value not in ("", None)}
    return {"labelTaskState", "hasJsonUpload"} <= said


def _index_in(folder: Path | None) -> MediaIndex | None:
    """The index of a checkpoint, if it has one."""
    path = None if folder is None else folder / INDEX
    return MediaIndex(path) if path is not None and path.exists() else None


def _forgiving(is_begun: bool, before: MediaIndex | None) -> Callable[[TaskRun], TaskRun]:
    """Takes back the uploads that may be our own; `before` says what was there before we sent anything."""

    def may_be_ours(key: int) -> bool:
        if before is None:
            return is_begun
        flags = before.flags_of(key)
        return flags is not None and not flags & _UPLOADED

    def forgiven(run: TaskRun) -> TaskRun:
        if _UPLOADED not in run.flags.translate(_IS_UPLOADED):
            return run
        flags = (
            bits & ~_UPLOADED if bits & _UPLOADED and may_be_ours(key) else bits
            for key, bits in zip(run.keys, run.flags, strict=True)
        )
        return run._replace(flags=bytes(flags))

    return forgiven
