"""Opens a run over a checkpoint: gathers its parts, and closes at the end those that are the run's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bulk_importer.checkpoint import Checkpoint, CheckpointState
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import LabelConfigChanged
from bulk_importer.events import Event
from bulk_importer.intake import IntakeOptions
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.media.index import MediaIndex
from bulk_importer.model import Segment
from bulk_importer.pipeline.announcing import Announcement, Announcer
from bulk_importer.pipeline.connecting import Connected
from bulk_importer.pipeline.guards.config_watch import ConfigWatch, digest_of
from bulk_importer.pipeline.guards.first_contact import FirstContact
from bulk_importer.pipeline.guards.keeping import Keeping, Marks, keeping_of
from bulk_importer.pipeline.guards.replacement import Forecast, ReplacementGuard
from bulk_importer.pipeline.notes import PROJECT_NAME, note_severities
from bulk_importer.pipeline.resume.already_delivered import AlreadyDelivered, settled_before
from bulk_importer.pipeline.resume.recorded_source import note_place
from bulk_importer.pipeline.resume.undone import LABELS_KNOWN
from bulk_importer.pipeline.ruleset import RuleSet, Target, label_config_of, ruleset_of
from bulk_importer.pipeline.run import Caller, ImportSpec, Run, SegmentFilter
from bulk_importer.pipeline.summarizing import Before
from bulk_importer.pipeline.wiped.followed_media import FollowedMedia, follow_media
from bulk_importer.readback.doubts import Doubts
from bulk_importer.readback.sent_by import note_clock
from bulk_importer.settings import LabelConfigFrom
from bulk_importer.summary import Books

if TYPE_CHECKING:
    from bulk_importer.backups.holdings import Holdings

__all__ = ["open_run"]


@asynccontextmanager
async def open_run(
    spec: ImportSpec, caller: Caller, connected: Connected, checkpoint: Checkpoint
) -> AsyncIterator[Run]:
    """Gather the parts of a run over an open checkpoint, and close at the end those that are the run's own.

    Raises:
        BulkImporterError: a part cannot be had, or a stop is requested before all are there.
    """
    async with AsyncExitStack() as opened:
        async with caller.stop.breaking_off():
            if PROJECT_NAME not in checkpoint.state.notes:
                await checkpoint.record_note(PROJECT_NAME, connected.target.project.name)
            if spec.books is not None and Books.NOTE not in checkpoint.state.notes:
                await checkpoint.record_note(Books.NOTE, msgspec.to_builtins(spec.books))
            await note_place(checkpoint, spec.source)
            await note_clock(checkpoint, connected.queries.server_clock)
            # Before the rules, which may read long lists: a configuration that has changed ends the run here.
            watch = await _watch(spec, caller, connected, checkpoint)
            ruleset = await _ruleset(spec, connected, checkpoint)
            if LABELS_KNOWN not in checkpoint.state.notes and not _is_begun(checkpoint.state):
                await checkpoint.record_note(LABELS_KNOWN, ruleset.knows_labels)
            await note_severities(checkpoint, ruleset.rules.severities())
            delivered = await _already_delivered(spec, checkpoint, ruleset)
            media = await opened.enter_async_context(_followed_media(spec, checkpoint, ruleset))
            keeping = await asyncio.to_thread(
                _keeping, spec, caller, connected, ruleset, is_begun=_is_begun(checkpoint.state)
            )
            opened.callback(keeping.close)
        doubts = _doubts(spec, caller, connected, checkpoint)
        steering = caller.steered()
        contact = FirstContact(connected.client, spec.settings.wait_for_server, steering, caller.emit)

        def emit(event: Event) -> None:
            doubts.see(event)
            contact(event)
            caller.emit(event)

        yield Run(
            source=spec.source,
            settings=spec.settings,
            folder=spec.folder,
            stop=caller.stop,
            steering=steering,
            clock=caller.clock,
            emit=emit,
            announcer=Announcer(caller.announce, _announcement(spec, connected, checkpoint, ruleset)),
            replacement=ReplacementGuard(
                _forecast(spec, checkpoint, ruleset, keeping.phrase, is_filtered=delivered is not None),
                checkpoint,
                caller.stop,
                caller.emit,
                caller.confirm,
                yes=spec.settings.yes,
            ),
            keeper=keeping.keeper,
            client=connected.client,
            project=connected.target.project,
            checkpoint=checkpoint,
            ruleset=ruleset,
            doubts=doubts,
            watch=watch,
            first_contact=contact,
            filters=_filters(checkpoint, delivered, media),
            media=media,
            before=Before.of(checkpoint.state),
        )


def _is_begun(state: CheckpointState) -> bool:
    """Whether anything may have been delivered."""
    return bool(state.delivered or state.taken)


async def _ruleset(spec: ImportSpec, connected: Connected, checkpoint: Checkpoint) -> RuleSet:
    """Put together the rules; uploads of an import that was continued or came just before may be our own."""
    settled_by = spec.settings.settled_by
    return await ruleset_of(
        spec.settings,
        connected.config,
        spec.folder,
        connected.target,
        state=checkpoint.state,
        sibling=Path(settled_by) if settled_by else spec.sibling,
    )


def _forecast(
    spec: ImportSpec, checkpoint: Checkpoint, ruleset: RuleSet, kept: str, *, is_filtered: bool
) -> Forecast:
    return Forecast(
        spec.source, spec.settings, ruleset.rules, ruleset.labelled, is_filtered, checkpoint.state, kept
    )


def _keeping(
    spec: ImportSpec, caller: Caller, connected: Connected, ruleset: RuleSet, *, is_begun: bool
) -> Keeping:
    timing = Timing(caller.clock, caller.stop.rest)
    index = ruleset.rules.media_index if ruleset.knows_labels else None
    catalog, project = connected.target.catalog.silent(), connected.target.project

    # Most imports replace nothing, so what reads labels is imported by those that do.
    async def holdings(media: MediaIndex) -> Holdings:
        from bulk_importer.backups.holdings import Holdings, ProjectReads
        from bulk_importer.backups.task_ids import TaskIds

        reads = ProjectReads(connected.queries, catalog, project)
        return await Holdings.of(reads, TaskIds(media, spec.folder), spec.settings, timing, caller.emit)

    async def look_again(marks: Marks) -> None:
        from bulk_importer.backups.task_ids import ToldTasks

        await catalog.tasks(project, ToldTasks(marks.note))

    return keeping_of(
        spec.settings,
        index,
        spec.folder,
        holdings,
        answer_seconds=connected.answer_seconds,
        look_again=look_again if is_begun else None,
        open_file=spec.open_file,
    )


def _doubts(spec: ImportSpec, caller: Caller, connected: Connected, checkpoint: Checkpoint) -> Doubts:
    reader = LabelReader(connected.queries, connected.target.catalog, connected.target.project)
    limit_seconds = spec.settings.server_request_limit
    return Doubts(checkpoint, reader, limit_seconds=limit_seconds, emit=caller.emit)


async def _watch(
    spec: ImportSpec, caller: Caller, connected: Connected, checkpoint: Checkpoint
) -> ConfigWatch | None:
    """Begin to watch the project's configuration; it may have changed since the last run on this checkpoint."""
    config, settings = connected.config, spec.settings
    if config is None:
        return None
    if settings.label_config != LabelConfigFrom.SERVER:
        if spec.planned_config not in (None, digest_of(config)):
            raise LabelConfigChanged(
                f"The label configuration in {settings.label_config} is not the one that the plan was checked against. "
                "Nothing was sent. Put that back, or make a plan by this one at another place."
            )
        return None
    # Whether the server answers is the concern of the uploads while they go on, and they say so.
    silent = Target(connected.target.catalog.silent(), connected.target.project)

    async def read() -> LabelConfig:
        fresh = await label_config_of(settings, silent)
        assert fresh is not None
        return fresh

    watch = ConfigWatch(read, config, checkpoint, poll_seconds=settings.config_poll, steering=caller.steering)
    await watch.begin(spec.planned_config)
    return watch


