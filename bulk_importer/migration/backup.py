"""Reads the labels of a project into a backup file: announced, resumable, and whole or not there.

A run leaves `FILE.part` and `FILE.media` (the listing) until it is finished; the same command goes on behind what is
there. A media is read once, but for those whose chunk was not on disk when a run broke off: 10 seconds of reading, or
some MiB. Memory does not grow with the project: what is in flight, one chunk, and 8 bytes a media while it is listed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bulk_importer.backups.file.content import opened_backup
from bulk_importer.backups.file.mark import begins_backup
from bulk_importer.backups.file.records import FORMAT_VERSION, Header
from bulk_importer.backups.file.scan import is_begun, scan_backup
from bulk_importer.backups.file.writing import BackupWriter, MadeMedia, locked_part, part_of
from bulk_importer.backups.gate import ReadGate
from bulk_importer.backups.holdings import maker_of
from bulk_importer.backups.making.entries import EntryMaker, MediaTask
from bulk_importer.backups.reading import Hearing, MediaReader, ReadMedia, in_flight_of
from bulk_importer.datagym import routes
from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client
from bulk_importer.errors import BackupUnusable, Interrupted, ServerError, UsageError
from bulk_importer.events import Advanced, Observer
from bulk_importer.files.small_files import reason_of
from bulk_importer.migration.listing import listed_media, listed_tasks, listing_digest, write_listing
from bulk_importer.migration.report import BackupAnnouncement, BackupSummary
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["BackupCaller", "back_up"]

_ELSEWHERE = "Name another file with --output."
_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class BackupCaller:
    """Who asks for a backup: what they show the server, how they end it, and who sees how far it is.

    Attributes:
        announce: called once, before the first label is read; not where the backup is finished already.
        clock: monotonic, in seconds.
        flush_seconds: what was read is on disk after so long, at the latest.
    """

    token: Token = field(default_factory=Token)
    stop: StopSwitch = field(default_factory=StopSwitch)
    emit: Observer = lambda _: None
    announce: Callable[[BackupAnnouncement], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    flush_seconds: float = 10.0


async def back_up(settings: Settings, output: Path, caller: BackupCaller) -> BackupSummary:
    """Back up the project that the settings name into `output`, or go on with that; a finished one is only read.

    Raises:
        UsageError: the settings name no project of images, or a list of media that cannot be read.
        BackupUnusable: `output` holds something else, or cannot be written.
        ServerError: the server does not answer, or refuses. What was read is on disk.
        Interrupted: a stop was requested. What was read is on disk.
    """
    await asyncio.to_thread(_require_file, output)
    listed = await asyncio.to_thread(listing_digest, settings.media_list)
    async with Client.of(settings, caller.token, max_connections=settings.max_reads) as client:
        async with caller.stop.breaking_off():
            patience = Patience.of(settings, Timing(caller.clock, caller.stop.rest), caller.emit)
            queries = Queries(client, patience)
            catalog = Catalog(queries, emit=caller.emit)
            project = await catalog.find_project(settings.project or "")
            _require_images(project)
            if _is_there(output):
                return await asyncio.to_thread(_finished, output, settings, project, listed)
        backup = _Backup(settings, output, caller, queries, catalog, project)
        with locked_part(output) as part:
            async with caller.stop.breaking_off():
                header = await backup.header(listed)
            return await backup.run(await asyncio.to_thread(BackupWriter, output, part, header))


def _require_file(path: Path) -> None:
    """Raise `BackupUnusable` for what would be replaced and is no file: `/dev/null`, for the whole machine."""
    if path.exists() and not path.is_file():
        advice = "Name a file with --output: a backup, which is resumed, cannot be written anywhere else."
        raise BackupUnusable(path, "it is no regular file", advice=advice)


def _is_there(path: Path) -> bool:
    """Whether a file is there and says anything: an empty one is made by whoever names the output of a command."""
    return path.exists() and path.stat().st_size > 0


def _require_images(project: Project) -> None:
    if project.media_type == "VIDEO":
        raise UsageError(
            f"The project {project.name!r} ({project.id}) holds videos, whose labels no import brings back. Give a "
            "project of images."
        )


def _finished(output: Path, settings: Settings, project: Project, listed: str) -> BackupSummary:
    """The summary of a backup that is there already."""
    try:
        with output.open("rb") as file:
            is_backup = begins_backup(file.read(_HEAD_BYTES))
    except OSError as error:
        raise BackupUnusable(output, reason_of(error), advice=_ELSEWHERE) from error
    if not is_backup:
        raise BackupUnusable(output, "it is there, and is no backup", advice=_ELSEWHERE)
    with opened_backup(output) as backup:
        header = backup.scan.header
        _require_same(output, header, settings, project, listed)
        return BackupSummary.of(str(output), output.stat().st_size, header, backup.trailer)


def _require_same(path: Path, header: Header, settings: Settings, project: Project, listed: str) -> None:
    """Raise `BackupUnusable` where a backup is not of what is asked for."""
    different = ""
    if (header.server, header.project) != (routes.server_url(settings.server or ""), project.id):
        different = f"it is one of the project {header.name!r} ({header.project}) on {header.server}"
    elif header.listed != listed:
        different = "it was made with another --media-list"
    if different:
        raise BackupUnusable(path, different, advice=_ELSEWHERE)


class _Backup:
    """One run over one backup."""

    def __init__(
        self,
        settings: Settings,
        output: Path,
        caller: BackupCaller,
        queries: Queries,
        catalog: Catalog,
        project: Project,
    ) -> None:
        self._settings = settings
        self._output = output
        self._listing = output.with_name(f"{output.name}.media")
        self._caller = caller
        self._queries = queries
        self._catalog = catalog
        self._project = project
        self._began = caller.clock()
        self._flushed = self._began  # changed by `_keep`
        # How long the first media took, where one was read to find the route out. Set by `_looked_at`.
        self._first_seconds: float | None = None

    async def header(self, listed: str) -> Header:
        """The header of the part that an earlier run left; else list the media, and make one."""
        part = part_of(self._output)
        if await asyncio.to_thread(is_begun, part):
            scan = await asyncio.to_thread(scan_backup, part)
            _require_same(part, scan.header, self._settings, self._project, listed)
            if (await asyncio.to_thread(listed_media, self._listing)).media != scan.header.media:
                advice = f"Delete {part} and what begins like it, and run the same command again."
                raise BackupUnusable(self._listing, "it does not belong to the part beside it", advice=advice)
            return scan.header
        await write_listing(self._listing, self._catalog, self._project, self._settings.media_list)
        return await self._new_header(listed)

    async def _new_header(self, listed: str) -> Header:
        listing = await asyncio.to_thread(listed_media, self._listing)
        reader = LabelReader(self._queries, self._catalog, self._project)
        first = next(listed_tasks(self._listing, 0), None)
        return Header(
            format=FORMAT_VERSION,
            server=routes.server_url(self._settings.server or ""),
            project=self._project.id,
            name=self._project.name,
            media=listing.media,
            left_out=listing.left_out,
            listed=listed,
            writes=first is not None and await self._looked_at(reader, first),
            began=_now(),
            program=version("bulk-importer"),
            label_config=await self._catalog.label_config(self._project) if first is not None else [],
        )

    async def _looked_at(self, reader: LabelReader, task: TaskRow) -> bool:
        """Whether reading writes, as one media tells."""
        began = self._caller.clock()
        writes = await reader.writes(task)
        self._first_seconds = self._caller.clock() - began
        return writes

    async def run(self, writer: BackupWriter) -> BackupSummary:
        """Read what is not read yet, and finish the file."""
        header, done = writer.header, writer.tally.media
        most = in_flight_of(self._settings, writes=header.writes)
        self._caller.announce(
            BackupAnnouncement(
                output=str(self._output),
                server=header.server,
                project=header.project,
                project_name=header.name,
                media=header.media,
                done=done,
                left_out=header.left_out,
                writes=header.writes,
                at_a_time=most,
                estimated_seconds=self._first_seconds and self._first_seconds * header.media / most,
            )
        )
        try:
            async with self._caller.stop.breaking_off():
                if done < header.media:
                    await self._read(writer, done, ReadGate(most))
                changed = header.media > 0 and header.label_config != await self._catalog.label_config(
                    self._project
                )
        except (Interrupted, ServerError):
            await writer.flush()
            raise
        trailer = await writer.finish(
            changed=changed, ended=_now(), seconds=self._caller.clock() - self._began
        )
        self._listing.unlink(missing_ok=True)
        return BackupSummary.of(str(self._output), self._output.stat().st_size, header, trailer)

    async def _read(self, writer: BackupWriter, done: int, gate: ReadGate) -> None:
        queries = self._queries.heard_by(Hearing(gate, self._caller.emit))
        reader = MediaReader(
            LabelReader(queries, self._catalog, self._project, writes=writer.header.writes),
            gate,
            Timing(self._caller.clock, self._caller.stop.rest),
        )
        tasks = listed_tasks(self._listing, done)
        maker = maker_of(writer.header.label_config)

        async def keep(media: MadeMedia) -> None:
            await writer.take(media)
            await self._keep(writer)

        await reader.read(tasks, lambda media: _made(maker, media), keep)

    async def _keep(self, writer: BackupWriter) -> None:
        """Tell how far it is, and have it on disk now and then."""
        now, header, tally = self._caller.clock(), writer.header, writer.taken
        if now - self._flushed >= self._caller.flush_seconds:
            self._flushed = now
            await writer.flush()
        self._caller.emit(
            Advanced(
                work=f"reading the labels of {header.name}",
                done=tally.media,
                total=header.media,
                unit="media",
                beside={"labelled": tally.labelled, "lost": sum(tally.lost.values())},
            )
        )


def _made(maker: EntryMaker, media: ReadMedia) -> MadeMedia:
    if media.held is None:
        return MadeMedia.without(is_gone=media.is_gone)
    task = media.task
    return MadeMedia.of(
        maker.entries(
            MediaTask(task.media_id, task.task_id, task.label_task_state, task.media_name), media.held
        )
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
