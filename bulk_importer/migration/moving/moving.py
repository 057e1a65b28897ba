"""Moves the labels of one project into another: read and sent at the same time, compared at the end.

One folder covers both sides: `from.backup` (until it is finished `from.backup.part`) is what was read of the one, as
`backup` writes it; the log and its files are those of an import into the other, whose source is the backup as it grows
(`stream`), mapped label by label (`mapping`). A run that is killed goes on on both sides: what is on record is neither
read nor sent again. What the import replaces is kept, so `undo` takes a migration back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bulk_importer.backups.holdings import Holdings, ProjectReads
from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.backups.task_ids import AllTasks
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.opening import opened_queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.errors import BulkImporterError, UsageError
from bulk_importer.events import Event
from bulk_importer.files.durable import create_folder
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from bulk_importer.media.build_name_index import index_names
from bulk_importer.media.name_index import NameIndex
from bulk_importer.migration.backup import BackupCaller, back_up
from bulk_importer.migration.moving.account import MovedLabels, close_account
from bulk_importer.migration.moving.foreseeing import FoundMedia, find_media
from bulk_importer.migration.moving.mapping import EntryMapper
from bulk_importer.migration.moving.recipe import Recipe, keep_recipe, recipe_in
from bulk_importer.migration.moving.stream import Growth, MigrationSource
from bulk_importer.pipeline import Caller, ImportSpec, import_source
from bulk_importer.settings import Settings
from bulk_importer.summary import RunState, Summary

__all__ = ["Foreseen", "MigrateSpec", "Migrated", "migrate_labels"]

_BACKUP = "from.backup"
_FLUSH_SECONDS = 1.0
"""What was read of the one side is sent to the other after so long, at the latest."""


@dataclass(frozen=True, slots=True)
class MigrateSpec:
    """What to move where.

    Attributes:
        folder: of the checkpoint that covers both sides.
        origin: how the project that the labels come from is reached; `server` and `project` say which it is.
        origin_token: for that server.
        settings: the project that they go to, and how; media are found there by name.
        names: what classes, classifications and options are called there.
        states: of the tasks whose labels come along; None for all.
        compares: what arrived is read back.
        dry_run: only say what would be moved.
    """

    folder: Path
    origin: Settings
    origin_token: Token
    settings: Settings
    names: ClassMap
    states: frozenset[str] | None = None
    compares: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a migration is about to do.

    Attributes:
        origin, target: server, name and id of each project.
        media: which media are found there.
        origin_classes, target_classes: label configurations, as the servers write them.
        is_begun: an earlier run has begun it.
    """

    origin: tuple[str, str, str]
    target: tuple[str, str, str]
    media: FoundMedia
    origin_classes: list[object]
    target_classes: list[object]
    is_begun: bool


@dataclass(frozen=True, slots=True)
class Migrated:
    """What came of a migration.

    Attributes:
        summary: of the import; None where nothing was sent.
        moved: label by label; None where the import is not finished.
    """

    foreseen: Foreseen
    summary: Summary | None = None
    moved: MovedLabels | None = None


Confirm = Callable[[Foreseen], Awaitable[bool]]
"""Asks whether a migration is to be carried out."""


async def migrate_labels(spec: MigrateSpec, caller: Caller, confirm: Confirm) -> Migrated:
    """Move labels; the same call again goes on where it stopped.

    Raises:
        UsageError: the projects are the same, or one holds videos.
        ServerError: a server does not answer, or does not know the project.
        BackupUnusable, CheckpointError: the folder cannot be used, or holds another migration.
    """
    timing = Timing(caller.clock, caller.stop.rest)
    async with AsyncExitStack() as opened:
        origin, target = [
            await opened.enter_async_context(_reads(settings, token, caller, timing))
            for settings, token in ((spec.origin, spec.origin_token), (spec.settings, caller.token))
        ]
        async with caller.stop.breaking_off():
            there, foreseen = await _foresee(spec, origin, target)
        if spec.dry_run or not await confirm(foreseen):
            return Migrated(foreseen)
        recipe = await asyncio.to_thread(
            keep_recipe,
            spec.folder,
            Recipe(
                server=foreseen.origin[0],
                project=foreseen.origin[2],
                names=spec.names,
                there=there,
                repeated=foreseen.media.repeated,
                states=None if spec.states is None else tuple(sorted(spec.states)),
            ),
        )
        mapper = EntryMapper(recipe.names, recipe.there, recipe.repeated, recipe.states)
        summary = await _move(spec, caller, mapper, foreseen)
        if summary.state is not RunState.COMPLETE:
            return Migrated(foreseen, summary)
        holdings = None
        if spec.compares:
            holdings = await Holdings.of(target, AllTasks(), spec.settings, timing, caller.emit)
        names = await asyncio.to_thread(NameIndex, spec.folder / "media.names")
        async with caller.stop.breaking_off():
            moved = await close_account(
                spec.folder / _BACKUP, spec.folder, mapper, names, holdings, caller.emit
            )
        return Migrated(foreseen, summary, moved)


