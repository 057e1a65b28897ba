"""Feeds rejected entries again, corrected or as they are, and settles them in the ledger that rejected them.

A retry is an import of its own (see `checkpoint.retries`). What it delivered is then put on record in the original
ledger, also after a crash between the two: every retry begins with what earlier ones left to be put on record.

What is fed, and what must wait, is decided in `plan`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from bulk_importer.checkpoint import Checkpoint, CheckpointState, FolderOptions, Header, read_state
from bulk_importer.checkpoint.folder import MOVED
from bulk_importer.checkpoint.places import MIGRATION
from bulk_importer.checkpoint.retries import RetryFolder, retry_folders
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.opening import opened_queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import (
    BulkImporterError,
    CheckpointError,
    CheckpointMismatch,
    ProjectNotFound,
    UsageError,
    most_important,
)
from bulk_importer.events import Event, Observer, RunStarted
from bulk_importer.media.names.making import NAMES, names_in
from bulk_importer.pipeline.concluding import CANCELLED
from bulk_importer.pipeline.importing import import_source
from bulk_importer.pipeline.resume.undone import require_not_undone
from bulk_importer.pipeline.retry.outcome import conclude_retry, write_rejected_again
from bulk_importer.pipeline.retry.plan import RetryPlan, RetrySpec
from bulk_importer.pipeline.run import Caller, ImportSpec
from bulk_importer.pipeline.summarizing import Before, standing_codes
from bulk_importer.settings import Lines, MediaBy
from bulk_importer.sources import open_source
from bulk_importer.spans import SpanSet
from bulk_importer.summary import Books, Summary

__all__ = ["Retried", "retry_rejected"]


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of a retry.

    Attributes:
        summary: of the ledger that had rejected the entries; its exit code is that of the retry.
        sent_again: how many entries were fed.
        held_back: positions that were not fed because of what came after them, or is in doubt.
        left_out: positions of the corrections that an earlier retry had delivered.
        unsettled: how many positions this retry or an earlier one was to send and has not settled.
        rejected_again: a file with those that were rejected once more, in the form of `rejected.jsonl`; None: none.
    """

    summary: Summary
    sent_again: int
    held_back: Sequence[int]
    left_out: Sequence[int]
    unsettled: int
    rejected_again: Path | None


async def retry_rejected(spec: RetrySpec, caller: Caller) -> Retried:
    """Feed what is to be fed, and put on record what was delivered.

    Raises:
        BulkImporterError: the retry could not begin; nothing was sent.
    """
    header, state = await asyncio.to_thread(read_state, spec.folder)
    require_not_undone(spec.folder, state)
    if Books.NOTE in state.notes or (spec.folder / MIGRATION).exists():
        # Nobody said how its entries name their media: they were converted, or made of another project's labels.
        spec = replace(spec, settings=replace(spec.settings, media_by=MediaBy.NAME.value))
    _require_same_names(spec, header)
    _require_names(spec.folder, header, state)
    server = await _server(spec, caller, header)
    fresh = structs.replace(header, identity=state.identity, server=server, run=secrets.token_hex(8))
    options = FolderOptions(server_moved=spec.settings.server_moved, open_file=spec.open_file)
    ledger = await asyncio.to_thread(Checkpoint.open, spec.folder, fresh, options)
    try:
        return await _retry(spec, caller, ledger)
    except BulkImporterError as error:
        with suppress(CheckpointError):  # that is what ended it, or will be said by the next one
            await ledger.record_run_ended(exit_code=error.exit_code, why=str(error))
        raise
    except asyncio.CancelledError:
        with suppress(CheckpointError):
            code = most_important(standing_codes(ledger.state))
            await ledger.record_run_ended(exit_code=code, why=CANCELLED)
        raise
    finally:
        await ledger.close()


def _require_same_names(spec: RetrySpec, header: Header) -> None:
    """Raise `UsageError` where entries would name their media in another way than they did."""
    recorded = header.settings.get("media_by", spec.settings.media_by)
    if recorded != spec.settings.media_by:
        raise UsageError(
            f"The import that rejected the entries had --media-by {recorded}. Say that here too, and what names "
            "were taken from then: --dataset, --media-map or --media-list. Nothing was sent."
        )


