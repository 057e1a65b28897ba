"""Makes the index of media names for `--media-by name`: when a checkpoint is begun, and when other names are given."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from xxhash import xxh3_128_digest

from bulk_importer.datagym.routes import RouteSet
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import content_digest
from bulk_importer.media.lists import first_row, media_names, name_map
from bulk_importer.media.names.index import NameIndex
from bulk_importer.media.names.near import NearNames
from bulk_importer.media.row_spool import RowSpool
from bulk_importer.settings import MediaBy, Settings, SourceFormat

if TYPE_CHECKING:
    from bulk_importer.datagym.reads.catalog import Catalog, Project

__all__ = ["NAMES", "index_names", "names_in"]

NAMES = "media.names"
"""The index, in the folder of a checkpoint whose entries name their media by file name."""

_SPOOL = "media.names.rows"


def names_in(folder: Path) -> Path | None:
    """The index that a checkpoint was begun with; None where its entries name their media by id."""
    path = folder / NAMES
    return path if path.exists() else None


async def index_names(
    settings: Settings,
    folder: Path,
    catalog: Catalog | None,
    project: Project | None,
    *,
    is_in_doubt: bool = False,
) -> str | None:
    """Open the index in `folder`, or make it; its path, or None where entries name their media by id.

    It is made anew where a map or list says something else than when it was made, or another dataset is named.

    Args:
        is_in_doubt: entries are in doubt; whether they landed can only be asked of the media that they were sent to.

    Raises:
        UsageError: there is nothing to take names from, a file cannot be read, or names would change their meaning
            while something is in doubt.
        CheckpointUnusable: the index cannot be written or read.
        ServerError: the server cannot be asked.
    """
    if settings.media_by != MediaBy.NAME:
        return None
    path = folder / NAMES
    origin = await asyncio.to_thread(_origin, settings)
    if path.exists():
        index = await asyncio.to_thread(NameIndex, path)
        if index.origin == origin:
            return os.fspath(path)
        if is_in_doubt:
            raise UsageError(
                "--media-list, --media-map or --dataset is another one than before, and the answers to some requests "
                "were lost: what became of them is found out by the names of then. Run the command once more with what "
                "they were; when nothing is unconfirmed any more, names can change."
            )
    if settings.media_list is not None and settings.dataset is None:
        listed = Path(settings.media_list)
        if settings.media_map is None and "mediaName" not in await asyncio.to_thread(first_row, listed):
            raise UsageError(
                f"--media-by name has no names to go by: {listed} has none. Give what "
                "'bulk-importer media --server URL --project P --csv' prints, or --media-map."
            )
        await _build(settings, path, media_names(listed), origin)
    elif catalog is not None and project is not None:
        with RowSpool(folder / _SPOOL) as spool:
            await _listed(settings, catalog, project, spool)
            await _build(settings, path, media_names(spool.path), origin)
    elif settings.dataset is not None:
        raise UsageError("--dataset needs --server and --project: the server says what media are in it.")
    elif settings.media_map is not None:
        await _build(settings, path, (), origin)
    else:
        raise UsageError(
            "--media-by name has no names to go by: give --server and --project, or --media-list FILE, or --media-map."
        )
    return os.fspath(path)


async def _listed(settings: Settings, catalog: Catalog, project: Project, spool: RowSpool) -> None:
    """Let the server list the media whose names count."""
    if settings.dataset is not None:
        await catalog.media(await catalog.find_dataset(settings.dataset), spool)
    elif project.media_count <= settings.max_listing:
        await catalog.tasks(project, spool)
    elif await catalog.route_set() is RouteSet.OPEN_CORE:
        for dataset in project.datasets:
            if not dataset.deleted:
                await catalog.media_pages(dataset, spool)
    else:
        raise UsageError(
            f"--media-by name needs the names of all media, and {project.media_count:,} are more than --max-listing "
            f"{settings.max_listing:,}. Raise it, narrow with --dataset, or give --media-list FILE with names."
        )


async def _build(settings: Settings, path: Path, named: Iterable[tuple[str, str]], origin: bytes) -> None:
    overriding = [] if settings.media_map is None else list(name_map(Path(settings.media_map)))
    names = [name for name, _ in overriding]

    def kept() -> Iterator[tuple[str, str]]:
        for name, media_id in named:
            names.append(name)
            yield name, media_id

    # What was converted may name its pictures without their endings; entries that people write do not.
    with_stems = settings.source_format not in tuple(SourceFormat)
    await asyncio.to_thread(NameIndex.write, path, kept(), overriding, with_stems=with_stems, origin=origin)
    await asyncio.to_thread(NearNames.write, path, names)


def _origin(settings: Settings) -> bytes:
    """16 bytes by which what the names were taken from is known again."""
    files = (settings.media_list, settings.media_map)
    said = [b"" if name is None else content_digest(Path(name), "The list") for name in files]
    return xxh3_128_digest(b"|".join([*said, repr(settings.dataset).encode()]))
