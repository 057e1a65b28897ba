"""Resolves doubts: asks the server what the media of lost answers hold, and records what became of them.

A doubt is about one batch. The labels of its media are the evidence (see `evidence`): presence of what was sent proves
delivery at any time; absence means owed only when the request can no longer be running, `server_request_limit` after
it was sent. Open-core servers may be asked at any time. By token, to read is to write, so each media is asked once,
when that time has come. Where nothing proves anything, a batch that replaces every media in it may be sent again,
because that changes nothing if it did land; any other stays in doubt, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from bulk_importer.checkpoint import Checkpoint, Undecided
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.errors import ServerError
from bulk_importer.events import DoubtsEnded, Event, Observer, OutageEnded
from bulk_importer.model import Batch, Entry, EntryRun, KeepData
from bulk_importer.readback.evidence import Evidence, ExpectedLabels, HeldValue, evidence_of
from bulk_importer.readback.sent_by import clock_of
from bulk_importer.spans import SpanSet

__all__ = ["Doubts"]

# Entries of doubts that are kept to be asked about; what is beyond stays in doubt until the next run.
_MOST_BYTES = 64 << 20
# Two media that say the same decide for a batch: the second guards against a person who edited the first.
_ENOUGH = 2
# How many silent or contradictory media are asked before a batch is given up for now.
_MOST_ASKED = 20
_MOST_NAMED = 1000
_ALWAYS = float("-inf")
# A look-up that takes longer was waiting for a server that was away.
_SLOW_SECONDS = 5.0


class Doubts:
    """The batches in doubt of one checkpoint, and what was sent in them.

    Args:
        limit_seconds: how long after it was sent a request may still be running.
        emit: receives which doubts ended.
        clock: seconds since 1970, the same that the log's times are from.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        reader: LabelReader,
        *,
        limit_seconds: float,
        emit: Observer = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._checkpoint = checkpoint
        self._reader = reader
        self._limit_seconds = limit_seconds
        self._emit = emit
        self._clock = clock
        # Entries of batches in doubt by position. Changed by `note` and `ask`; `_bytes` is their sum.
        self._entries: dict[int, Entry] = {}
        self._bytes = 0
        # When the server was away, from and to: a server that stands still does not finish requests either. Changed by
        # `see` and `ask`.
        self._away: list[tuple[float, float]] = []
        # Positions that were owed again although they may have landed, because they replace; and the media that did
        # not hold them afterwards. Changed by `_record` and `verify`.
        self._replaced = SpanSet()
        self.not_verified: list[str] = []
        # The tasks of the media in doubt by lane, and the lanes that were looked for. Changed by `_find_tasks`.
        self._tasks: dict[str, TaskRow] = {}
        self._looked_for: set[str] = set()

    def note(self, run: EntryRun) -> None:
        """Keep entries that are in doubt: what they say is needed to tell whether they landed."""
        for index in range(len(run)):
            if self._bytes > _MOST_BYTES:
                return
            entry = run.entry(index)
            if entry.position not in self._entries:
                self._entries[entry.position] = entry
                self._bytes += entry.length

    def see(self, event: Event) -> None:
        """Learn from an event when the server was away; an observer."""
        if isinstance(event, OutageEnded):
            self._away.append((self._clock() - event.seconds, self._clock()))

    @property
    def media_ids(self) -> list[str]:
        """The ids of media in doubt, as far as they are known, a thousand at most."""
        taken = self._checkpoint.state.taken
        ids = {entry.media_id: None for position, entry in self._entries.items() if position in taken}
        return list(ids)[:_MOST_NAMED]

    @property
    def exist(self) -> bool:
        """Whether anything is in doubt."""
        return bool(self._checkpoint.state.doubts())

    def seconds_until_known(self) -> float:
        """The seconds until the last request in doubt can no longer be running; 0 where none can."""
        left = (
            self._limit_seconds - self._running_seconds(doubt) for doubt in self._checkpoint.state.doubts()
        )
        return max(0.0, max(left, default=0.0))

    async def ask(self) -> bool:
        """Ask about each batch in doubt that may be asked about, and record what is known by then.

        Returns:
            Whether any doubt ended: what was in it is owed, or what waited behind it is.

        Raises:
            ServerError: the server does not answer; what was found out before is on record.
            CheckpointError: it cannot be recorded.
        """
        began = self._clock()
        known = [doubt for doubt in self._checkpoint.state.doubts() if self._is_known(doubt)]
        await self._find_tasks(entry.lane for doubt in known for entry in self._entries_of(doubt))
        writes = not self._tasks or await self._reader.writes(next(iter(self._tasks.values())))
        if self._clock() - began > _SLOW_SECONDS:
            self._away.append((began, self._clock()))
        ended = False
        for doubt in known:
            if self._is_over(doubt) or not writes:
                ended |= await self._resolve(doubt)
        return ended

    async def verify(self, batch: Batch) -> None:
        """Read back what was sent again because it replaces, while nothing else of its media can be on its way.

        To be called when `batch` is delivered and its lanes are still held. A server that does not answer is not asked
        again: the answer to the batch was an acceptance.
        """
        if not any(self._replaced.meets(*span) for span in batch.spans()):
            return
        by_lane: dict[str, list[Entry]] = {}
        for entry in batch.each():
            by_lane.setdefault(entry.lane, []).append(entry)
        with suppress(ServerError):
            await self._find_tasks(by_lane)
            for lane, entries in by_lane.items():
                again = any(entry.position in self._replaced for entry in entries)
                if again and lane in self._tasks:
                    reading = await self._reader.read(self._tasks[lane], HeldValue)
                    said = evidence_of(
                        ExpectedLabels.of(entry.raw for entry in entries), reading.values, _ALWAYS
                    )
                    if said in (Evidence.ABSENT, Evidence.MIXED):
                        self.not_verified.append(entries[0].media_id)

    async def _find_tasks(self, lanes: Iterable[str]) -> None:
        """Look up the tasks of these media. Those that have none are not looked for again: tasks do not come late."""
        missing = [lane for lane in lanes if lane not in self._looked_for]
        if missing:
            self._tasks.update(await self._reader.tasks(missing))
            self._looked_for.update(missing)

    def _is_known(self, doubt: Undecided) -> bool:
        """Whether all that was sent in the batch is here."""
        return all(
            position in self._entries for start, stop in doubt.spans for position in range(start, stop)
        )

    def _is_over(self, doubt: Undecided) -> bool:
        """Whether the request can no longer be running."""
        return self._running_seconds(doubt) >= self._limit_seconds

    def _running_seconds(self, doubt: Undecided) -> float:
        """How long the server had for the request: since it was sent, without the time when it was away."""
        now = self._clock()
        away = sum(max(0.0, min(end, now) - max(begin, doubt.sent_at)) for begin, end in self._away)
        return now - doubt.sent_at - away - self._behind_seconds(doubt)

    def _behind_seconds(self, doubt: Undecided) -> float:
        """How far the clock by which a batch was sent may be behind ours; 0 where both may be the same.

        One that is ahead only makes us wait.
        """
        ours, theirs = self._reader.server_clock, clock_of(self._checkpoint.state, doubt.batch)
        if not (ours.is_known and theirs.is_known) or theirs.least_ahead <= ours.most_ahead:
            return 0.0
        return theirs.most_ahead - ours.least_ahead

    def _earliest(self, doubt: Undecided) -> float:
        """The earliest that the server's clock can have shown when a batch was sent.

        Where the clocks of who sent it and of us differ, or ours was set since, the earlier time: that a label is there
        which was there before is said of equal ones alone, and to overlook one that came then doubles it.
        """
        theirs = clock_of(self._checkpoint.state, doubt.batch)
        ours = self._reader.server_clock.at(doubt.sent_since)
        return min(ours, theirs.at(doubt.sent_since)) if theirs.is_known else ours

    async def _resolve(self, doubt: Undecided) -> bool:
        # Looked at before asking: a request that ends meanwhile has landed by the time of the answer, or never.
        is_over = self._is_over(doubt)
        said = await self._hear(doubt)
        if said is Evidence.LANDED:
            await self._record(doubt, delivered=True, why="its labels are there")
        elif said is Evidence.ABSENT and is_over:
            await self._record(doubt, delivered=False, why="its labels are not there, and it is over")
        elif is_over and self._replaces(doubt):
            await self._record(
                doubt, delivered=False, why="it is over, and sending it again replaces the same labels"
            )
        else:
            return False
        return True

    async def _hear(self, doubt: Undecided) -> Evidence:
        """What the media of a batch say, those that tell most first, until two of them agree."""
        heard: list[Evidence] = []
        for asked, (lane, expected) in enumerate(self._most_telling_first(doubt)):
            if asked >= _MOST_ASKED:
                break
            if lane in self._tasks:
                said = await self._ask_media(self._tasks[lane], expected, doubt)
                heard += [said] if said in (Evidence.LANDED, Evidence.ABSENT) else []
            if len(heard) >= _ENOUGH:
                break
        agreed = set(heard)
        return agreed.pop() if len(agreed) == 1 else Evidence.SILENT

    async def _ask_media(self, task: TaskRow, expected: ExpectedLabels, doubt: Undecided) -> Evidence:
        reading = await self._reader.read(task, HeldValue)
        return evidence_of(expected, reading.values, self._earliest(doubt))

    def _most_telling_first(self, doubt: Undecided) -> Iterable[tuple[str, ExpectedLabels]]:
        by_lane: dict[str, list[bytes]] = {}
        for entry in self._entries_of(doubt):
            by_lane.setdefault(entry.lane, []).append(entry.raw)
        expected = [(lane, ExpectedLabels.of(raws)) for lane, raws in by_lane.items()]
        return sorted(expected, key=lambda pair: (not pair[1].geometries, not pair[1].values))

    def _replaces(self, doubt: Undecided) -> bool:
        """Whether the batch begins for each of its media with an entry that replaces what was there."""
        first: dict[str, KeepData] = {}
        for entry in self._entries_of(doubt):
            first.setdefault(entry.lane, entry.keep)
        return all(keep is KeepData.FALSE for keep in first.values())

    async def _record(self, doubt: Undecided, *, delivered: bool, why: str) -> None:
        await self._checkpoint.record_resolved(doubt.batch, delivered=delivered, why=why)
        entries = sum(stop - start for start, stop in doubt.spans)
        self._emit(DoubtsEnded(batch=doubt.batch, entries=entries, delivered=delivered))
        if not delivered and self._replaces(doubt):
            self._replaced.update(doubt.spans)
        for entry in list(self._entries_of(doubt)):
            del self._entries[entry.position]
            self._bytes -= entry.length

    def _entries_of(self, doubt: Undecided) -> Iterator[Entry]:
        for start, stop in doubt.spans:
            for position in range(start, stop):
                if position in self._entries:
                    yield self._entries[position]
