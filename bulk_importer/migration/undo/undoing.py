"""Takes an import back: what its media held before it, they hold again.

1. Doubts are settled first: what may have landed and may not cannot be taken back.
2. A plan is made (`planning`): what the media hold now is read, and compared with what they should hold.
3. Once it is confirmed, the checkpoint of the import says that it is taken back: nothing more is sent for it.
4. The plan is imported, as any entries are, with a checkpoint of its own beside it. So an undo goes on after a crash,
   can be verified, keeps what it replaces, and can be undone itself.

Each undo has a folder in the checkpoint: `undo/0001`, `undo/0002`, ...
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bulk_importer.backups.holdings import Holdings, ProjectReads
from bulk_importer.backups.replaced import REPLACED
from bulk_importer.backups.task_ids import AllTasks, TaskIds
from bulk_importer.checkpoint import Checkpoint, CheckpointState, FolderOptions, Header
from bulk_importer.checkpoint.folder import MOVED
from bulk_importer.checkpoint.retry_claims import retries_in_doubt
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.opening import opened_queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import CheckpointError, CheckpointUnusable, NotSettled, UsageError, most_important
from bulk_importer.files.durable import DurableFile, create_folder
from bulk_importer.intake import Intake, IntakeOptions
from bulk_importer.media.build_index import index_in
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.names.making import names_in
from bulk_importer.media.rules import MediaFlag
from bulk_importer.migration.undo.buckets import MediaBuckets
from bulk_importer.migration.undo.deeds import gather_deeds, rules_of
from bulk_importer.migration.undo.folders import CHECKPOINT, begun_in, in_force
from bulk_importer.migration.undo.planning import RESTORE, Plan, Planner
from bulk_importer.model import ErrorBudget
from bulk_importer.pipeline import Caller, ImportSpec, import_source
from bulk_importer.pipeline.resume.settling import Settling
from bulk_importer.pipeline.resume.undone import LABELS_KNOWN, UNDONE
from bulk_importer.pipeline.summarizing import standing_codes
from bulk_importer.readable import counted
from bulk_importer.readback.doubts import Doubts
from bulk_importer.settings import Backup, Definition, Lines, MediaBy, Settings, SourceFormat, definitions
from bulk_importer.sources import Source, open_source
from bulk_importer.summary import Summary

__all__ = ["Confirm", "UndoSpec", "Undone", "undo_import"]

_HOLDS = MediaFlag.UPLOADED.value | MediaFlag.FINISHED.value


@dataclass(frozen=True, slots=True)
class UndoSpec:
    """Which import to take back.

    Attributes:
        folder: of its checkpoint.
        settings: how; server and project are those of the checkpoint.
        opened: opens the source of the import, to be read once more.
        force: restore also media that somebody has changed since.
        dry_run: make a plan, and forget it.
        open_file: what the files of the checkpoint are written through.
        resolved_as: what a person gives to `resolve` to say what became of what is in doubt; the folder, where empty.
    """

    folder: Path
    settings: Settings
    opened: Callable[[], AbstractAsyncContextManager[Source]]
    force: bool = False
    dry_run: bool = False
    open_file: Callable[[Path], DurableFile] = DurableFile
    resolved_as: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of an undo.

    Attributes:
        folder: of the undo; None for a plan that was forgotten.
        summary: of the import of its entries; None where nothing was sent.
    """

    plan: Plan
    folder: Path | None = None
    summary: Summary | None = None


Confirm = Callable[[Plan], Awaitable[bool]]
"""Asks whether a plan is to be carried out."""


async def undo_import(spec: UndoSpec, caller: Caller, confirm: Confirm) -> Undone:
    """Take an import back; the same call again goes on where it stopped, and repeats the summary of a finished one.

    Raises:
        UsageError: another server is named, and nobody says that it moved; or the index is gone by which the import
            found media.
        NotSettled: it is not known yet what became of some entries.
        InputError, CheckpointMismatch: the source of the import cannot be read, or is another one.
        ServerError: the server does not answer, or does not know the project.
        CheckpointError: the checkpoint is locked or damaged, or the undo cannot be kept.
    """
    options = FolderOptions(open_file=spec.open_file)
    ledger = await asyncio.to_thread(Checkpoint.reopen, spec.folder, secrets.token_hex(8), options)
    try:
        return await _undo(spec, caller, confirm, ledger)
    finally:
        with suppress(CheckpointError):
            await ledger.record_run_ended(exit_code=most_important(standing_codes(ledger.state)))
        await ledger.close()


async def _undo(spec: UndoSpec, caller: Caller, confirm: Confirm, ledger: Checkpoint) -> Undone:
    settings = _aimed(spec, ledger.header)
    _require_names(spec.folder, ledger.header)
    folder, plan = await asyncio.to_thread(begun_in, spec.folder, force=spec.force)
    if plan is None:
        if spec.dry_run:
            with tempfile.TemporaryDirectory(dir=spec.folder) as scratch:
                return Undone(await _planned(spec, settings, caller, ledger, Path(scratch)))
        plan = await _planned(spec, settings, caller, ledger, folder)
        if not plan.entries or not await confirm(plan):
            return Undone(plan, folder)
    if spec.dry_run:
        return Undone(plan, folder)
    await ledger.record_note(UNDONE, folder.name)
    return Undone(plan, folder, await _send(settings, caller, folder, spec.open_file))


