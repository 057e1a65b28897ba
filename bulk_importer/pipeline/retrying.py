"""Feeds rejected entries again, corrected or as they are, and settles them in the ledger that rejected them.

A retry is an import of its own (see `retry_folders`). What it delivered is then put on record in the original ledger,
also after a crash between the two: every retry begins with what earlier ones left to be put on record.

Order: a rejected entry comes after what followed it. It is held back where that shows: where it, or an entry of its
media that was delivered after it, says `keepData: false`, one would wipe what the other brought. It is held back too
while its media is in doubt, or an entry before it is still owed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import Checkpoint, CheckpointState, Header, read_state, rejected_lines
from bulk_importer.datagym.access import Token
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError, most_important
from bulk_importer.events import Observer
from bulk_importer.intake import Intake, IntakeOptions, Rules, open_source
from bulk_importer.model import EntryRun, KeepData, ReadPlan
from bulk_importer.pipeline.account import Announcement, Before, ending, summarize, tally_since
from bulk_importer.pipeline.corrections import Correction, corrections_in, standing_corrections
from bulk_importer.pipeline.importing import Import
from bulk_importer.pipeline.retry_folders import RetryFolder, create_retry, retry_folders
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
        rejected_again: a file with those that were rejected once more, in the form of `rejected.jsonl`; None: none.
    """

    summary: Summary
    sent_again: int
    held_back: Sequence[int]
    rejected_again: Path | None


