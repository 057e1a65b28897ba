"""Opens a run over a checkpoint: gathers its parts, and closes at the end those that are the run's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.events import Event
from bulk_importer.intake import IntakeOptions
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.model import KeepData, Segment
from bulk_importer.pipeline.guards.config_watch import ConfigWatch
from bulk_importer.pipeline.guards.first_contact import FirstContact
from bulk_importer.pipeline.reaching import PROJECT_NAME, Reached
from bulk_importer.pipeline.resume.already_delivered import AlreadyDelivered, settled_before
from bulk_importer.pipeline.resume.source_again import note_place
from bulk_importer.pipeline.ruleset import RuleSet, Target, label_config_of, ruleset_of
from bulk_importer.pipeline.run import Announcement, Caller, ImportSpec, Run, SegmentFilter
from bulk_importer.pipeline.summarizing import Before
from bulk_importer.pipeline.wiped.mention_log import MentionLog
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries
from bulk_importer.readback.doubts import Doubts
from bulk_importer.settings import LabelConfigFrom

__all__ = ["open_run"]


@asynccontextmanager
async def open_run(
    spec: ImportSpec, caller: Caller, reached: Reached, checkpoint: Checkpoint
) -> AsyncIterator[Run]:
    """Gather the parts of a run over an open checkpoint, and close at the end those that are the run's own.

    Raises:
        BulkImporterError: a part cannot be had, or a stop is requested before all are there.
    """
    project, stop = reached.target.project, caller.stop
    async with AsyncExitStack() as opened:
        async with stop.breaking_off():
            if PROJECT_NAME not in checkpoint.state.notes:
                await checkpoint.record_note(PROJECT_NAME, project.name)
            await note_place(checkpoint, spec.source)
            watch = await _watch(spec, reached, checkpoint)
            ruleset = await _ruleset(spec, reached, checkpoint)
            delivered = await _already_delivered(spec, checkpoint, ruleset)
            wiped = _wiped_entries(spec, ruleset, opened)
            mention_log = opened.enter_context(
                await asyncio.to_thread(MentionLog, spec.folder, checkpoint.state.position, wiped.mentions)
            )
        doubts = _doubts(spec, caller, reached, checkpoint)
        contact = FirstContact(reached.client, spec.settings.wait_for_server, stop, caller.emit)

        def emit(event: Event) -> None:
            doubts.see(event)
            contact(event)
            caller.emit(event)

        yield Run(
            source=spec.source,
            settings=spec.settings,
            folder=spec.folder,
            stop=stop,
            clock=caller.clock,
            emit=emit,
            begin=_Beginning(caller, _announcement(spec, reached, checkpoint, ruleset)),
            client=reached.client,
            project=project,
            checkpoint=checkpoint,
            ruleset=ruleset,
            doubts=doubts,
            watch=watch,
            first_contact=contact,
            filters=_filters(checkpoint, delivered, wiped, mention_log),
            wiped=wiped,
            mention_log=mention_log,
            held=spec.neighbours.in_doubt_beside(spec.folder) if spec.neighbours else frozenset(),
            before=Before.of(checkpoint.state),
        )


async def _ruleset(spec: ImportSpec, reached: Reached, checkpoint: Checkpoint) -> RuleSet:
    """Put together the rules; uploads of an import that was continued or came just before may be our own."""
    settled_by = spec.settings.settled_by
    return await ruleset_of(
        spec.settings,
        reached.config,
        spec.folder,
        reached.target,
        state=checkpoint.state,
        sibling=Path(settled_by) if settled_by else spec.sibling,
    )


def _doubts(spec: ImportSpec, caller: Caller, reached: Reached, checkpoint: Checkpoint) -> Doubts:
    reader = LabelReader(reached.queries, reached.target.catalog, reached.target.project)
    limit_seconds = spec.settings.server_request_limit
    return Doubts(checkpoint, reader, limit_seconds=limit_seconds, emit=caller.emit)


async def _watch(spec: ImportSpec, reached: Reached, checkpoint: Checkpoint) -> ConfigWatch | None:
    """Begin to watch the project's configuration; it may have changed since the last run on this checkpoint."""
    config, settings = reached.config, spec.settings
    if config is None or settings.label_config != LabelConfigFrom.SERVER:
        return None
    # Whether the server answers is the concern of the uploads while they go on, and they say so.
    silent = Target(reached.target.catalog.silent(), reached.target.project)

    async def read() -> LabelConfig:
        fresh = await label_config_of(settings, silent)
        assert fresh is not None
        return fresh

    watch = ConfigWatch(read, config, checkpoint, poll_seconds=settings.config_poll)
    await watch.begin()
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


def _wiped_entries(spec: ImportSpec, ruleset: RuleSet, opened: AsyncExitStack) -> WipedEntries:
    """Begin to follow what is wiped; at the end of the run the neighbours learn what this source mentions."""
    neighbours = spec.neighbours
    if neighbours is None:
        return WipedEntries(ruleset.rules, importable=ruleset.media)
    wiped = WipedEntries(ruleset.rules, importable=ruleset.media, others=neighbours.mentions)
    opened.push_async_callback(asyncio.to_thread, neighbours.end, spec.folder, wiped.mentions)
    return wiped


def _filters(
    checkpoint: Checkpoint, delivered: AlreadyDelivered | None, wiped: WipedEntries, mention_log: MentionLog
) -> tuple[SegmentFilter, ...]:
    """Leave out what was delivered already, find what is wiped, keep what is mentioned."""

    def of_new(see: SegmentFilter) -> SegmentFilter:
        """Only segments that are not on record: what the others mention was noted when they were read first."""
        return lambda segment: see(segment) if segment.key.first >= checkpoint.state.position else segment

    follow = of_new(wiped.follow), of_new(mention_log.keep)
    if delivered is None:
        return follow

    def note_delivered(segment: Segment) -> Segment:
        run = delivered.delivered_in(segment)
        wiped.note(run)
        mention_log.note(run)
        return segment

    return of_new(note_delivered), delivered.leave_out, *follow


def _announcement(
    spec: ImportSpec, reached: Reached, checkpoint: Checkpoint, ruleset: RuleSet
) -> Announcement:
    return Announcement(
        source=spec.source.name,
        server=checkpoint.header.server,
        project=reached.target.project.id,
        project_name=reached.target.project.name,
        checkpoint=spec.folder,
        keep_data={},
        before=checkpoint.state.counts,
        limit=spec.settings.limit,
        checked=ruleset.checked,
        unchecked=ruleset.unchecked,
    )


class _Beginning:
    """Announces a run when it is called for the first time."""

    def __init__(self, caller: Caller, announcement: Announcement) -> None:
        self._caller = caller
        self._announcement = announcement
        # Set by the first call.
        self._is_announced = False

    def __call__(self, keep_data: Mapping[KeepData, int]) -> None:
        if not self._is_announced:
            self._is_announced = True
            self._caller.announce(replace(self._announcement, keep_data=keep_data))
