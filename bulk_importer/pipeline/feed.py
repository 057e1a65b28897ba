"""Feeds the pool: reads and judges segment after segment, records each, and hands on what it owes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from bulk_importer.checkpoint import Checkpoint, CheckpointState, SourceIdentity
from bulk_importer.errors import BudgetExceeded, CheckpointMismatch, MalformedInput, SourceUnreadable
from bulk_importer.events import EntriesRejected, Observer, SegmentRead, SourceEnded
from bulk_importer.intake import Intake
from bulk_importer.labels.entry import lane_of
from bulk_importer.model import EntryRun, ErrorBudget, KeepData, ReadPlan, Rejection, Segment, SegmentKey
from bulk_importer.packing import Pool
from bulk_importer.pipeline.refusals import rejections_of_condemned
from bulk_importer.pipeline.resume.already_delivered import AlreadyDelivered
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries
from bulk_importer.spans import SpanSet

__all__ = ["READ_AS", "Feeder", "reading_plan"]

READ_AS = "read_as"
"""Note in the log: whether the source was read as JSON `lines` or an `array`, in the words of `--lines`."""


def reading_plan(state: CheckpointState) -> ReadPlan:
    """What to read: what owes something, what is in doubt (to know which media it holds back), and the unread rest.

    All of it, where the source has no identity by which it could be known again (standard input, the entries of a
    program): then only reading it tells whether it is the same. Behind a break, which another source may be in the
    place of by now, all of what has to be unpacked anyway, and of what is far away the last segment, which any shift
    must hit; a plain file was held against its segments when the checkpoint was opened.
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
    """Brings one source to the pool. `run` it once; to cancel it is safe at any time: what is not in the pool is owed.

    Args:
        began: called once, with the mix of keepData in the first segment that owes something, or with none.
        doubted: told the entries that are in doubt since an earlier run.
        limit: how many owed entries to hand on at most.
        crossing: what entries of the input do to each other; it has followed what was read before.
        keep_mentioned: told the media of each segment that it follows, before its record is written; quick.
        held: keys of media that are in doubt in another source of the command: nothing of theirs is handed on.
        taken: how many bytes of a source that is unpacked were taken so far.
        budget: how many rejections end the run.
        settled: what of the source an earlier import delivered, where it is a mended one.
    """

    def __init__(
        self,
        intake: Intake,
        checkpoint: Checkpoint,
        pool: Pool,
        *,
        emit: Observer,
        began: Callable[[dict[KeepData, int]], None],
        doubted: Callable[[EntryRun], None],
        limit: int | None,
        crossing: WipedEntries,
        keep_mentioned: Callable[[SegmentKey, Sequence[EntryRun]], None],
        held: frozenset[int],
        taken: Callable[[], int | None],
        budget: ErrorBudget,
        settled: AlreadyDelivered | None = None,
    ) -> None:
        self._intake = intake
        self._checkpoint = checkpoint
        self._pool = pool
        self._emit = emit
        self._began = began
        self._doubted = doubted
        self._crossing = crossing
        self._keep_mentioned = keep_mentioned
        self._held = held
        self._taken = taken
        self._budget = budget
        self._settled = settled
        # How many more may be handed on; changed by `_hand_on` alone.
        self._allowed = limit
        self._has_begun = False
        self.held_back = 0
        """How many owed entries were not handed on because of `held`."""

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
        try:
            async for judged in self._intake:
                await self._note_form()
                is_new = judged.key.first >= self._checkpoint.state.position
                before = self._rejected_in(judged)
                if is_new and self._checkpoint.state.end is not None:
                    raise self._longer(judged)
                segment = judged if self._settled is None else self._settled.apart(judged)
                if is_new:
                    segment = self._followed(segment, judged)
                await self._checkpoint.record_segment(segment)
                require_budget(self._budget, self._checkpoint.state)
                await self._hand_on(segment, before)
                if self._allowed == 0:
                    return
        except MalformedInput as error:
            self._begin({})
            await self._checkpoint.record_broken(error.position, error.offset, error.reason)
            raise
        except SourceUnreadable as error:
            if error.at_fault:
                # Recorded as a break, so that another one may be in its place: what was read of it is proven again.
                state = self._checkpoint.state
                await self._checkpoint.record_broken(state.position, state.offset, error.reason)
            raise
        self._begin({})
        end = self._intake.end
        if end is not None and self._checkpoint.state.end is None:
            await self._checkpoint.record_end(end.total, end.length)
        if end is not None:
            self._emit(SourceEnded(total=end.total))

    async def _note_form(self) -> None:
        """Put on record how the source is read, once: read otherwise, a position would mean something else."""
        if READ_AS not in self._checkpoint.state.notes:
            await self._checkpoint.record_note(READ_AS, "lines" if self._intake.is_lines else "array")

    def _followed(self, segment: Segment, judged: Segment) -> Segment:
        """A new segment, with what its entries do to earlier ones; what of `judged` is delivered came before them."""
        brought = [] if self._settled is None else [self._settled.brought(judged)]
        for run in brought:
            self._crossing.note(run)
        followed = self._crossing.follow(segment)
        self._keep_mentioned(followed.key, [followed.run, *brought])
        return followed

    def _longer(self, segment: Segment) -> CheckpointMismatch:
        return CheckpointMismatch(
            f"The source goes on at position {segment.key.first}, where it ended when it was read before. Nothing of "
            "what is new was sent. If it only grew, say --source-grew; if it is another source, give it another "
            "--checkpoint."
        )

    def _rejected_in(self, segment: Segment) -> SpanSet:
        """What of a segment is on record as rejected."""
        first = segment.key.first
        return SpanSet(self._checkpoint.state.rejected.within(first, first + segment.key.count))

    async def _hand_on(self, segment: Segment, rejected_before: SpanSet) -> None:
        key = segment.key
        self._hold_back_doubt(segment)
        await self._reject_condemned(segment)
        run = segment.run.at(self._checkpoint.state.owed_within(key.first, key.first + key.count))
        if self._held and not self._held.isdisjoint(run.keys):
            free = [index for index, key in enumerate(run.keys) if key not in self._held]
            self.held_back += len(run) - len(free)
            run = run.take(free)
        if self._allowed is not None:
            run = run.take(range(min(len(run), self._allowed)))
            self._allowed -= len(run)
        self._tell(segment, rejected_before)
        if len(run):
            if not self._has_begun:
                self._begin({keep: count for keep in KeepData if (count := run.keeps.count(keep))})
            await self._pool.put(run)

    async def _reject_condemned(self, segment: Segment) -> None:
        """Reject what was in doubt, is owed now, and was found not to be let through: it would be in doubt again."""
        key, state = segment.key, self._checkpoint.state
        for suspicion in state.suspects:
            if suspicion.condemned:
                owed = SpanSet(state.owed_within(key.first, key.first + key.count))
                run = segment.run.at(part for span in suspicion.spans for part in owed.within(*span))
                if len(run):
                    rejections = rejections_of_condemned(run, suspicion.said)
                    await self._checkpoint.record_rejected(rejections)
                    self._tell_rejected(rejections)
                    require_budget(self._budget, state)

    def _hold_back_doubt(self, segment: Segment) -> None:
        """Shut the lanes of entries whose answer was lost in an earlier run: nothing may follow them.

        In time, although the segment comes in its turn: while such an entry was on its way, everything before it in
        its lane was settled.
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
        self._doubted(run)

    def _begin(self, keep_data: dict[KeepData, int]) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._began(keep_data)

    def _tell(self, segment: Segment, rejected_before: SpanSet) -> None:
        key = segment.key
        self._emit(
            SegmentRead(
                first=key.first,
                count=key.count,
                offset=key.offset,
                length=key.length,
                accepted=len(segment.run),
                rejected=len(segment.rejections),
                skipped=sum(span.stop - span.start for span in segment.skipped),
                behind=self._taken(),
            )
        )
        news = [each for each in segment.rejections if each.position not in rejected_before]
        if news:
            self._tell_rejected(news)

    def _tell_rejected(self, rejections: Sequence[Rejection]) -> None:
        self._emit(
            EntriesRejected(
                spans=SpanSet.of(rejection.position for rejection in rejections).spans,
                codes=Counter(finding.code for each in rejections for finding in each.findings),
                batch=None,
            )
        )


def require_budget(budget: ErrorBudget, state: CheckpointState) -> None:
    """Raise `BudgetExceeded` where more is rejected than is allowed."""
    rejected = len(state.rejected)
    if budget.is_exceeded(rejected, state.position):
        raise BudgetExceeded(rejected, state.position, str(budget))
