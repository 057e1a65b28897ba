"""Makes the index of media names for `--media-by name`, once for each checkpoint."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.datagym.routes import RouteSet
from bulk_importer.errors import UsageError
from bulk_importer.intake.name_index import NameIndex
from bulk_importer.pipeline.media_lists import RowSpool, media_names, name_map
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.catalog import Catalog, Project

__all__ = ["BY_NAME", "index_names"]

BY_NAME = "name"
"""`--media-by name`."""

_INDEX = "media.names"
_SPOOL = "media.names.rows"


async def index_names(
    settings: Settings, folder: Path, catalog: Catalog | None, project: Project | None
) -> str | None:
    """Open the index in `folder`, or make it; its path, or None where entries name their media by id.

    Raises:
        UsageError: there is nothing to take names from, or a file cannot be read.
        CheckpointUnusable: the index cannot be written or read.
        ServerError: the server cannot be asked.
    """
    if settings.media_by != BY_NAME:
        return None
    path = folder / _INDEX
    if path.exists():
        await asyncio.to_thread(NameIndex, path)
    elif settings.media_list is not None and settings.dataset is None:
        await _made(settings, path, media_names(Path(settings.media_list)))
    elif catalog is not None and project is not None:
        with RowSpool(folder / _SPOOL) as spool:
            await _listed(settings, catalog, project, spool)
            await _made(settings, path, media_names(spool.path))
    elif settings.media_map is not None:
        await _made(settings, path, ())
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


async def _made(settings: Settings, path: Path, named: Iterable[tuple[str, str]]) -> None:
    overriding = () if settings.media_map is None else name_map(Path(settings.media_map))
    await asyncio.to_thread(NameIndex.write, path, named, overriding)
