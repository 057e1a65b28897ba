"""Reads a source segment by segment, in order, while workers delimit and judge what comes next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from operator import add
from types import TracebackType
from typing import Self, TypeAlias

import msgspec
from msgspec.structs import replace

from bulk_importer.errors import (
    BulkImporterError,
    CheckpointMismatch,
    InputError,
    MalformedInput,
    SourceUnreadable,
)
from bulk_importer.intake.framing.cutting import Cutter
from bulk_importer.intake.framing.opening import Sniffer
from bulk_importer.intake.framing.readers import open_reader
from bulk_importer.intake.framing.scan import Scan
from bulk_importer.intake.job import Job, JobResult
from bulk_importer.intake.placing import placed
from bulk_importer.intake.validation.naming import judge_for
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.intake.workers.processes import InProcess, Performer, WorkerProcesses
from bulk_importer.machine.cpu_quota import usable_cores
from bulk_importer.model import EntryRun, ReadPlan, Segment, SegmentKey
from bulk_importer.settings import Lines, Settings
from bulk_importer.sources.interfaces import Source

__all__ = ["Delimited", "End", "Intake", "IntakeOptions"]

Delimited: TypeAlias = Callable[[SegmentKey, Scan, bytes], None]
"""Told of a segment: which it is, where in it its elements stand, and its bytes."""

_COMMA = ord(",")


class IntakeOptions(msgspec.Struct, frozen=True):
    """How a source is read: by how many processes, in segments of which size, and as what.

    Attributes:
        workers: processes that delimit and judge; 0 does it in a thread of this one, None takes as many as
            there are usable cores.
        segment_bytes: about how long a segment is. Longer ones cost memory, shorter ones overhead: on two
            cores 1 MiB and 8 MiB are within a few per cent of 2 MiB.
        max_segment_entries: a segment ends after so many, so that tiny entries do not make millions of
            objects at a time.
        max_entry_bytes: a longer entry stops the run; it must fit into memory several times.
        path: where the array is, in ijson's notation (`entries.item`); empty for the root.
        lines: True and False force JSON Lines and an array, None looks.
        judges: makes what delimits and judges elsewhere, in place of `workers`, for a source that is worth it.
    """

    workers: int | None = None
    segment_bytes: int = 2 << 20
    max_segment_entries: int = 16_384
    max_entry_bytes: int = 128 << 20
    path: str = ""
    lines: bool | None = None
    judges: Callable[[Source, Rules], Awaitable[Performer]] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The options that the settings ask for."""
        return cls(
            workers=settings.workers,
            segment_bytes=settings.segment_bytes,
            max_entry_bytes=settings.max_entry_bytes,
            path=settings.path or "",
            lines=None if settings.lines == Lines.AUTO else settings.lines == Lines.LINES,
        )


class End(msgspec.Struct, frozen=True):
    """The end of a source, once it is reached: how many positions it has, and how many bytes (decompressed)."""

    total: int
    length: int


class _Pending(msgspec.Struct, frozen=True):
    """A stretch that is with a worker; `recorded` is the segment that it has to be, where it was read before."""

    job: Job
    data: bytes
    result: asyncio.Task[JobResult | BulkImporterError]
    recorded: SegmentKey | None


