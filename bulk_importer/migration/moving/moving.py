"""Moves the labels of one project into another: read and sent at the same time, compared at the end.

One folder covers both sides: `from.backup` (until it is finished `from.backup.part`) is what was read of the one, as
`backup` writes it; the log and its files are those of an import into the other, whose source is the backup as it grows
(`stream`), mapped label by label (`mapping`). A run that is killed goes on on both sides: what is on record is neither
read nor sent again. What the import replaces is kept, so `undo` takes a migration back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.backups.holdings import Holdings, ProjectReads
from bulk_importer.backups.task_ids import AllTasks, TaskIds
from bulk_importer.checkpoint import read_state
from bulk_importer.datagym.config_change import ConfigChange
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.opening import opened_queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.errors import BulkImporterError, CheckpointUnusable, UsageError
from bulk_importer.events import Event
from bulk_importer.files.durable import create_folder
from bulk_importer.labels.comparison.differences import differences, renamed
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from bulk_importer.media.build_index import index_in
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.names.index import NameIndex
from bulk_importer.media.names.making import NAMES, index_names
from bulk_importer.migration.backup import BackupCaller, back_up
from bulk_importer.migration.configuring import extend_config
from bulk_importer.migration.moving.account import Arrived, close_account
from bulk_importer.migration.moving.foreseeing import find_media
from bulk_importer.migration.moving.recipe import Recipe, keep_recipe, recipe_in
from bulk_importer.migration.moving.sourcing import BACKUP, mapper_of, moved_source
from bulk_importer.migration.moving.spec import Foreseen, Migrated, MigrateSpec
from bulk_importer.migration.moving.stream import Growth
from bulk_importer.migration.moving.tasking import (
    StateChooser,
    TaskStandings,
    give_states_as_there,
)
from bulk_importer.migration.report import BackupAnnouncement
from bulk_importer.model import ErrorBudget
from bulk_importer.pipeline import Caller, ImportSpec, import_source
from bulk_importer.settings import Settings
from bulk_importer.summary import RunState, Summary

__all__ = ["migrate_labels"]

_FLUSH_SECONDS = 1.0
"""What was read of the one side is on disk after so long, at the latest."""
_SEGMENT_BYTES = 64 << 10
"""So much is waited for before it is sent: labels come slower than a file is read, some hundred media a second."""


Confirm = Callable[[Foreseen], Awaitable[bool]]
"""Asks whether a migration is to be carried out."""


async def migrate_labels(
    spec: MigrateSpec,
    caller: Caller,
    confirm: Confirm,
    announce: Callable[[BackupAnnouncement], None] = lambda _: None,
) -> Migrated:
    """Move labels; the same call again goes on where it stopped.

    Args:
        announce: called before the first label is read.

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
        migration = _Migration(spec, caller, origin, target)
        foreseen = await migration.foresee()
        if spec.dry_run or not await confirm(foreseen):
            return Migrated(spec.folder, foreseen)
        return await migration.run(foreseen, announce)


@asynccontextmanager
async def _reads(
    settings: Settings, token: Token, caller: Caller, timing: Timing
) -> AsyncIterator[ProjectReads]:
    """What reads the project that settings name, while this is open."""
    async with opened_queries(
        settings, token, caller.emit, max_seconds=settings.max_outage, timing=timing
    ) as queries:
        catalog = Catalog(queries, emit=caller.emit)
        async with caller.stop.breaking_off():
            project = await catalog.find_project(settings.project or "")
        if project.media_type == "VIDEO":
            raise UsageError(
                f"The project {project.name!r} ({project.id}) holds videos, whose labels cannot be moved. Give a "
                "project of images."
            )
        yield ProjectReads(queries, catalog, project)


