"""Feeds rejected entries again, corrected or as they are, and settles them in the ledger that rejected them.

A retry is an import of its own (see `retry_folders`). What it delivered is then put on record in the original ledger,
also after a crash between the two: every retry begins with what earlier ones left to be put on record.

What is fed, and what must wait, is decided in `retry_plan`.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import Checkpoint, CheckpointState, FolderOptions, Header, read_state
from bulk_importer.checkpoint.folder import MOVED
from bulk_importer.checkpoint.retries import RetryFolder, retry_folders
from bulk_importer.checkpoint.summary_file import write_summary
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client
from bulk_importer.errors import (
    BulkImporterError,
    CheckpointError,
    CheckpointMismatch,
    CheckpointUnusable,
    ExitCode,
    ProjectNotFound,
    UsageError,
    most_important,
)
from bulk_importer.events import Event, Observer
from bulk_importer.files.durable import replace_file
from bulk_importer.pipeline.retry.plan import RetryPlan
from bulk_importer.pipeline.run import Import
from bulk_importer.pipeline.summarizing import (
    Announcement,
    Before,
    ending,
    left_to_send,
    summarize,
    tally_since,
)
from bulk_importer.settings import Settings
from bulk_importer.sources import open_source
from bulk_importer.spans import SpanSet
from bulk_importer.summary import Summary
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Retried", "Retry"]

REJECTED_AGAIN = "rejected-again.jsonl"


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


class Retry:
    """Feeds rejections of one checkpoint again. Construct it, `run` it once.

    Args:
        corrected: an edited copy of `rejected.jsonl`, or a part of it; None for all that is rejected, as it is (or for
            what an earlier retry left unsettled).
        source: where the source is now, which is read to see what came after the rejected entries; None to look for it.
        out_of_order: feed also what later entries of the same media do not commute with.
    """

    def __init__(
        self,
        folder: Path,
        corrected: Path | None,
        settings: Settings,
        token: Token,
        stop: StopSwitch,
        *,
        source: str | None = None,
        out_of_order: bool = False,
        observers: Sequence[Observer] = (),
        announce: Callable[[Announcement], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._corrected = corrected
        self._settings = settings
        self._token = token
        self._stop = stop
        self._source = source
        self._out_of_order = out_of_order
        self._observers = observers
        self._announce = announce

    async def run(self) -> Retried:
        """Feed what is to be fed, and put on record what was delivered.

        Raises:
            BulkImporterError: the retry could not begin; nothing was sent.
        """
        header, state = await asyncio.to_thread(read_state, self._folder)
        self._require_same_names(header)
        server = await self._server(header)
        fresh = msgspec.structs.replace(
            header, identity=state.identity, server=server, run=secrets.token_hex(8)
        )
        options = FolderOptions(server_moved=self._settings.server_moved)
        ledger = await asyncio.to_thread(Checkpoint.open, self._folder, fresh, options)
        try:
            return await self._run(ledger)
        except BulkImporterError as error:
            with suppress(CheckpointError):  # that is what ended it, or will be said by the next one
                await ledger.record_run_ended(exit_code=error.exit_code, why=str(error))
            raise
        finally:
            await ledger.close()

    async def _server(self, header: Header) -> str:
        """Where to send to; another server than the recorded one only where that is said, and it has the project."""
        wanted = self._settings.server
        server = header.server if wanted is None else server_url(wanted)
        if server == header.server:
            return server
        if not self._settings.server_moved:
            raise UsageError(
                f"The checkpoint {self._folder} belongs to {header.server}, and --server says {server}. Leave --server "
                f"out. {MOVED}"
            )
        async with self._stop.breaking_off(), Client.of(self._settings, self._token) as client:
            patience = Patience.of(
                self._settings, sleep=self._stop.rest, chance=random.random, told=self._tell
            )
            try:
                await Catalog(Queries(client, patience)).find_project(header.project)
            except ProjectNotFound as error:
                raise CheckpointMismatch(
                    f"{server} has no project {header.project}, so it is not {header.server} under another name. "
                    "Nothing was sent."
                ) from error
        return server

    def _tell(self, event: Event) -> None:
        for observer in self._observers:
            observer(event)

    def _require_same_names(self, header: Header) -> None:
        """Raise `UsageError` where entries would name their media in another way than they did."""
        recorded = header.settings.get("media_by", self._settings.media_by)
        if recorded != self._settings.media_by:
            raise UsageError(
                f"The import that rejected the entries had --media-by {recorded}. Say that here too, and what names "
                "were taken from then: --dataset, --media-map or --media-list. Nothing was sent."
            )

    async def _run(self, ledger: Checkpoint) -> Retried:
        before = Before.of(ledger.state)
        for each in await asyncio.to_thread(retry_folders, self._folder):
            await self._settle(ledger, each)
        plan = RetryPlan(
            self._folder,
            ledger,
            self._settings,
            self._stop,
            corrected=self._corrected,
            source=self._source,
            out_of_order=self._out_of_order,
        )
        fed: list[RetryFolder] = []
        summaries: list[Summary] = []
        errors: list[BulkImporterError] = []
        try:
            async with aclosing(plan.folders()) as folders:
                async for each in folders:
                    fed.append(each)
                    summaries.append(await self._import(each, ledger.header))
                    await self._settle(ledger, each)
                    if self._stop.is_requested:
                        break
        except BulkImporterError as error:
            if not fed:
                raise
            errors += [] if self._stop.is_requested else [error]
        again = await asyncio.to_thread(self._write_rejected_again, ledger.state, fed)
        summary = await self._summarize(ledger, before, summaries, errors)
        left = await asyncio.to_thread(retry_folders, self._folder)
        return Retried(
            summary,
            plan.sends,
            sorted(plan.held_back),
            plan.left_out,
            sum(len(each.standing().unsettled) for each in left),
            again,
        )

    async def _settle(self, ledger: Checkpoint, retry: RetryFolder) -> None:
        """Put on record what a retry delivered and the ledger does not know yet."""
        standing = await asyncio.to_thread(retry.standing)
        delivered = SpanSet.of(
            position for position in sorted(standing.delivered) if position in ledger.state.rejected
        )
        if delivered:
            await ledger.record_corrected(delivered.spans)

    async def _import(self, retry: RetryFolder, header: Header) -> Summary:
        told = await asyncio.to_thread(retry.standing)
        settings = replace(
            self._settings,
            server=header.server,
            project=header.project,
            checkpoint=str(retry.checkpoint),
            path=None,
            lines="lines",
            limit=None,
            settled_by=None,
            source_grew=False,
            server_moved=told.server not in (None, header.server),
        )
        source = await open_source(str(retry.source))
        try:
            return await Import(
                source,
                settings,
                self._token,
                retry.checkpoint,
                self._stop,
                observers=self._observers,
                announce=self._announce,
                sibling=self._folder,
                leave_out=retry.lines_passed_on(),
            ).run()
        finally:
            await source.aclose()

    def _write_rejected_again(self, state: CheckpointState, retries: Sequence[RetryFolder]) -> Path | None:
        """Replace the file of what was rejected once more, each line with the position in the original source."""
        path = self._folder / REJECTED_AGAIN
        lines = [
            msgspec.json.encode(
                {
                    "position": position,
                    "media_id": line.media_id,
                    "findings": line.findings,
                    **line.kept(),
                }
            )
            for retry in retries
            for position, line in retry.rejected_lines()
            if position in state.rejected
        ]
        try:
            if not lines:
                path.unlink(missing_ok=True)
                return None
            replace_file(path, b"\n".join(lines) + b"\n")
        except OSError as error:
            raise CheckpointUnusable.by(path, error) from error
        return path

    async def _summarize(
        self,
        ledger: Checkpoint,
        before: Before,
        summaries: Sequence[Summary],
        errors: Sequence[BulkImporterError],
    ) -> Summary:
        state = ledger.state
        this_run = tally_since(
            before,
            state,
            seconds=sum(each.this_run.seconds for each in summaries),
            requests=sum(each.this_run.requests for each in summaries),
            retries=sum(each.this_run.retries for each in summaries),
        )
        # The ledger counts what is rejected less than before; this run has rejected what it fed in vain.
        findings: Counter[str] = Counter()
        for each in summaries:
            findings.update(each.this_run.findings)
        this_run = msgspec.structs.replace(
            this_run, rejected=sum(each.this_run.rejected for each in summaries), findings=dict(findings)
        )
        # What the retries ended with matters as well, but for rejections: the ledger counts those itself.
        codes = [ExitCode(each.exit_code) for each in summaries if each.exit_code != ExitCode.REJECTIONS]

        def summary_now() -> Summary:
            summary = summarize(
                ledger.header,
                state,
                self._folder,
                run_state=ending(state, errors, stopped=self._stop.is_requested),
                this_run=this_run,
                errors=errors,
                stopped_by=self._stop.exit_code if self._stop.is_requested else None,
                stop_reason=_import_left(state),
                media_in_doubt=[media_id for each in summaries for media_id in each.media_in_doubt],
            )
            return msgspec.structs.replace(
                summary,
                exit_code=most_important([ExitCode(summary.exit_code), *codes]),
                message=" ".join(filter(None, [*(each.message for each in summaries), summary.message])),
            )

        ended = summary_now()
        await ledger.record_run_ended(
            seconds=this_run.seconds,
            requests=this_run.requests,
            retries=this_run.retries,
            exit_code=ended.exit_code,
            why=ended.message,
        )
        summary = summary_now()  # once more: with the sums that are on record now
        await asyncio.to_thread(write_summary, self._folder, summary)
        return summary


def _import_left(state: CheckpointState) -> str:
    """That the import itself is not finished, which no retry changes; empty where it is, or waits for answers."""
    left = "" if state.counts.in_doubt else left_to_send(state)
    return (
        f"The import itself is not finished: {left} is left. The import command again sends that."
        if left
        else ""
    )
