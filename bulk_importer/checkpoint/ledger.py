"""The checkpoint of one source: what is settled, and the only way to change that.

Promise 3 of the program lives here: a position is settled when the record that says so is on disk, and not
before. Every `record_...` returns when its record is on disk, and `state` changes at that moment.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import msgspec

from bulk_importer.checkpoint.digests import DIGEST_BYTES
from bulk_importer.checkpoint.folder import CheckpointFolder, FolderOptions, LogEntry
from bulk_importer.checkpoint.log.commit import GroupCommit
from bulk_importer.checkpoint.log.file import read_log
from bulk_importer.checkpoint.log.records import (
    Broken,
    Circumstance,
    Corrected,
    Delivered,
    End,
    Header,
    InDoubt,
    Note,
    Owed,
    Record,
    Rejected,
    Resolved,
    RunEnded,
    SegmentRead,
    Sent,
    Skipped,
    Snapshot,
    Suspected,
)
from bulk_importer.checkpoint.log.state import CheckpointState, Contradiction
from bulk_importer.checkpoint.log.transitions import apply, require
from bulk_importer.errors import CheckpointMismatch
from bulk_importer.model import Batch, Rejection, Segment
from bulk_importer.spans import Span, SpanSet

__all__ = ["Checkpoint", "read_state"]

# What the records about the source wait for each other by; those about a batch do so by its number.
_SOURCE = -1
_AS_USUAL = FolderOptions()


def read_state(folder: Path) -> tuple[Header, CheckpointState]:
    """What the checkpoint in `folder` says, without the lock, also while it is being written.

    Raises:
        CheckpointUnusable, CheckpointDamaged: it cannot be read, or is not what was written.
    """
    replayed = read_log(folder)
    return replayed.header, replayed.state


class Checkpoint:
    """A checkpoint that is open for writing; one at a time for a folder.

    The `record_...` methods may be awaited by many at a time; they share their writes (see `commit`). A call
    that is cancelled leaves its record written or not: once it waits for the disk it is written, unless the
    disk refuses. So after a cancelled `record_sent` the batch may be under way for the checkpoint while its
    request has not left; `record_owed` puts that right, without it the batch is in doubt at the next start.

    After a failure to write (no room, an input/output error, a folder that became read-only or vanished)
    every waiting and every later call raises `CheckpointUnusable`, and nothing more is written.

    A call that contradicts the state raises `Contradiction` and writes nothing: it would be a defect of the
    caller, and a log that says so could not be read back.
    """

    def __init__(self, folder: CheckpointFolder, clock: Callable[[], float]) -> None:
        """Used by `open` alone."""
        self.header: Header = folder.header
        self.state: CheckpointState = folder.state
        self._folder = folder
        self._clock = clock
        self._commits: GroupCommit[LogEntry, Sequence[Record]] = GroupCommit(
            folder.write, self._publish, "checkpoint"
        )
        # What is queued and not yet on disk: the latest record of each subject, and the owed positions that
        # queued records take. Set by `_write`, cleared by `_publish`.
        self._queued: dict[int, asyncio.Future[None]] = {}
        self._claimed = SpanSet()

    @classmethod
    def open(
        cls,
        folder: Path,
        header: Header,
        options: FolderOptions = _AS_USUAL,
    ) -> Checkpoint:
        """Begin a checkpoint in `folder`, or go on with the one that is there. Blocks: reads and writes.

        Batches that a dead run left under way are in doubt when this returns.

        Args:
            header: what this run is for; `run` is its own id, `began_at` is set here.

        Raises:
            CheckpointLocked: another one writes it.
            CheckpointMismatch: it belongs to another source, server, project or meaning.
            CheckpointDamaged: it is not what was written.
            CheckpointUnusable: it cannot be read or written.
        """
        return cls(CheckpointFolder(folder, header, options), options.clock)

    @classmethod
    def reopen(cls, folder: Path, run: str, options: FolderOptions = _AS_USUAL) -> Checkpoint:
        """Go on with the checkpoint in `folder` for what needs no source; `run` is the id of this process.

        Raises:
            CheckpointLocked, CheckpointDamaged, CheckpointUnusable: as `open`.
        """
        header, state = read_state(folder)
        same = msgspec.structs.replace(header, identity=state.identity, run=run)
        return cls.open(folder, same, options)

    async def record_segment(self, segment: Segment) -> None:
        """Record that a segment was read and judged: its rejections are settled, the rest of it is owed.

        Segments come in order. One that is on record already (read again by a `ReadPlan`) only adds what is
        new: rejections and skipped elements among what it still owes.

        Raises:
            CheckpointMismatch: the segment was recorded with other bytes.
        """
        await self._turn(_SOURCE)
        key = segment.key
        if key.first < self.state.position:
            await self._record_again(segment)
            return
        if len(segment.digests) != key.count * DIGEST_BYTES:
            raise Contradiction(f"{len(segment.digests)} bytes of digests for {key.count} positions")
        record = SegmentRead(
            key=key,
            digests_crc=crc32(segment.digests),
            rejected=SpanSet.of(rejection.position for rejection in segment.rejections).spans,
            skipped=segment.skipped,
            counts=dict(segment.counts),
        )
        await self._write(record, segment.rejections, segment.digests)

    async def record_sent(self, batch: Batch) -> None:
        """Record that `batch` leaves; its request may leave when this has returned, and not before.

        To be called before every attempt that leaves, also when the batch is under way already: how long a
        request may still be running is counted from the latest one.

        Raises:
            Contradiction: something in it is not owed, so that sending it could double a label.
        """
        await self._turn(batch.number)
        await self._write(Sent(batch=batch.number, spans=batch.spans(), at=self._clock()))

    async def record_delivered(self, batch: Batch) -> None:
        """Record that the server accepted `batch`."""
        await self._turn(batch.number)
        await self._write(Delivered(batch=batch.number))

    async def record_owed(self, batch: Batch, reason: str) -> None:
        """Record that nothing of `batch` landed, and nothing of it will: its entries are owed again."""
        await self._turn(batch.number)
        await self._write(Owed(batch=batch.number, reason=reason))

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch | None = None) -> None:
        """Record that entries that were owed are rejected.

        With `batch`: the server refused it for them. Nothing of it landed; what else it holds is owed again.
        """
        number = None if batch is None else batch.number
        if number is not None:
            await self._turn(number)
        spans = SpanSet.of(rejection.position for rejection in rejections).spans
        counts = Counter(finding.code for rejection in rejections for finding in rejection.findings)
        await self._write(Rejected(spans=spans, counts=dict(counts), batch=number), tuple(rejections))

    async def record_corrected(self, spans: Sequence[Span]) -> None:
        """Record that a retry delivered rejected entries, as its own ledger says on disk; their lines are taken out."""
        await self._write(Corrected(spans=tuple(spans)))

    async def record_suspected(self, spans: Sequence[Span], said: str, *, condemned: bool = False) -> None:
        """Record that unsettled entries failed together in nobody's words while other uploads passed.

        Args:
            said: what came instead of an answer.
            condemned: each of them is to blame by itself, so that it is to be rejected as soon as it is owed.
        """
        await self._write(Suspected(spans=tuple(spans), said=said, condemned=condemned))

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        """Record that the answer to `batch` was lost; it cannot be sent again before `record_resolved`."""
        await self._turn(batch.number)
        await self._write(InDoubt(batch=batch.number, reason=reason))

    async def record_resolved(self, number: int, *, delivered: bool, why: str) -> None:
        """Record what became of batch `number` that was in doubt: it landed, or it is owed."""
        await self._turn(number)
        await self._write(Resolved(batch=number, delivered=delivered, why=why))

    async def record_end(self, entries: int, length: int) -> None:
        """Record that the source was read to its end: `entries` positions in `length` (decompressed) bytes."""
        await self._turn(_SOURCE)
        await self._write(End(entries=entries, length=length))

    async def record_broken(self, position: int, offset: int, reason: str) -> None:
        """Record that the source makes no sense from byte `offset` on, where the entry at `position` should be."""
        await self._turn(_SOURCE)
        await self._write(Broken(position=position, offset=offset, reason=reason))

    async def record_note(self, name: str, value: object) -> None:
        """Record `value` (any JSON) for later runs as `state.notes[name]`; never a token or a payload."""
        await self._write(Note(name=name, value=value))

    async def record_run_ended(
        self,
        *,
        seconds: float = 0.0,
        requests: int = 0,
        retries: int = 0,
        exit_code: int | None = None,
        why: str = "",
    ) -> None:
        """Record that this run is over, and why; its sums are added to those of the runs before it.

        A run that does not say so is taken for one that was killed.
        """
        await self._write(
            RunEnded(
                seconds=seconds,
                requests=requests,
                retries=retries,
                at=self._clock(),
                exit_code=exit_code,
                why=why,
            )
        )

    async def close(self) -> None:
        """Return when all that was asked for is on disk or has failed; give files and lock back.

        A failure to write is not raised here: those who waited for the records know of it. Cancelling it does not
        end it early, or another process would get the lock while this one still writes.
        """
        try:
            await self._commits.close()
        finally:
            self._folder.close()

    async def _record_again(self, segment: Segment) -> None:
        key = segment.key
        if self.state.segment_at(key.first) != key:
            raise CheckpointMismatch(
                f"The source does not hold at byte {key.offset} what was read there before (positions from "
                f"{key.first} on). Nothing of that was sent."
            )
        owed = SpanSet(self.state.owed_within(key.first, key.first + key.count))
        rejections = [rejection for rejection in segment.rejections if rejection.position in owed]
        skipped = tuple(part for span in segment.skipped for part in owed.within(*span))
        if rejections:
            await self.record_rejected(rejections)
        if skipped:
            await self._write(Skipped(spans=skipped))

    async def _turn(self, subject: int) -> None:
        """Return when nothing about `subject` is queued, so that the state tells whether a record may follow."""
        while (ahead := self._queued.get(subject)) is not None:
            # Shielded: a caller that is cancelled must not cancel the write, which others wait for as well.
            await asyncio.shield(ahead)

    async def _write(
        self, record: Record, rejections: tuple[Rejection, ...] = (), digests: bytes = b""
    ) -> None:
        # No `await` between the question and the queue: another record that came in between could make this one wrong.
        require(self.state, record)
        claims = self._claims(record)
        if any(self._claimed.meets(*span) for span in claims):
            raise Contradiction("a record takes entries that another one is just taking")
        done = self._commits.submit(LogEntry(record, rejections, digests))
        self._claimed.update(claims)
        subject = _subject(record)
        if subject is not None:
            self._queued[subject] = done
        await asyncio.shield(done)

    def _publish(self, records: Sequence[Record]) -> None:
        for record in records:
            for start, stop in self._claims(record):
                self._claimed.discard(start, stop)
            apply(self.state, record)
            subject = _subject(record)
            if subject is not None:
                del self._queued[subject]

    def _claims(self, record: Record) -> tuple[Span, ...]:
        """The owed positions that `record` gives another fate."""
        match record:
            case Sent(batch=number) if number in self.state.undecided:
                return ()
            case Rejected(batch=number) if number is not None:
                return ()
            case Sent() | Rejected() | Skipped():
                return record.spans
            case Delivered() | Owed() | InDoubt() | Resolved() | Corrected() | Suspected():
                return ()
            case Circumstance() | Header() | Snapshot() | SegmentRead() | End() | Broken():
                return ()


def _subject(record: Record) -> int | None:
    """What records are about that must not overtake each other; None for those that may."""
    match record:
        case SegmentRead() | End() | Broken():
            return _SOURCE
        case Sent() | Delivered() | Owed() | InDoubt() | Resolved() | Rejected():
            return record.batch
        case Circumstance() | Header() | Snapshot() | Skipped() | Corrected() | Suspected():
            return None