def _require_names(folder: Path, header: Header, state: CheckpointState) -> None:
    """Raise `UsageError` where nobody knows any more which media the entries of an import named."""
    if state.rejected and header.settings.get("media_by") == MediaBy.NAME and names_in(folder) is None:
        raise UsageError(
            f"The import named media by file name, and {NAMES} is not in {folder} any more: what came after the "
            "rejected entries of a media is not known. Nothing was sent. Put the file back; or put the corrected "
            "entries into a JSON array of their own, and import that."
        )


async def _server(spec: RetrySpec, caller: Caller, header: Header) -> str:
    """The URL of the server to send to; another one than is recorded needs `--server-moved`, and to have the project.

    Raises:
        UsageError: it is another server, and nobody says that it moved.
        CheckpointMismatch: the other server does not have the project.
    """
    wanted = spec.settings.server
    server = header.server if wanted is None else server_url(wanted)
    if server == header.server:
        return server
    if not spec.settings.server_moved:
        raise UsageError(
            f"The checkpoint {spec.folder} belongs to {header.server}, and --server says {server}. Leave --server "
            f"out. {MOVED}"
        )
    settings, timing = spec.settings, Timing(caller.clock, caller.stop.rest)
    looking_up = opened_queries(
        settings, caller.token, caller.emit, max_seconds=settings.max_outage, timing=timing
    )
    async with caller.stop.breaking_off(), looking_up as queries:
        try:
            await Catalog(queries).find_project(header.project)
        except ProjectNotFound as error:
            raise CheckpointMismatch(
                f"{server} has no project {header.project}, so it is not {header.server} under another name. "
                "Nothing was sent."
            ) from error
    return server


async def _retry(spec: RetrySpec, caller: Caller, ledger: Checkpoint) -> Retried:
    before = Before.of(ledger.state)
    for each in await asyncio.to_thread(retry_folders, spec.folder):
        await _settle(ledger, each)
    plan = RetryPlan(spec, ledger, caller.stop)
    fed: list[RetryFolder] = []
    summaries: list[Summary] = []
    errors: list[BulkImporterError] = []
    try:
        async with aclosing(plan.folders()) as folders:
            async for each in folders:
                fed.append(each)
                summaries.append(await _import(spec, caller, each, ledger.header))
                await _settle(ledger, each)
                if caller.stop.is_requested:
                    break
        await asyncio.to_thread(plan.withdraw)
    except BulkImporterError as error:
        if not fed or await asyncio.to_thread(plan.withdraw) or isinstance(error, UsageError):
            raise
        errors += [] if caller.stop.is_requested else [error]
    again = await asyncio.to_thread(write_rejected_again, spec.folder, ledger.state, fed)
    summary = await conclude_retry(spec.folder, ledger, before, summaries, errors, caller.stop)
    left = await asyncio.to_thread(retry_folders, spec.folder)
    return Retried(
        summary,
        plan.sends,
        sorted(plan.held_back),
        plan.left_out,
        sum(len(each.standing().unsettled) for each in left),
        again,
    )


async def _settle(ledger: Checkpoint, retry: RetryFolder) -> None:
    """Put on record what a retry delivered and the ledger does not know yet."""
    standing = await asyncio.to_thread(retry.standing)
    delivered = SpanSet.of(
        position for position in sorted(standing.delivered) if position in ledger.state.rejected
    )
    if delivered:
        await ledger.record_corrected(delivered.spans)


async def _import(spec: RetrySpec, caller: Caller, retry: RetryFolder, header: Header) -> Summary:
    """Import the corrections of one retry into the project of the original checkpoint."""
    standing = await asyncio.to_thread(retry.standing)
    settings = replace(
        spec.settings,
        server=header.server,
        project=header.project,
        checkpoint=str(retry.checkpoint),
        path=None,
        lines=Lines.LINES.value,
        limit=None,
        settled_by=None,
        source_grew=False,
        server_moved=standing.server not in (None, header.server),
    )
    source = await open_source(str(retry.source))
    try:
        leave_out = retry.lines_passed_on()
        return await import_source(
            ImportSpec(
                source,
                settings,
                retry.checkpoint,
                sibling=spec.folder,
                leave_out=leave_out,
                open_file=spec.open_file,
            ),
            structs.replace(caller, observers=[_telling_what_is_retried(header.source, caller)]),
        )
    finally:
        await source.aclose()


def _telling_what_is_retried(source: str, caller: Caller) -> Observer:
    """Passes events on to the caller's observers; nobody there knows the file that the corrections are kept in."""

    def see(event: Event) -> None:
        caller.emit(structs.replace(event, retry_of=source) if isinstance(event, RunStarted) else event)

    return see