async def _already_delivered(
    spec: ImportSpec, checkpoint: Checkpoint, ruleset: RuleSet
) -> AlreadyDelivered | None:
    """Find the entries that are not to be sent: another import delivered them, or a later retry has taken them over."""
    settings = spec.settings
    if settings.settled_by is None:
        return AlreadyDelivered(spec.leave_out) if spec.leave_out else None
    return await settled_before(
        spec.source,
        ruleset.rules,
        IntakeOptions.of(settings),
        Path(settings.settled_by),
        checkpoint.header,
        server_moved=settings.server_moved,
    )


def _followed_media(
    spec: ImportSpec, checkpoint: Checkpoint, ruleset: RuleSet
) -> AbstractAsyncContextManager[FollowedMedia]:
    return follow_media(
        spec.folder,
        checkpoint.state.position,
        ruleset.rules,
        importable=ruleset.media,
        neighbours=spec.neighbours,
    )


def _filters(
    checkpoint: Checkpoint, delivered: AlreadyDelivered | None, media: FollowedMedia
) -> tuple[SegmentFilter, ...]:
    """Leave out what was delivered already, find what is wiped, keep what is mentioned."""

    def of_new(see: SegmentFilter) -> SegmentFilter:
        """Only segments that are not on record: what the others mention was noted when they were read first."""
        return lambda segment: see(segment) if segment.key.first >= checkpoint.state.position else segment

    if delivered is None:
        return (of_new(media.follow),)

    def note_delivered(segment: Segment) -> Segment:
        media.note(*delivered.delivered_in(segment))
        return segment

    # Noted before it is left out: what is gone from a segment cannot be found in it any more.
    return of_new(note_delivered), delivered.leave_out, of_new(media.follow)


def _announcement(
    spec: ImportSpec, connected: Connected, checkpoint: Checkpoint, ruleset: RuleSet
) -> Announcement:
    return Announcement(
        source=spec.source.name,
        server=checkpoint.header.server,
        project=connected.target.project.id,
        project_name=connected.target.project.name,
        checkpoint=spec.folder,
        keep_data={},
        before=checkpoint.state.counts,
        limit=spec.settings.limit,
        checked=ruleset.checked,
        unchecked=ruleset.unchecked,
    )