def _reads(settings: Settings, token: Token, caller: Caller, timing: Timing) -> _Opened:
    return _Opened(settings, token, caller, timing)


class _Opened:
    """What reads the project that settings name, while this is open."""

    def __init__(self, settings: Settings, token: Token, caller: Caller, timing: Timing) -> None:
        self._settings = settings
        self._caller = caller
        self._querying = opened_queries(
            settings, token, caller.emit, max_seconds=settings.max_outage, timing=timing
        )

    async def __aenter__(self) -> ProjectReads:
        queries = await self._querying.__aenter__()
        catalog = Catalog(queries, emit=self._caller.emit)
        async with self._caller.stop.breaking_off():
            project = await catalog.find_project(self._settings.project or "")
        if project.media_type == "VIDEO":
            raise UsageError(
                f"The project {project.name!r} ({project.id}) holds videos, whose labels cannot be moved. Give a "
                "project of images."
            )
        return ProjectReads(queries, catalog, project)

    async def __aexit__(self, *error: object) -> None:
        await self._querying.__aexit__(*error)  # type: ignore[arg-type]  # as they come


async def _foresee(
    spec: MigrateSpec, origin: ProjectReads, target: ProjectReads
) -> tuple[LabelConfig, Foreseen]:
    servers = [server_url(each.server or "") for each in (spec.origin, spec.settings)]
    if (servers[0], origin.project.id) == (servers[1], target.project.id):
        raise UsageError("Labels are moved from one project into another; both are the same here.")
    await asyncio.to_thread(create_folder, spec.folder)
    is_begun = await asyncio.to_thread(recipe_in, spec.folder) is not None
    path = await index_names(spec.settings, spec.folder, target.catalog, target.project)
    assert path is not None  # media are found by name
    names = await asyncio.to_thread(NameIndex, path)
    media = await find_media(origin.catalog, origin.project, spec.folder, names, spec.states)
    classes = await target.catalog.label_config(target.project)
    foreseen = Foreseen(
        origin=(servers[0], origin.project.name, origin.project.id),
        target=(servers[1], target.project.name, target.project.id),
        media=media,
        origin_classes=await origin.catalog.label_config(origin.project) if media.media else [],
        target_classes=classes,
        is_begun=is_begun,
    )
    return read_label_config(classes) if classes else LabelConfig(()), foreseen


async def _move(spec: MigrateSpec, caller: Caller, mapper: EntryMapper, foreseen: Foreseen) -> Summary:
    """Read the one side and send to the other, at the same time."""
    growth = Growth()

    def lines(entries: list[MadeEntry]) -> list[bytes]:
        return mapper.map(entries).lines

    def grew(event: Event) -> None:
        growth.grew()
        caller.emit(event)

    backup = spec.folder / _BACKUP
    reading_caller = BackupCaller(
        spec.origin_token, caller.stop, grew, clock=caller.clock, flush_seconds=_FLUSH_SECONDS
    )
    name = f"{foreseen.origin[1]} at {foreseen.origin[0]}"

    async def read() -> BulkImporterError | None:
        try:
            await back_up(spec.origin, backup, reading_caller)
        except BulkImporterError as error:
            return error
        finally:
            growth.end()
        return None

    source = MigrationSource(name, backup, lines, growth)
    settings = replace(spec.settings, project=foreseen.target[2], server=foreseen.target[0], yes=True)
    reading = asyncio.create_task(read())
    try:
        summary = await import_source(ImportSpec(source, settings, spec.folder), caller)
    finally:
        if not reading.done():
            reading.cancel()
        await asyncio.wait([reading])
    if not reading.cancelled() and (error := reading.result()) is not None and not caller.stop.is_requested:
        raise error
    return summary