def _require_names(folder: Path, header: Header) -> None:
    """Raise `UsageError` where nobody knows any more which media the entries of an import named."""
    if names_in(folder) is None and header.settings.get("media_by", MediaBy.ID) != MediaBy.ID:
        raise UsageError(
            f"The import named media by file name, and media.names is not in {folder} any more: what it sent to which "
            "media is not known, so it cannot be taken back. Nothing was sent."
        )


def _aimed(spec: UndoSpec, header: Header) -> Settings:
    """The settings, with the server and the project of the import.

    Raises:
        UsageError: another server or project is named.
    """
    settings = spec.settings
    server = header.server if settings.server is None else server_url(settings.server)
    if server != header.server and not settings.server_moved:
        raise UsageError(
            f"The checkpoint {spec.folder} belongs to {header.server}, and --server says {server}. Leave --server out. "
            f"{MOVED}"
        )
    return replace(settings, server=server, project=header.project)


async def _planned(
    spec: UndoSpec, settings: Settings, caller: Caller, ledger: Checkpoint, folder: Path
) -> Plan:
    try:
        await asyncio.to_thread(create_folder, folder)
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error
    timing = Timing(caller.clock, caller.stop.rest)
    querying = opened_queries(
        settings, caller.token, caller.emit, max_seconds=settings.max_outage, timing=timing
    )
    async with caller.stop.breaking_off(), querying as queries, spec.opened() as source:
        catalog = Catalog(queries, emit=caller.emit)
        project = await catalog.find_project(ledger.header.project)
        await _settle(spec, caller, ledger, source, LabelReader(queries, catalog, project))
        planner = await _planner(spec, caller, ledger.state, ProjectReads(queries, catalog, project), folder)
        total_bytes = sum(key.length for key in ledger.state.segments) + _size_of(spec.folder / REPLACED)
        with MediaBuckets(folder, total_bytes) as buckets:
            earlier = await asyncio.to_thread(in_force, spec.folder)
            await gather_deeds(
                source,
                spec.folder,
                ledger.state,
                buckets,
                caller.emit,
                taken_back=[each / RESTORE for each in earlier],
            )
            # A plan that is forgotten is not kept anywhere else.
            return await planner.make(buckets, folder, DurableFile if spec.dry_run else spec.open_file)


async def _settle(
    spec: UndoSpec, caller: Caller, ledger: Checkpoint, source: Source, reader: LabelReader
) -> None:
    """Find out what became of entries in doubt, as an import would. Raises `NotSettled` where that takes longer."""
    doubts = Doubts(ledger, reader, limit_seconds=spec.settings.server_request_limit, emit=caller.emit)
    settling = Settling(
        ledger, doubts, caller.steered(), caller.emit, caller.clock, wait_seconds=spec.settings.doubt_wait
    )
    rules = rules_of(spec.folder)
    await settling.ask_first(lambda plan: Intake(source, plan, rules, IntakeOptions()))
    while await settling.one_ended():
        pass
    left = ledger.state.counts.in_doubt + sum(retries_in_doubt(spec.folder).values())
    if left:
        raise NotSettled(
            f"It is not known yet whether {counted(left, 'entry', 'was')} delivered, so they cannot be taken back. "
            "Nothing was sent. The same command finds out once --server-request-limit is over; 'bulk-importer resolve "
            f"{spec.resolved_as or spec.folder} --delivered' (or --not-delivered) lets you say it."
        )


async def _planner(
    spec: UndoSpec, caller: Caller, state: CheckpointState, reads: ProjectReads, folder: Path
) -> Planner:
    index = index_in(spec.folder)
    media = None if index is None else await asyncio.to_thread(MediaIndex, index)
    tasks = AllTasks() if media is None else TaskIds(media, folder)
    timing = Timing(caller.clock, caller.stop.rest)
    holdings = await Holdings.of(reads, tasks, spec.settings, timing, caller.emit)
    knows_labels = bool(state.notes.get(LABELS_KNOWN))

    def held_nothing(lane: str) -> bool:
        flags = None if media is None or not knows_labels else media.flags(lane)
        return flags is not None and not flags & _HOLDS

    return Planner(holdings, held_nothing, spec.force, caller.emit)


def _size_of(path: Path) -> int:
    return path.stat().st_size * 8 if path.exists() else 0  # packed, about so much


def _is_about_sending(setting: Definition) -> bool:
    """Whether an undo heeds a setting when it sends; how strict an import is judged is nothing to what was there."""
    return setting.section in ("server", "migrating", "sending") or setting.name in (
        "workers",
        "max_listing",
        "lock_wait",
        "server_moved",
    )


async def _send(
    settings: Settings, caller: Caller, folder: Path, open_file: Callable[[Path], DurableFile]
) -> Summary:
    """Import the entries of a plan: whatever the media hold is replaced, and kept."""
    checkpoint = folder / CHECKPOINT
    kept = {each.name: getattr(settings, each.name) for each in definitions() if _is_about_sending(each)}
    sending = Settings(
        **{**kept, "limit": None},
        checkpoint=str(checkpoint),
        lines=Lines.LINES.value,
        source_format=SourceFormat.ENTRIES.value,
        replace_finished=True,
        onto_uploaded=True,  # what a further entry of a media adds to is what the first has just put there
        backup=Backup.AUTO.value,
        yes=True,
        max_errors=ErrorBudget(),
    )
    source = await open_source(str(folder / RESTORE))
    try:
        return await import_source(ImportSpec(source, sending, checkpoint, open_file=open_file), caller)
    finally:
        await source.aclose()
