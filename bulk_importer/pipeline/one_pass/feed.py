"""Feeds the pool: reads and judges segment after segment, records each, and hands on what is owed of it."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from bulk_importer.checkpoint import CheckpointState, SourceIdentity
from bulk_importer.errors import CheckpointMismatch, MalformedInput, SourceUnreadable
from bulk_importer.events import EntriesRejected, SegmentRead, SourceEnded
from bulk_importer.intake import Intake
from bulk_importer.labels.entry import lane_of
from bulk_importer.model import EntryRun, KeepData, ReadPlan, Rejection, Segment
from bulk_importer.packing import Pool
from bulk_importer.pipeline.guards.error_budget import require_budget
from bulk_importer.pipeline.one_pass.refusals import rejections_of_condemned
from bulk_importer.pipeline.run import Run
from bulk_importer.settings import Lines
from bulk_importer.spans import SpanSet

__all__ = ["READ_AS", "Feeder", "reading_plan"]

READ_AS = "read_as"
"""Note in the log: whether the source was read as JSON `lines` or an `array`, in the words of `--lines`."""
_MOST_CLASSES = 200
"""Of so many classes geometries are told at a time: each segment is a line of the log."""


def reading_plan(state: CheckpointState) -> ReadPlan:
    """What a pass reads: segments that owe something, those in doubt (their media are held back), and the unread rest.

    A source without an identity (standard input, the entries of a program) is read as a whole: nothing else tells
    whether it is the same. Where the source broke off, another one may be in its place by now. One that has to be
    unpacked is then read as a whole, too; of any other the last segment is read, which any shift must hit. (A plain
    file was compared with its segments when the checkpoint was opened.)
    """
    plan = state.plan()
    if state.identity == SourceIdentity() or (state.broken is not None and not state.identity.plain):
        return ReadPlan(tuple(state.segments), plan.position, plan.offset)
    proving = state.segments[-1:] if state.broken is not None else ()
    owing = {key.first for key in plan.again}
    again = (
        key
        for key in state.segments
        if key.first in owing or state.taken.meets(key.first, key.first + key.count) or key in proving
    )
    return ReadPlan(tuple(again), plan.position, plan.offset, plan.ended)


class Feeder:
    """Brings the source of a run to the pool. `run` it once, for one pass.

    To cancel it is safe at any time: what is not in the pool is owed.

    Attributes:
        held_back: how many owed entries were not handed on because another source has their media in doubt.
    """

    def __init__(self, run: Run, pool: Pool) -> None:
        self._run = run
        self._checkpoint = run.checkpoint
        self._pool = pool
        # How many more may be handed on, None for any number; changed by `_hand_on` alone, as `held_back` is.
        self._allowed = run.settings.limit
        self.held_back = 0

    @property
    def is_limited(self) -> bool:
        """Whether it ended because of the limit, and not at the end of the source."""
        return self._allowed == 0

    async def run(self) -> None:
        """Read until the source ends, or the limit is reached.

        Raises:
            MalformedInput: the source breaks off; all before the break is handed on, and the break is on record.
            BudgetExceeded: too many entries are rejected; nothing of the segment that says so is handed on.
            InputError, CheckpointError: as the intake and the checkpoint raise them.
        """
        async with self._run.intake(reading_plan(self._checkpoint.state)) as intake:
            try:
                async for judged in intake:
                    await self._note_form(intake)
                    await self._record(judged)
                    if self.is_limited:
                        return
            except MalformedInput as error:
                self._run.announcer.announce({})
                await self._checkpoint.record_broken(error.position, error.offset, error.reason)
                raise
            except SourceUnreadable as error:
                if error.at_fault:
                    # Recorded as a break, so that another one may be in its place: what was read of it is proven again.
                    state = self._checkpoint.state
                    await self._checkpoint.record_broken(state.position, state.offset, error.reason)
                raise
            self._run.announcer.announce({})
            end = intake.end
            if end is not None and self._checkpoint.state.end is None:
                await self._checkpoint.record_end(end.total, end.length)
            if end is not None:
                self._run.emit(SourceEnded(total=end.total))

    async def _record(self, judged: Segment) -> None:
        """Filter a segment, put it on record, and hand on what it owes."""
        state = self._checkpoint.state
        if judged.key.first >= state.position and state.end is not None:
            raise _longer(judged)
        # Taken before the segment is recorded, which adds its own rejections to those on record.
        rejected_before = self._rejected_in(judged)
        segment = judged
        for each in self._run.filters:
            segment = each(segment)
        await self._checkpoint.record_segment(segment)
        # In this order: on record before anything of it can leave, and nothing leaves of one that is too much.
        require_budget(self._run.settings.max_errors, state)
        await self._hand_on(segment, rejected_before)

    async def _note_form(self, intake: Intake) -> None:
        """Put on record how the source is read, once: read otherwise, a position would mean something else."""
        if READ_AS not in self._checkpoint.state.notes:
            await self._checkpoint.record_note(
                READ_AS, (Lines.LINES if intake.is_lines else Lines.ARRAY).value
            )

    def _rejected_in(self, segment: Segment) -> SpanSet:
        """The positions of a segment that are on record as rejected."""
        first = segment.key.first
        return SpanSet(self._checkpoint.state.rejected.within(first, first + segment.key.count))

    async def _hand_on(self, segment: Segment, rejected_before: SpanSet) -> None:
        key = segment.key
        self._hold_back_doubt(segment)
        await self._reject_condemned(segment)
        run = self._free(segment.run.at(self._checkpoint.state.owed_within(key.first, key.first + key.count)))
        if self._allowed is not None:
            run = run.take(range(min(len(run), self._allowed)))
            self._allowed -= len(run)
        self._tell(segment, rejected_before)
        if len(run):
            self._run.announcer.announce(
                {keep: count for keep in KeepData if (count := run.keeps.count(keep))}
            )
            # Last of all: while a person is asked, nothing of it can leave.
            if await self._run.replacement.admits(run, is_last=self.is_limited):
                await self._pool.put(run)

    def _free(self, run: EntryRun) -> EntryRun:
        """What no other source of the command has in doubt."""
        held = self._run.media.held
        if not held or held.isdisjoint(run.keys):
            return run
        free = [index for index, key in enumerate(run.keys) if key not in held]
        self.held_back += len(run) - len(free)
        return run.take(free)

    async def _reject_condemned(self, segment: Segment) -> None:
        """Reject what is owed after a doubt and was found not to be let through: it would be in doubt again."""
        key, state = segment.key, self._checkpoint.state
        for suspicion in state.suspects:
            if suspicion.condemned:
                owed = SpanSet(state.owed_within(key.first, key.first + key.count))
                run = segment.run.at(part for span in suspicion.spans for part in owed.within(*span))
                if len(run):
                    rejections = rejections_of_condemned(run, suspicion.said)
                    await self._checkpoint.record_rejected(rejections)
                    self._tell_rejected(rejections)
                    require_budget(self._run.settings.max_errors, state)

    def _hold_back_doubt(self, segment: Segment) -> None:
        """Shut the lanes of entries whose answer was lost: nothing may follow them.

        That is early enough, although the segment comes in its turn: when such an entry was sent, everything before it
        in its lane was settled.
        """
        key = segment.key
        doubtful = SpanSet(self._checkpoint.state.taken.within(key.first, key.first + key.count))
        if not doubtful:
            return
        run = segment.run.at(doubtful)
        rejected = [
            each.media_id for each in segment.rejections if each.position in doubtful and each.media_id
        ]
        self._pool.shut([*run.lanes, *map(lane_of, rejected)])
        self._run.doubts.note(run)

    def _tell(self, segment: Segment, rejected_before: SpanSet) -> None:
        key = segment.key
        self._run.emit(
            SegmentRead(
                first=key.first,
                count=key.count,
                offset=key.offset,
                length=key.length,
                accepted=len(segment.run),
                rejected=len(segment.rejections),
                skipped=sum(span.stop - span.start for span in segment.skipped),
                behind=self._run.source.taken,
                geometries=_most(segment.geometries),
            )
        )
        news = [each for each in segment.rejections if each.position not in rejected_before]
        if news:
            self._tell_rejected(news)

    def _tell_rejected(self, rejections: Sequence[Rejection]) -> None:
        for event in EntriesRejected.of(rejections, batch=None):
            self._run.emit(event)


def _most(geometries: Mapping[str, int]) -> Mapping[str, int]:
    """The counts of the most frequent classes."""
    if len(geometries) <= _MOST_CLASSES:
        return geometries
    return dict(heapq.nlargest(_MOST_CLASSES, geometries.items(), key=lambda pair: pair[1]))


def _longer(segment: Segment) -> CheckpointMismatch:
    return CheckpointMismatch(
        f"The source continues at position {segment.key.first}, where it ended when it was read before. Nothing of "
        "what is new was sent. If it only grew, say --source-grew; if it is another source, give it another "
        "--checkpoint."
    )
