"""Sets up the stages for one source and one project, lets them run, and says what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import (
    Checkpoint,
    CheckpointState,
    FolderOptions,
    Header,
    SourceIdentity,
    identify,
    read_state,
)
from bulk_importer.checkpoint.log.records import Block
from bulk_importer.checkpoint.summary_file import write_summary, written_state
from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.project_names import id_in
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client
from bulk_importer.errors import (
    BulkImporterError,
    CheckpointError,
    CheckpointLocked,
    CheckpointMismatch,
    ExitCode,
    SourceUnreadable,
    UsageError,
)
from bulk_importer.events import Event, Observer, RunEnded, RunStarted
from bulk_importer.intake import IntakeOptions
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.model import KeepData
from bulk_importer.pipeline.config_watch import ConfigWatch, digest_of
from bulk_importer.pipeline.feed import READ_AS
from bulk_importer.pipeline.first_contact import FirstContact
from bulk_importer.pipeline.flow import Flow
from bulk_importer.pipeline.passes import Passes
from bulk_importer.pipeline.resume.already_delivered import AlreadyDelivered, settled_before
from bulk_importer.pipeline.resume.source_again import note_place
from bulk_importer.pipeline.ruleset import (
    FROM_SERVER,
    RuleSet,
    label_config_of,
    require_known_codes,
    ruleset_of,
    target_project,
)
from bulk_importer.pipeline.summarizing import (
    PROJECT_NAME,
    Announcement,
    Before,
    Mentioned,
    ending,
    left_to_send,
    summarize,
    tally_since,
)
from bulk_importer.pipeline.wiped.mention_log import MentionLog
from bulk_importer.pipeline.wiped.neighbours import Neighbours
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries
from bulk_importer.readback.doubts import Doubts
from bulk_importer.settings import Settings
from bulk_importer.sources import Source
from bulk_importer.spans import SpanSet
from bulk_importer.summary import RunState, Summary, Tally
from bulk_importer.transfer.options import require_sound
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Import"]

_SECONDS_BETWEEN_TRIES = 0.1


class Import:
    """One source into one project. Construct it, `run` it once.

    Args:
        source: open, and closed by the caller.
        folder: of the checkpoint.
        stop: ends the run when it is requested.
        observers: see every event.
        announce: told what is about to happen, once, before the first upload.
        sibling: checkpoint folder of the source that was imported just before this one, into the same project.
        leave_out: positions that are skipped where they are not settled yet.
        neighbours: what is known of the other sources of the command; None where it has none.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings,
        token: Token,
        folder: Path,
        stop: StopSwitch,
        *,
        observers: Sequence[Observer] = (),
        announce: Callable[[Announcement], None] = lambda _: None,
        sibling: Path | None = None,
        leave_out: SpanSet | None = None,
        neighbours: Neighbours | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not settings.server or not settings.project:
            raise UsageError("Say where to: --server URL and --project ID_OR_NAME are needed.")
        self._source = source
        self._settings = settings
        self._server = server_url(settings.server)
        self._wanted = settings.project
        self._token = token
        self._folder = folder
        self._stop = stop
        self._observers = observers
        self._announce = announce
        self._sibling = sibling
        self._leave_out = leave_out
        self._neighbours = neighbours
        self._clock = clock

    async def run(self) -> Summary:
        """Import until the source ends, an error ends the run, or a stop is requested.

        Returns:
            The summary, which is also on disk and carries the exit code. Once the checkpoint is open nothing that
            can be foreseen is raised.

        Raises:
            BulkImporterError: the run could not begin.
        """
        require_known_codes(self._settings)
        require_sound(self._settings)
        identity = await asyncio.to_thread(self._identity)
        finished = await asyncio.to_thread(self._finished, identity)
        if finished is not None:
            if written_state(self._folder) != finished.state:  # what ended the run let nothing be written
                await asyncio.to_thread(write_summary, self._folder, finished)
            return finished
        async with AsyncExitStack() as opened:
            async with self._stop.breaking_off():
                client = await opened.enter_async_context(self._client())
                patience = Patience.of(
                    self._settings, sleep=self._stop.rest, chance=random.random, told=self._emit
                )
                queries = Queries(client, patience)
                catalog = Catalog(queries, emit=self._emit)
                project = await target_project(self._settings, catalog)
                config = await label_config_of(self._settings, catalog, project)
            # Not broken off: a checkpoint that a thread has half opened would keep its lock.
            checkpoint = await self._opened(project, identity, config)
            opened.push_async_callback(checkpoint.close)
            try:
                async with self._stop.breaking_off():
                    if PROJECT_NAME not in checkpoint.state.notes:
                        await checkpoint.record_note(PROJECT_NAME, project.name)
                    await note_place(checkpoint, self._source)
                    watch = await self._watch(catalog, project, config, checkpoint)
                    ruleset = await ruleset_of(
                        self._settings,
                        config,
                        self._folder,
                        catalog=catalog,
                        project=project,
                        is_begun=bool(checkpoint.state.delivered or checkpoint.state.taken),
                        is_in_doubt=bool(checkpoint.state.taken),
                        sibling=self._before(),
                    )
                    settled = await self._settled(checkpoint, ruleset)
                    crossing = self._crossing(ruleset, opened)
                    mention_log = opened.enter_context(
                        await asyncio.to_thread(
                            MentionLog, self._folder, checkpoint.state.position, crossing.mentions
                        )
                    )
            except BulkImporterError as error:
                return await self._not_run(checkpoint, error)
            reader = LabelReader(queries, catalog, project)
            doubts = Doubts(
                checkpoint, reader, limit_seconds=self._settings.server_request_limit, emit=self._emit
            )
            return await self._run(
                client, project, checkpoint, ruleset, watch, doubts, settled, crossing, mention_log
            )

    def _crossing(self, ruleset: RuleSet, opened: AsyncExitStack) -> WipedEntries:
        """What follows the entries; its neighbours are told when this run is over."""
        neighbours = self._neighbours
        if neighbours is None:
            return WipedEntries(ruleset.rules, importable=ruleset.media)
        crossing = WipedEntries(ruleset.rules, importable=ruleset.media, others=neighbours.mentions)
        opened.push_async_callback(asyncio.to_thread, neighbours.end, self._folder, crossing.mentions)
        return crossing

    def _before(self) -> Path | None:
        """The checkpoint whose uploads are part of this import."""
        return Path(self._settings.settled_by) if self._settings.settled_by else self._sibling

    async def _settled(self, checkpoint: Checkpoint, ruleset: RuleSet) -> AlreadyDelivered | None:
        """What of a mended source an earlier import delivered. After a stop nothing is read, so it does not matter."""
        if self._settings.settled_by is None:
            return AlreadyDelivered(self._leave_out, SpanSet()) if self._leave_out else None
        return await settled_before(
            self._source,
            ruleset.rules,
            IntakeOptions.of(self._settings),
            Path(self._settings.settled_by),
            checkpoint.header,
            server_moved=self._settings.server_moved,
            stopping=lambda: self._stop.is_requested,
        )

    async def _watch(
        self, catalog: Catalog, project: Project, config: LabelConfig | None, checkpoint: Checkpoint
    ) -> ConfigWatch | None:
        """What notices that the project's configuration changes, also since the last run on this checkpoint."""
        if config is None or self._settings.label_config != FROM_SERVER:
            return None
        # Whether the server answers is the concern of the uploads while they go on, and they say so.
        untold = catalog.untold()

        async def read() -> LabelConfig:
            fresh = await label_config_of(self._settings, untold, project)
            assert fresh is not None
            return fresh

        watch = ConfigWatch(read, config, checkpoint, poll_seconds=self._settings.config_poll)
        await watch.begin()
        return watch

    async def _run(
        self,
        client: Client,
        project: Project,
        checkpoint: Checkpoint,
        ruleset: RuleSet,
        watch: ConfigWatch | None,
        doubts: Doubts,
        settled: AlreadyDelivered | None,
        crossing: WipedEntries,
        mention_log: MentionLog,
    ) -> Summary:
        state, header = checkpoint.state, checkpoint.header
        began, before = self._clock(), Before.of(state)
        self._write(summarize(header, state, self._folder, run_state=RunState.RUNNING, this_run=Tally()))
        self._emit(self._started(project, before, None if state.end is None else state.end.entries))

        contact = FirstContact(client, self._settings.wait_for_server, self._stop, self._emit)

        def emit(event: Event) -> None:
            doubts.see(event)
            contact(event)
            self._emit(event)

        def began_with(keep_data: Mapping[KeepData, int]) -> None:
            self._announce(self._announcement(project, before, keep_data, ruleset))

        held = self._neighbours.in_doubt_beside(self._folder) if self._neighbours else frozenset[int]()
        passes = Passes(
            self._source,
            self._settings,
            checkpoint,
            ruleset.rules,
            doubts,
            self._stop,
            flow=lambda first: Flow(
                self._source,
                self._settings,
                client,
                project.id,
                checkpoint,
                self._stop,
                doubts=doubts,
                rules=ruleset.rules,
                watch=watch,
                settled=settled,
                crossing=crossing,
                keep_mentioned=mention_log.keep,
                held=held,
                emit=emit,
                began=began_with if first else lambda _: None,
                clock=self._clock,
            ),
            emit=emit,
            clock=self._clock,
        )
        try:
            errors = await passes.run()
        except Exception as error:
            # It goes on to whoever called; what is on disk must not say for ever that a run goes on.
            await self._not_run(
                checkpoint, BulkImporterError(f"An unforeseen error ended the run: {error!r}.")
            )
            raise
        finally:
            contact.close()
        if contact.error is not None:
            errors.append(contact.error)
        this_run = tally_since(
            before, state, seconds=self._clock() - began, requests=passes.requests, retries=passes.retries
        )
        try:
            await asyncio.to_thread(mention_log.sync)
            await self._note_mentioned(checkpoint, crossing)
        except CheckpointError as error:
            errors.append(error)
        stopped = passes.is_limited or self._stop.is_requested or bool(passes.held_back)
        stopped_by = ExitCode.IN_DOUBT if passes.held_back else None

        def summary_with(errors: Sequence[BulkImporterError]) -> Summary:
            return summarize(
                header,
                state,
                self._folder,
                run_state=ending(state, errors, stopped=stopped),
                this_run=this_run,
                errors=errors,
                stopped_by=self._stop.exit_code if self._stop.is_requested and not errors else stopped_by,
                stop_reason=self._stop.reason or self._remark(checkpoint, watch, crossing, passes),
                media_in_doubt=doubts.media_ids,
            )

        summary = summary_with(errors)
        try:
            await self._record_ended(checkpoint, summary)
        except CheckpointError as error:
            errors.append(error)
        summary = summary_with(errors)  # once more: with the sums that are on record now
        try:
            write_summary(self._folder, summary)
        except CheckpointError as error:
            if not any(isinstance(each, CheckpointError) for each in errors):
                summary = summary_with([*errors, error])
        self._emit(RunEnded(exit_code=summary.exit_code, state=summary.state))
        return summary

    async def _record_ended(self, checkpoint: Checkpoint, summary: Summary) -> None:
        """Put on record that the run is over, how and why."""
        this_run = summary.this_run
        await checkpoint.record_run_ended(
            seconds=this_run.seconds,
            requests=this_run.requests,
            retries=this_run.retries,
            exit_code=summary.exit_code,
            why=summary.message,
        )

    async def _note_mentioned(self, checkpoint: Checkpoint, crossing: WipedEntries) -> None:
        """Put on record which media the whole source mentions, for this summary and for later ones."""
        state = checkpoint.state
        if state.end is not None and crossing.media is not None:
            mentioned = Mentioned.of(state, crossing.media, crossing.not_mentioned)
            if mentioned != Mentioned.kept(state):
                await checkpoint.record_note(Mentioned.NOTE, msgspec.to_builtins(mentioned))

    def _remark(
        self, checkpoint: Checkpoint, watch: ConfigWatch | None, crossing: WipedEntries, passes: Passes
    ) -> str:
        """What is not sent and why; what to try with rejections that may be none by now; what is not known."""
        remarks = []
        if passes.is_limited and not checkpoint.state.is_finished:
            remarks.append(
                f"--limit ended the run: {left_to_send(checkpoint.state)} is left. The same command without it "
                "sends all of that; with it, as many entries again at most."
            )
        if passes.held_back:
            remarks.append(
                f"{passes.held_back:,} entries were not sent: the answers to requests of other sources for their media "
                "were lost. When it is known what became of these, the same command sends them."
            )
        if watch is not None and watch.has_grown and checkpoint.state.rejected:
            remarks.append(
                "Something was added to the label configuration since entries were first held against it: "
                f"'bulk-importer retry {self._folder}' holds what was rejected against it as it is now."
            )
        if crossing.unknown:
            remarks.append(f"It is not known {crossing.unknown}.")
        return " ".join(remarks)

    async def _not_run(self, checkpoint: Checkpoint, error: BulkImporterError) -> Summary:
        """The summary where something ended the run before its own account: as a rule before the first reading."""

        def summary_now() -> Summary:
            return summarize(
                checkpoint.header,
                checkpoint.state,
                self._folder,
                run_state=ending(checkpoint.state, [error], stopped=False),
                this_run=Tally(),
                errors=[error],
            )

        with contextlib.suppress(
            CheckpointError
        ):  # that is what ended the run, or will be said by the next one
            await self._record_ended(checkpoint, summary_now())
        summary = summary_now()
        self._write(summary)
        self._emit(RunEnded(exit_code=summary.exit_code, state=summary.state))
        return summary

    def _require_same_form(self, state: CheckpointState) -> None:
        """Raise `CheckpointMismatch` where `--lines` says something else than what the source was read as before."""
        before, now = state.notes.get(READ_AS), self._settings.lines
        if state.segments and before is not None and now not in ("auto", before):
            raise CheckpointMismatch(
                f"The checkpoint {self._folder} was begun for something else: its source was read as by --lines "
                f"{before}, and --lines is {now} now. Nothing was sent. Run the command as it was, or name another "
                "folder with --checkpoint to begin anew. Do not delete this folder: it alone knows what was delivered."
            )

    def _finished(self, identity: SourceIdentity) -> Summary | None:
        """The summary of a checkpoint on which nothing is left to do, so that the server need not even be there.

        Raises:
            CheckpointMismatch: as `_require_same_form`; what else may differ, opening the checkpoint will say.
        """
        try:
            header, state = read_state(self._folder)
        except CheckpointError:
            return None  # opening it for writing says better what is wrong
        self._require_same_form(state)
        wanted, meaning = self._wanted, self._settings.meaning()
        is_project = header.project in (wanted, id_in(wanted)) or wanted == state.notes.get(PROJECT_NAME)
        same_target = header.server == self._server and is_project
        means_the_same = all(
            header.settings.get(name) == meaning.get(name) for name in meaning.keys() | header.settings.keys()
        )
        if identity == SourceIdentity() or not (
            state.is_finished and same_target and means_the_same and state.identity == identity
        ):
            return None
        return summarize(header, state, self._folder, run_state=RunState.COMPLETE, this_run=Tally())

    def _identity(self) -> SourceIdentity:
        source = self._source
        if source.file is None:
            # A server's name for the present content stands in for digests of it.
            version = (Block(0, 0, source.version),) if source.version else ()
            if source.size is None and not version:
                return SourceIdentity()
            return SourceIdentity(size=source.size, blocks=version, plain=source.plain)
        try:
            return identify(source.file, plain=source.plain)
        except OSError as error:
            raise SourceUnreadable(self._source.name, error.strerror or str(error)) from error

    async def _opened(
        self, project: Project, identity: SourceIdentity, config: LabelConfig | None
    ) -> Checkpoint:
        """The checkpoint, as soon as another run lets go of it, or `Interrupted` where the run is to end before."""
        until = self._clock() + self._settings.lock_wait
        while True:
            try:
                return await asyncio.to_thread(self._open, project, identity, config)
            except CheckpointLocked:
                if self._clock() >= until:
                    raise
            await self._stop.rest(_SECONDS_BETWEEN_TRIES)

    def _open(self, project: Project, identity: SourceIdentity, config: LabelConfig | None) -> Checkpoint:
        header = Header(
            source=self._source.name,
            identity=identity,
            server=self._server,
            project=project.id,
            label_config=None if config is None else digest_of(config),
            settings=self._settings.meaning(),
            run=secrets.token_hex(8),
        )
        return Checkpoint.open(
            self._folder,
            header,
            FolderOptions(
                source_file=self._source.file,
                source_grew=self._settings.source_grew,
                server_moved=self._settings.server_moved,
                max_rejected_bytes=self._settings.max_rejected_bytes,
            ),
        )

    def _client(self) -> Client:
        return Client.of(self._settings, self._token)

    def _started(self, project: Project, before: Before, total: int | None) -> RunStarted:
        counts = before.counts
        return RunStarted(
            source=self._source.name,
            size=self._source.size,
            server=self._server,
            project=project.id,
            checkpoint=str(self._folder),
            settled=counts.delivered + counts.rejected + counts.skipped,
            read=counts.entries,
            rejected=counts.rejected,
            in_doubt=counts.in_doubt,
            total=total,
        )

    def _announcement(
        self, project: Project, before: Before, keep_data: Mapping[KeepData, int], ruleset: RuleSet
    ) -> Announcement:
        return Announcement(
            source=self._source.name,
            server=self._server,
            project=project.id,
            project_name=project.name,
            checkpoint=self._folder,
            keep_data=keep_data,
            before=before.counts,
            limit=self._settings.limit,
            checked=ruleset.checked,
            unchecked=ruleset.unchecked,
        )

    def _write(self, summary: Summary) -> None:
        """Replace `summary.json`, before the end. A disk that refuses it has stopped the run already, or will."""
        with contextlib.suppress(CheckpointError):
            write_summary(self._folder, summary)

    def _emit(self, event: Event) -> None:
        for observer in self._observers:
            observer(event)