class Intake:
    """Iterates over the segments that a plan asks for: the recorded ones first, then the unread rest.

    An asynchronous context manager and iterator, for one task. At most `width + 1` segments are outside the
    consumer, whatever their state; when the consumer is slow, nothing is read ahead beyond them. Leaving it,
    also by an error or a cancellation, ends the workers; the source stays open and is the caller's.

    Args:
        delimited: told of each segment before it is given: where its elements stand, those included that are not sent,
            and its bytes as they came.

    Raises, from the iteration:
        MalformedInput: after every segment before the break was given; the last of them may be short.
        SourceUnreadable: reading failed; what was given before is good.
        CheckpointMismatch: a recorded segment is not what it was; nothing of it was given.
        UsageError: `options.path` names no array, or there can be none (raised at construction).
    """

    def __init__(
        self,
        source: Source,
        plan: ReadPlan,
        rules: Rules,
        options: IntakeOptions | None = None,
        *,
        delimited: Delimited | None = None,
    ) -> None:
        self.end: End | None = None
        self._source = source
        self._delimited = delimited
        self._plan = plan
        self._options = options or IntakeOptions()
        self._rules = rules
        self._judge = partial(judge_for, rules)
        self._severities = rules.severities()
        self._reader = open_reader(source)
        self._sniffer = Sniffer(
            self._reader,
            source.name,
            path=self._options.path,
            lines=self._options.lines,
            ours=source.lines,
            max_line_bytes=self._options.max_entry_bytes,
        )
        # Set by `_begin`, once.
        self._performer: Performer | None = None
        self._cutter: Cutter | None = None
        self._lines = False
        # What is to be done, in this order: recorded segments, then stretches from `_cursor` on, unless `_at_rest`;
        # `_least` bytes were too few for one element there. Changed by `_top_up` and `_take`.
        self._again = deque(plan.again)
        self._cursor = plan.offset
        self._comma = plan.position > 0
        self._least = 0
        self._at_rest = plan.ended
        self._window: deque[_Pending] = deque()
        # What the next segment begins with, and how the iteration ends. Changed by `_take`.
        self._position = plan.position
        self._array_end: int | None = None
        self._trouble: InputError | None = None
        self._tasks = asyncio.TaskGroup()
        self._running: set[asyncio.Task[JobResult | BulkImporterError]] = set()

    @property
    def is_lines(self) -> bool:
        """Whether the source is read as JSON Lines; known when the first segment has come."""
        return self._lines

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        try:
            await self._tasks.__aexit__(None, None, None)
        finally:
            try:
                if self._performer is not None:
                    await self._performer.aclose()
            finally:
                await self._reader.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Segment:
        try:
            return await self._next()
        except MalformedInput as error:
            # What could not be read looks as if the source broke off there.
            if self._reader.failure is not None:
                raise self._reader.failure from error
            raise

    async def _next(self) -> Segment:
        if self._cutter is None:
            await self._begin()
        while True:
            await self._top_up()
            if not self._window:
                break
            pending = self._window.popleft()
            segment = await self._take(pending, await pending.result)
            if segment is not None:
                return segment
        if self._trouble is not None:
            raise self._trouble
        if self._array_end is not None:
            behind, self._array_end = self._array_end, None
            length = behind if self._lines else await self._sniffer.close(behind, self._position)
            if self._reader.failure is not None:
                raise self._reader.failure
            self._source.check_unchanged()
            self.end = End(self._position, length)
        raise StopAsyncIteration

    async def _begin(self) -> None:
        options = self._options
        if self._plan.position or self._plan.again:
            self._lines = await self._sniffer.is_lines()
        else:
            opening = await self._sniffer.open()
            self._lines, self._cursor = opening.lines, opening.offset
        self._release_gap()
        self._cutter = Cutter(
            self._reader, options.segment_bytes, options.max_segment_entries, lines=self._lines
        )
        width = usable_cores() if options.workers is None else options.workers
        # Starting a process takes longer than judging a segment.
        small = await self._reader.end_by(self._cursor + options.segment_bytes) is not None
        if not width or (small and len(self._again) <= 1):
            self._performer = InProcess(self._judge)
        elif options.judges is not None:
            self._performer = await options.judges(self._source, self._rules)
        else:
            self._performer = WorkerProcesses(self._source.name, self._judge, width, self._source.descriptor)

    async def _top_up(self) -> None:
        """Give the workers as much to do as they can have at a time, and one more."""
        try:
            await self._submit_next()
        except SourceUnreadable as error:
            # What the workers have was read well, and comes first.
            self._trouble, self._at_rest = error, True
            self._again.clear()

    async def _submit_next(self) -> None:
        assert self._performer is not None
        assert self._cutter is not None
        while len(self._window) <= self._performer.width:
            if self._again:
                await self._submit_recorded(self._again.popleft())
                # A recorded segment is never cut anew, so a stream need not keep what lies up to the next.
                self._release_gap()
            elif self._at_rest:
                return
            else:
                cut = await self._cutter.cut(self._cursor, self._least)
                await self._submit(
                    self._job(
                        self._cursor, cut.length, comma=self._comma, guessed=cut.guessed, at_end=cut.at_end
                    )
                )
                # Where a stretch ends just anywhere, its answer tells where the next one begins.
                self._at_rest = not cut.guessed
                self._cursor += cut.length
                self._comma, self._least = True, 0

    async def _submit_recorded(self, key: SegmentKey) -> None:
        stop = key.offset + key.length
        if await self._reader.end_by(stop - 1) is not None:
            raise self._reader.failure or self._changed(key)
        job = self._job(key.offset, key.length, comma=key.first > 0, guessed=True, at_end=self._lines)
        await self._submit(
            replace(job, whole=True, max_entries=key.count + 1, max_entry_bytes=key.length), key
        )

    def _release_gap(self) -> None:
        self._reader.release(self._again[0].offset if self._again else self._cursor)

    async def _submit(self, job: Job, recorded: SegmentKey | None = None) -> None:
        assert self._performer is not None
        data = await self._reader.read(job.offset, job.length) if self._performer.wants_bytes else b""
        task = self._tasks.create_task(_perform(self._performer, job, data))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        self._window.append(_Pending(job, data, task, recorded))

    def _job(self, offset: int, length: int, *, comma: bool, guessed: bool, at_end: bool) -> Job:
        assert self._cutter is not None
        options = self._options
        return Job(
            offset,
            length,
            comma=comma,
            guessed=guessed,
            at_end=at_end,
            lines=self._lines,
            max_entries=options.max_segment_entries,
            max_entry_bytes=options.max_entry_bytes,
            joint=self._cutter.joint,
        )

    async def _take(self, pending: _Pending, result: JobResult | BulkImporterError) -> Segment | None:
        """Make the next segment of an answer, and learn from it where to go on; None where it held no element."""
        if isinstance(result, BulkImporterError):
            raise result
        assert self._cutter is not None
        job, key = pending.job, pending.recorded
        if key is not None:
            # On record: it has to be the very segment that was read before, and nothing is learnt from it.
            if result.digest != key.digest or result.count != key.count:
                raise self._changed(key)
            return await self._segment(key, pending, result)
        found, consumed = result.found, result.found.consumed
        if found.end is not None:
            # The array closes here: what workers read behind it is not part of it.
            self._array_end = job.offset + found.end
            self._stop_here(None)
        elif found.damage is not None:
            # What stands before the damage is good and goes out first; the error is raised after that.
            damage, at = found.damage, job.offset + found.damage.offset
            position = self._position + result.count
            self._stop_here(
                MalformedInput(self._source.name, position, at, damage.reason, advice=damage.advice)
            )
        elif not result.count:
            # An element longer than the stretch: the same again, larger than what was too small.
            self._go_on_at(job.offset, comma=job.comma, least=job.length)
            return None
        elif consumed < job.length or not job.guessed:
            # The guess was wrong, or none was made: what follows begins behind the last whole element.
            self._go_on_at(job.offset + consumed, comma=True)
        if not result.count:
            return None
        self._cutter.learn(result.joint, longest=max(found.lengths), count=result.count, consumed=consumed)
        # From here on nothing is read before this byte again, so a stream need not keep it.
        self._reader.release(job.offset + consumed)
        key = SegmentKey(self._position, result.count, job.offset, consumed, result.digest)
        self._position += result.count
        return await self._segment(key, pending, result)

    def _stop_here(self, trouble: InputError | None) -> None:
        self._window.clear()
        self._trouble, self._at_rest = trouble, True

    def _go_on_at(self, offset: int, *, comma: bool, least: int = 0) -> None:
        """The stretches that are with workers began at a wrong place: let go of their answers."""
        self._window.clear()
        self._cursor, self._comma, self._least = offset, comma, least
        self._trouble, self._at_rest = None, False

    async def _segment(self, key: SegmentKey, pending: _Pending, result: JobResult) -> Segment:
        data = pending.data[: key.length] or await self._reader.read(key.offset, key.length)
        assert result.judged is not None
        if self._delimited is not None:
            self._delimited(key, result.found, data)
        if self._lines:
            data = _with_commas(result.judged.run, data)
        return placed(key, result.found, result.judged, data, self._severities)

    def _changed(self, key: SegmentKey) -> CheckpointMismatch:
        return CheckpointMismatch(
            f"{self._source.name} does not hold what it held when it was read before: it differs between byte "
            f"{key.offset} and byte {key.offset + key.length} (positions {key.first} to {key.first + key.count - 1}). "
            "Nothing of this part was sent. Put the source back as it was, or import the changed one with a new "
            "--checkpoint and --settled-by, which names the old folder and leaves out what was delivered. Do not "
            "delete that: it alone knows what is delivered."
        )


async def _perform(performer: Performer, job: Job, data: bytes) -> JobResult | BulkImporterError:
    """The answer, or the error that takes its place in the order of segments."""
    try:
        return await performer.perform(job, data)
    except BulkImporterError as error:
        return error


def _with_commas(run: EntryRun, data: bytes) -> bytes:
    """JSON Lines with a comma behind each entry, where its line ended: neighbours are joined as in an array."""
    if run.data:
        return data  # the run has bytes of its own
    joined = bytearray(data)
    for end in map(add, run.starts, run.lengths):
        if end < len(joined):
            joined[end] = _COMMA
    return bytes(joined)
