"""Feeds rejected entries again, corrected or as they are, and settles them in the ledger that rejected them.

A retry is an import of its own (see `retry_folders`). What it delivered is then put on record in the original ledger,
also after a crash between the two: every retry begins with what earlier ones left to be put on record.

Order: a rejected entry comes after what followed it, and is held back where that matters (see `retry_order`). It is
held back too while an earlier retry has it or something else of its media in doubt.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import Checkpoint, CheckpointState, Header, read_state
from bulk_importer.checkpoint.folder import MOVED
from bulk_importer.datagym.access import Token
from bulk_importer.datagym.catalog import Catalog
from bulk_importer.datagym.client import Client
from bulk_importer.datagym.routes import server_url
from bulk_importer.errors import (
    BulkImporterError,
    CheckpointMismatch,
    ExitCode,
    ProjectNotFound,
    UsageError,
    most_important,
)
from bulk_importer.events import Observer
from bulk_importer.intake import IntakeOptions, open_source
from bulk_importer.pipeline.account import Announcement, Before, ending, summarize, tally_since
from bulk_importer.pipeline.corrections import Correction, corrections_in, standing_corrections
from bulk_importer.pipeline.importing import Import
from bulk_importer.pipeline.retry_folders import (
    RetryFolder,
    create_retry,
    delivered_corrections,
    retry_folders,
)
from bulk_importer.pipeline.retry_order import corrections_that_wait
from bulk_importer.pipeline.source_again import open_again, was_stream
from bulk_importer.settings import Settings
from bulk_importer.spans import SpanSet
from bulk_importer.summary import Summary, write_summary
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


@dataclass(frozen=True, slots=True)
class _Work:
    """What a retry is to do: which folders to import, and what of the corrections is not among that."""

    folders: Sequence[RetryFolder] = ()
    held_back: Sequence[int] = ()
    left_out: Sequence[int] = ()
    sends: int = 0


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
        server = await self._server(header)
        fresh = msgspec.structs.replace(
            header, identity=state.identity, server=server, run=secrets.token_hex(8)
        )
        ledger = await asyncio.to_thread(
            Checkpoint.open, self._folder, fresh, server_moved=self._settings.server_moved
        )
        try:
            return await self._run(ledger)
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
            catalog = Catalog(
                client, max_seconds=self._settings.max_outage, sleep=self._stop.rest, chance=random.random
            )
            try:
                await catalog.find_project(header.project)
            except ProjectNotFound as error:
                raise CheckpointMismatch(
                    f"{server} has no project {header.project}, so it is not {header.server} under another name. "
                    "Nothing was sent."
                ) from error
        return server

    async def _run(self, ledger: Checkpoint) -> Retried:
        before = Before.of(ledger.state)
        earlier = await asyncio.to_thread(retry_folders, self._folder)
        for each in earlier:
            await self._settle(ledger, each)
        work = await self._work(ledger, earlier)
        summaries: list[Summary] = []
        errors: list[BulkImporterError] = []
        for each in work.folders:
            try:
                summaries.append(await self._import(each, ledger.header))
            except BulkImporterError as error:
                errors.append(error)
            await self._settle(ledger, each)
            if errors or self._stop.is_requested:
                break
        again = await asyncio.to_thread(self._write_rejected_again, ledger.state, work.folders)
        summary = await self._summarize(ledger, before, summaries, errors)
        left = await asyncio.to_thread(retry_folders, self._folder)
        return Retried(
            summary,
            work.sends,
            work.held_back,
            work.left_out,
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

    async def _work(self, ledger: Checkpoint, earlier: Sequence[RetryFolder]) -> _Work:
        """What is to be done: what earlier retries left, or where a file or nothing else says what, a new one.

        Raises:
            UsageError: the corrections cannot be meant, or the source is needed and not found.
            CheckpointError: they cannot be read or kept.
        """
        unsettled = [each for each in earlier if each.standing().unsettled]
        if unsettled and self._corrected is None:
            return await self._going_on(ledger, unsettled)
        left_out: list[int] = []
        if self._corrected is None:
            chosen = await asyncio.to_thread(standing_corrections, self._folder, ledger.state)
        else:
            settled = {position for each in earlier for position in each.standing().delivered}
            chosen, left_out = await asyncio.to_thread(
                corrections_in, self._corrected, ledger.state.rejected, settled
            )
        waiting = _doubted(unsettled, chosen) | await self._waiting(ledger, chosen)
        fed = [each for each in chosen if each.position not in waiting]
        made = [await asyncio.to_thread(create_retry, self._folder, fed)] if fed else []
        return _Work(made, sorted(waiting), left_out, len(fed))

    async def _going_on(self, ledger: Checkpoint, unsettled: Sequence[RetryFolder]) -> _Work:
        """Go on with earlier retries. One with something that must wait by now waits as a whole."""
        folders: list[RetryFolder] = []
        held_back: set[int] = set()
        sends = 0
        for each in unsettled:
            standing = each.standing()
            waiting = await self._waiting(ledger, await asyncio.to_thread(each.corrections, standing.owed))
            held_back |= waiting
            if not waiting:
                folders.append(each)
                sends += len(standing.unsettled)
        return _Work(folders, sorted(held_back), (), sends)

    async def _waiting(self, ledger: Checkpoint, corrections: Collection[Correction]) -> set[int]:
        """The positions that are held back because of what else was imported."""
        by_media = [each for each in corrections if each.lane is not None]
        if not by_media:
            return set()
        header, state = ledger.header, ledger.state
        options = IntakeOptions.of(replace(self._settings, path=_path_in(header)))
        async with self._stop.breaking_off():
            try:
                source = await open_again(self._folder, header, state, self._source)
                try:
                    return await corrections_that_wait(
                        source,
                        state,
                        options,
                        by_media,
                        corrected=await asyncio.to_thread(self._corrected_before),
                        out_of_order=self._out_of_order,
                    )
                finally:
                    await source.aclose()
            except BulkImporterError as error:
                if self._out_of_order and not (state.taken or state.counts.owed):
                    return set()
                raise UsageError(self._without_source(header, state, error)) from error

    def _corrected_before(self) -> list[Correction]:
        return delivered_corrections(retry_folders(self._folder))

    def _without_source(self, header: Header, state: CheckpointState, error: BulkImporterError) -> str:
        """Why nothing is fed where the source cannot be read again, and what to do."""
        advice = "Say with --source where its content is now."
        if self._out_of_order:
            advice += " Without it, let the import go on until nothing is in doubt or owed."
        elif was_stream(header, state):
            advice += (
                " Where nobody has it any more, --out-of-order feeds them without knowing; a keepData false among "
                "them, or among what came later, then costs labels."
            )
        return (
            "Before rejected entries are fed again, the source is read to see what else there is for their media. "
            f"{error} {advice} Nothing was sent."
        )

    async def _import(self, retry: RetryFolder, header: Header) -> Summary:
        told = await asyncio.to_thread(retry.standing)
        media_by = header.settings.get("media_by")
        settings = replace(
            self._settings,
            server=header.server,
            project=header.project,
            checkpoint=str(retry.checkpoint),
            media_by=media_by if isinstance(media_by, str) else self._settings.media_by,
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
                    **({"entry": line.entry} if bytes(line.entry) else {}),
                }
            )
            for retry in retries
            for position, line in retry.rejected_lines()
            if position in state.rejected
        ]
        path.unlink(missing_ok=True)
        if not lines:
            return None
        path.write_bytes(b"\n".join(lines) + b"\n")
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
        await ledger.record_run_ended(
            seconds=this_run.seconds, requests=this_run.requests, retries=this_run.retries
        )
        summary = summarize(
            ledger.header,
            state,
            self._folder,
            run_state=ending(state, errors, stopped=self._stop.is_requested),
            this_run=this_run,
            errors=errors,
            stopped_by=self._stop.exit_code if self._stop.is_requested else None,
            media_in_doubt=[media_id for each in summaries for media_id in each.media_in_doubt],
        )
        # What the retries ended with matters as well, but for rejections: the ledger counts those itself.
        codes = [ExitCode(each.exit_code) for each in summaries if each.exit_code != ExitCode.REJECTIONS]
        summary = msgspec.structs.replace(
            summary,
            exit_code=most_important([ExitCode(summary.exit_code), *codes]),
            message=" ".join(filter(None, [*(each.message for each in summaries), summary.message])),
        )
        await asyncio.to_thread(write_summary, self._folder, summary)
        return summary


def _doubted(unsettled: Sequence[RetryFolder], corrections: Sequence[Correction]) -> set[int]:
    """The positions of corrections whose media an earlier retry has in doubt."""
    lanes = {each.lane for retry in unsettled for each in retry.corrections(retry.standing().in_doubt)} - {
        None
    }
    doubted = {position for retry in unsettled for position in retry.standing().in_doubt}
    return {each.position for each in corrections if each.position in doubted or each.lane in lanes}


def _path_in(header: Header) -> str | None:
    """Where in its source the array was."""
    path = header.settings.get("path")
    return path if isinstance(path, str) else None