class Retry:
    """Feeds rejections of one checkpoint again. Construct it, `run` it once.

    Args:
        corrected: an edited copy of `rejected.jsonl`, or a part of it; None for all that is rejected, as it is (or for
            what an earlier retry left unsettled).
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
        out_of_order: bool = False,
        observers: Sequence[Observer] = (),
        announce: Callable[[Announcement], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._corrected = corrected
        self._settings = settings
        self._token = token
        self._stop = stop
        self._out_of_order = out_of_order
        self._observers = observers
        self._announce = announce

    async def run(self) -> Retried:
        """Feed what is to be fed, and put on record what was delivered.

        Raises:
            BulkImporterError: the retry could not begin; nothing was sent.
        """
        header, state = await asyncio.to_thread(read_state, self._folder)
        if self._settings.server not in (None, header.server):
            raise UsageError(f"The checkpoint belongs to {header.server}; leave --server out.")
        fresh = msgspec.structs.replace(header, identity=state.identity, run=secrets.token_hex(8))
        ledger = await asyncio.to_thread(Checkpoint.open, self._folder, fresh)
        try:
            return await self._run(ledger, header)
        finally:
            await ledger.close()

    async def _run(self, ledger: Checkpoint, header: Header) -> Retried:
        before = Before.of(ledger.state)
        earlier = retry_folders(self._folder)
        for each in earlier:
            await self._settle(ledger, each)
        unsettled = [each for each in earlier if each.unsettled()]
        held_back: list[int] = []
        if unsettled and self._corrected is None:
            retries = unsettled
        else:
            corrections, held_back = await self._corrections(ledger.state, header, unsettled)
            retries = [create_retry(self._folder, corrections)] if corrections else []
        summaries = []
        for each in retries:
            summaries.append(await self._import(each, header))
            await self._settle(ledger, each)
            if self._stop.is_requested:
                break
        again = self._write_rejected_again(ledger.state, retries)
        summary = await self._summarize(ledger, before, summaries)
        return Retried(summary, sum(len(each.positions) for each in retries), held_back, again)

    async def _settle(self, ledger: Checkpoint, retry: RetryFolder) -> None:
        """Put on record what a retry delivered and the ledger does not know yet."""
        delivered = SpanSet(
            part
            for span in await asyncio.to_thread(retry.delivered)
            for part in ledger.state.rejected.within(*span)
        )
        if delivered:
            await ledger.record_corrected(delivered.spans)

    async def _corrections(
        self, state: CheckpointState, header: Header, unsettled: Sequence[RetryFolder]
    ) -> tuple[list[Correction], list[int]]:
        """What to feed, and the positions that are held back."""
        if self._corrected is None:
            corrections = await asyncio.to_thread(standing_corrections, self._folder, state)
        else:
            corrections = await asyncio.to_thread(corrections_in, self._corrected, state.rejected)
        under_way = SpanSet(span for each in unsettled for span in each.unsettled())
        if any(each.position in under_way for each in corrections):
            raise UsageError(
                f"An earlier retry has not settled some of these positions. Run 'bulk-importer retry {self._folder}' "
                "without a file first: it goes on where that one stopped."
            )
        held_back = await self._held_back(state, header, corrections)
        return [each for each in corrections if each.position not in held_back], sorted(held_back)

    async def _held_back(
        self, state: CheckpointState, header: Header, corrections: Sequence[Correction]
    ) -> set[int]:
        by_lane: dict[str, list[Correction]] = defaultdict(list)
        for each in corrections:
            if (lane := each.lane) is not None:
                by_lane[lane].append(each)
        held: set[int] = set()
        if not by_lane:
            return held
        plan = ReadPlan(tuple(state.segments), state.position, state.offset, ended=True)
        try:
            source = await open_source(header.source)
            try:
                options = IntakeOptions.of(replace(self._settings, path=_path_in(header)))
                async with Intake(source, plan, Rules(), options) as intake:
                    async for segment in intake:
                        held |= self._in_the_way(state, segment.run, by_lane)
            finally:
                await source.aclose()
        except BulkImporterError as error:
            if not self._out_of_order:
                raise UsageError(
                    f"What followed the rejected entries cannot be read again ({error}) Say --out-of-order to feed "
                    "them without knowing."
                ) from error
        return held

    def _in_the_way(
        self, state: CheckpointState, run: EntryRun, by_lane: Mapping[str, Sequence[Correction]]
    ) -> set[int]:
        """The positions of corrections that an entry of this run keeps from being fed."""
        held: set[int] = set()
        for index, lane in enumerate(run.lanes):
            for each in by_lane.get(lane, ()):
                position = run.positions[index]
                later = position > each.position and position in state.delivered and not self._out_of_order
                wipes = KeepData.FALSE in (each.keep, KeepData(run.keeps[index]))
                owed_before = position < each.position and state.owes(SpanSet.of([position]).spans)
                if position in state.taken or owed_before or (later and wipes):
                    held.add(each.position)
        return held

    async def _import(self, retry: RetryFolder, header: Header) -> Summary:
        settings = replace(
            self._settings,
            server=header.server,
            project=header.project,
            checkpoint=str(retry.checkpoint),
            path=None,
            lines="lines",
            limit=None,
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
            ).run()
        finally:
            await source.aclose()

    def _write_rejected_again(self, state: CheckpointState, retries: Sequence[RetryFolder]) -> Path | None:
        """Replace the file of what was rejected once more, each line with the position in the original source."""
        path = self._folder / REJECTED_AGAIN
        lines = [
            msgspec.json.encode(
                {
                    "position": retry.positions[line.position],
                    "media_id": line.media_id,
                    "findings": line.findings,
                    **({"entry": line.entry} if bytes(line.entry) else {}),
                }
            )
            for retry in retries
            for line in rejected_lines(retry.checkpoint)
            if retry.positions[line.position] in state.rejected
        ]
        path.unlink(missing_ok=True)
        if not lines:
            return None
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path

    async def _summarize(self, ledger: Checkpoint, before: Before, summaries: Sequence[Summary]) -> Summary:
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
        await ledger.record_run_ended(
            seconds=this_run.seconds, requests=this_run.requests, retries=this_run.retries
        )
        summary = summarize(
            ledger.header,
            state,
            self._folder,
            run_state=ending(state, [], stopped=self._stop.is_requested),
            this_run=this_run,
            stopped_by=self._stop.exit_code if self._stop.is_requested else None,
            media_in_doubt=[media_id for each in summaries for media_id in each.media_in_doubt],
        )
        # What the retries ended with matters as well, but for rejections: the ledger counts those itself.
        codes = [ExitCode(each.exit_code) for each in summaries if each.exit_code != ExitCode.REJECTIONS]
        summary = msgspec.structs.replace(
            summary,
            exit_code=most_important([ExitCode(summary.exit_code), *codes]),
            message=" ".join(filter(None, (each.message for each in summaries))),
        )
        await asyncio.to_thread(write_summary, self._folder, summary)
        return summary


def _path_in(header: Header) -> str | None:
    """Where in its source the array was."""
    path = header.settings.get("path")
    return path if isinstance(path, str) else None