class _Migration:
    """One run of a migration."""

    def __init__(self, spec: MigrateSpec, caller: Caller, origin: ProjectReads, target: ProjectReads) -> None:
        self._spec = spec
        self._caller = caller
        self._origin = origin
        self._target = target
        self._servers = [server_url(each.server or "") for each in (spec.origin, spec.settings)]
        # Label configurations as the servers write them, that of the origin by the names of the target. Set by
        # `foresee`; what is added is added to the second one by `_extend`.
        self._wanted: list[dict[str, Any]] = []
        self._there: list[dict[str, Any]] = []

    async def foresee(self) -> Foreseen:
        """Find out what is about to be done. Nothing is sent."""
        spec, origin, target = self._spec, self._origin, self._target
        if (self._servers[0], origin.project.id) == (self._servers[1], target.project.id):
            raise UsageError("Labels are moved from one project into another, and both are the same here.")
        async with self._caller.stop.breaking_off():
            is_begun = await asyncio.to_thread(_is_begun, spec.folder)
            await index_names(spec.settings, spec.folder, target.catalog, target.project)
            names = await asyncio.to_thread(NameIndex, spec.folder / NAMES)
            media = await find_media(
                origin.catalog,
                origin.project,
                spec.folder,
                names,
                spec.origin.media_list,
                spec.states,
            )
            self._wanted = renamed(await _classes(origin), spec.names)
            self._there = await _classes(target)
        return Foreseen(
            origin=(self._servers[0], origin.project.name, origin.project.id),
            target=(self._servers[1], target.project.name, target.project.id),
            media=media,
            differences=differences(_config(self._wanted), _config(self._there)),
            is_begun=is_begun,
        )

    async def run(self, foreseen: Foreseen, announce: Callable[[BackupAnnouncement], None]) -> Migrated:
        """Do it."""
        spec, caller = self._spec, self._caller
        added: Sequence[str] = ()
        if spec.creates_classes and not foreseen.is_begun:
            async with caller.stop.breaking_off():
                added = await self._extend()
        recipe = await asyncio.to_thread(keep_recipe, spec.folder, self._recipe(foreseen))
        summary = await self._move(recipe, announce)
        migrated = Migrated(spec.folder, foreseen, added, summary)
        if summary.state is not RunState.COMPLETE:
            return migrated
        names = await asyncio.to_thread(NameIndex, spec.folder / NAMES)
        index = await asyncio.to_thread(index_in, spec.folder)
        standings = TaskStandings(AllTasks() if index is None else TaskIds(MediaIndex(index), spec.folder))
        async with caller.stop.breaking_off():
            holdings = await Holdings.of(
                self._target,
                standings,
                spec.settings,
                Timing(caller.clock, caller.stop.rest),
                caller.emit,
            )
            _, state = await asyncio.to_thread(read_state, spec.folder)
            arrived = Arrived(names, state.rejected, holdings if spec.compares else None)
            mapper = mapper_of(recipe)
            moved = await close_account(spec.folder / BACKUP, spec.folder, mapper, arrived, caller.emit)
        states = None
        if spec.completes:
            chooser = StateChooser(mapper, names, standings, moved.apart, foreseen.media.finished)
            states = await give_states_as_there(spec.folder, chooser, self._target, spec.settings, caller)
        return replace(migrated, moved=moved, states=states)

    async def _extend(self) -> Sequence[str]:
        """Add what the label configuration lacks; what was added."""
        target = self._target
        change = ConfigChange(target.queries, target.catalog, target.project)
        extended = await extend_config(change, self._there, self._wanted)
        self._there = extended.entries
        return extended.added

    def _recipe(self, foreseen: Foreseen) -> Recipe:
        spec = self._spec
        return Recipe(
            server=foreseen.origin[0],
            project=foreseen.origin[2],
            name=foreseen.origin[1],
            names=spec.names,
            there=_config(self._there),
            repeated=foreseen.media.repeated,
            states=None if spec.states is None else tuple(sorted(spec.states)),
        )

    async def _move(self, recipe: Recipe, announce: Callable[[BackupAnnouncement], None]) -> Summary:
        """Read the one side and send to the other, at the same time.

        Raises:
            ServerError, BackupUnusable: the one side cannot be read to its end.
        """
        spec, caller, growth = self._spec, self._caller, Growth()

        def grew(event: Event) -> None:
            growth.grew()
            caller.emit(event)

        async def read() -> BulkImporterError | None:
            reader = BackupCaller(
                spec.origin_token,
                caller.stop,
                grew,
                announce,
                clock=caller.clock,
                flush_seconds=_FLUSH_SECONDS,
            )
            try:
                await back_up(spec.origin, spec.folder / BACKUP, reader)
            except BulkImporterError as error:
                if (
                    caller.stop.is_requested
                ):  # the import ends by itself, and not because its source breaks off
                    return None
                growth.end()
                return error
            growth.end()
            return None

        async def send() -> Summary | BulkImporterError:
            source = moved_source(spec.folder, recipe, growth)
            try:
                return await import_source(ImportSpec(source, self._sending(), spec.folder), caller)
            except BulkImporterError as error:
                return error
            finally:
                reading.cancel()

        async with asyncio.TaskGroup() as group:
            reading = group.create_task(read())
            sending = group.create_task(send())
        broken, sent = None if reading.cancelled() else reading.result(), sending.result()
        if isinstance(sent, BulkImporterError):
            raise broken or sent
        if broken is not None:
            raise broken
        return sent

    def _sending(self) -> Settings:
        settings = self._spec.settings
        return replace(
            settings,
            project=self._target.project.id,
            yes=True,
            onto_uploaded=True,  # what a further entry of a media adds to is what the first has just put there
            # What is not found there was foreseen, and agreed to.
            max_errors=ErrorBudget(),
            segment_bytes=min(settings.segment_bytes, _SEGMENT_BYTES),
        )


def _is_begun(folder: Path) -> bool:
    """Whether an earlier run has begun a migration in a folder, which is made where it is not there. Blocks.

    Raises:
        CheckpointUnusable: it cannot be read or written.
    """
    try:
        create_folder(folder)
        if recipe_in(folder) is not None:
            return True
        # Names that an earlier look has left may mean something else by now.
        (folder / NAMES).unlink(missing_ok=True)
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error
    return False


async def _classes(reads: ProjectReads) -> list[dict[str, Any]]:
    return msgspec.convert(await reads.catalog.label_config(reads.project), list[dict[str, Any]])


def _config(classes: list[dict[str, Any]]) -> LabelConfig:
    return read_label_config(classes) if classes else LabelConfig(())
