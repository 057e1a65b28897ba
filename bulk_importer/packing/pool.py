"""Where accepted entries wait until a request can leave, and where batches are sealed.

Pull, not push: a batch is packed at the moment when it can leave, with the limits of that moment. What comes back
owed goes to the front and is packed again with the limits of *its* moment.

Memory: at most `capacity` bytes of entries with their columns, plus one run (a run is let in while there is room at
all, or an entry larger than the pool could never pass). A run pins the segment that it was cut from, so one that uses
less than half of its segment is cut loose first: it takes its bytes with it and lets the segment go.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from bulk_importer.model import Batch, EntryRun, Limits, Outcome
from bulk_importer.packing.lanes import Lanes
from bulk_importer.packing.limits import Load
from bulk_importer.packing.runs import body_of, cut_loose, loosened, several_in_lane, width_of
from bulk_importer.packing.suspects import Suspects

__all__ = ["Pool"]

# What an entry takes in the columns of its run: a text for the id, a pointer to it, and four numbers. Where entries are
# tiny that is more than their bytes.
_ENTRY_BYTES = 100


class Pool:
    """Entries on their way from intake to transfer, in order of position within each media.

    The pool is a channel: one side calls `put`, and `close` after the last run; the other side seals batches, and waits
    with `changed` while there is nothing to seal.

    Args:
        capacity: bytes that may wait.
        next_number: of the first batch; the checkpoint knows the highest one that it has seen.
        suspects: entries that are sealed in parts of their own.
    """

    def __init__(self, capacity: int, *, next_number: int = 0, suspects: Suspects | None = None) -> None:
        self._capacity = capacity
        self._suspects = suspects or Suspects()
        # What is packed next: owed and released runs at the left, fresh ones at the right; of the first one `_begun`
        # entries are gone. (To cut the rest off for each batch would copy a run of tiny entries a dozen times over.)
        # Changed by `put`, `seal` and `settle`; `_ready` is the sum of what lies in it.
        self._runs: deque[EntryRun] = deque()
        self._begun = 0
        self._ready = Load(bytes=0)
        self._lanes = Lanes()
        self._number = next_number
        self._room = asyncio.Event()
        self._room.set()
        # Whether the last run is in; set by `close` alone.
        self.is_closed = False
        # Set by `put` and `close`, which replace it: whoever waits for it sees the next change.
        self._changed = asyncio.Event()

    @property
    def bytes(self) -> int:
        """Bytes of the entries that wait, in the queue and behind held lanes."""
        return self._ready.bytes + self._lanes.waiting_bytes

    def can_fill(self, limits: Limits) -> bool:
        """Whether the entries that wait reach one of the limits, so that more would not make the next batch fuller."""
        ready = self._ready
        return (
            ready.entries >= limits.max_entries
            or ready.bytes >= limits.max_bytes
            or ready.weight >= limits.max_weight
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be packed at the moment. Entries may still wait behind held lanes."""
        return not any(self._can_pack_of(run, begun) for run, begun in self._queued())

    @property
    def has_fresh(self) -> bool:
        """Whether something can be packed at the moment that is no suspect."""
        return any(
            not self._suspects.part_of(run.positions[0]) and self._can_pack_of(run, begun)
            for run, begun in self._queued()
        )

    def _queued(self) -> Iterator[tuple[EntryRun, int]]:
        """Each run in the queue, and from which of its entries on."""
        return zip(self._runs, chain((self._begun,), repeat(0)), strict=False)

    def _can_pack_of(self, run: EntryRun, begun: int) -> bool:
        # By index: to skip the entries that are gone would cost as much as to look at them, for each batch.
        held, shut, lanes = self._lanes.held, self._lanes.shut, run.lanes
        return any(lanes[at] not in held and lanes[at] not in shut for at in range(begun, len(lanes)))

    async def put(self, run: EntryRun) -> None:
        """Put a run in; waits while the pool is full. When this is cancelled, the run is not in."""
        while self.bytes + _ENTRY_BYTES * self._ready.entries >= self._capacity:
            self._room.clear()
            await self._room.wait()
        for loose in loosened(run):
            for part in self._suspects.split(loose):
                self._append(part)
        self._announce()

    def close(self) -> None:
        """Declare that no further run will be put in. What is in the pool stays, and may come back by `settle`."""
        self.is_closed = True
        self._announce()

    async def changed(self) -> None:
        """Return at the next `put` or `close`. What `seal` and `settle` change is known to their caller."""
        await self._changed.wait()

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def seal(self, limits: Limits) -> Batch | None:
        """Pack the next batch, and hold its lanes until `settle`.

        Returns:
            None where nothing can be packed: the pool is empty, or all that is in it waits behind held lanes.
        """
        while self._runs:
            batch = self._seal_part(self._part_of_next(), limits)
            if batch is not None:
                return batch
        return None

    def _seal_part(self, part: int, limits: Limits) -> Batch | None:
        """Pack what comes next of one part; None where all of that waits behind held lanes."""
        load = Load()
        taken: list[EntryRun] = []
        mine: set[str] = set()
        while self._runs and self._part_of_next() == part:
            run, begun = self._runs[0], self._begun
            stopped_at = self._pack(run, begun, limits, load, taken, mine)
            self._uncount(run, begun, stopped_at)
            self._begun = stopped_at
            if stopped_at < len(run):
                break
            self._runs.popleft()
            self._begun = 0
        self._lanes.hold(mine, several_in_lane(taken) if len(mine) < load.entries else {})
        self._room.set()
        if not taken:
            return None
        return self._sealed(taken, load.weight, suspect=part > 0, tries=self._suspects.tries(part))

    def _part_of_next(self) -> int:
        """The part of what is packed next; a run is of one part only."""
        return self._suspects.part_of(self._runs[0].positions[0]) if self._suspects and self._runs else 0

    def seal_again(self, batch: Batch, indexes: Sequence[int]) -> Batch:
        """Seal some entries of a refused batch by themselves, as suspects; its lanes stay held.

        Args:
            indexes: of these entries in the body of `batch`, ascending.
        """
        runs = self._taken(batch, indexes)
        return self._sealed(runs, sum(sum(run.weights) for run in runs), suspect=True, tries=batch.tries)

    def settle(self, batch: Batch, outcome: Outcome, indexes: Sequence[int] | None = None) -> None:
        """Free the lanes of a batch whose outcome is on record, or shut them where it is in doubt.

        An owed batch goes to the front with what waits behind its lanes after it.

        Args:
            indexes: of the entries that it holds for, ascending; None for all of them.
        """
        runs = batch.runs if indexes is None else self._taken(batch, indexes)
        lanes = list(chain.from_iterable(run.lanes for run in runs))
        if outcome is Outcome.IN_DOUBT:
            # Before they are released, or what waits behind them would come to the front.
            self.shut(dict.fromkeys(lanes))
        released = self._lanes.release(lanes)
        self._prepend([*runs, *released] if outcome is Outcome.OWED else released)
        self._room.set()

    def shut(self, lanes: Iterable[str]) -> None:
        """Let nothing of these lanes pass, because entries of theirs are in doubt."""
        self._lanes.close(lanes)

    def _pack(
        self, run: EntryRun, begun: int, limits: Limits, load: Load, taken: list[EntryRun], mine: set[str]
    ) -> int:
        """Move entries of `run`, from `begun` on, into the batch until one does not fit; returns its index."""
        held, shut = self._lanes.held, self._lanes.shut
        # Lanes that are held or shut are rare where media come once; then all that fits goes in at once, without a
        # look at each: 0.1 instead of 1.5 microseconds an entry.
        near = slice(begun, begun + limits.max_entries)
        stop = begun + load.most(run.lengths[near], run.weights[near], limits)
        lanes = run.lanes[begun:stop]
        if held.isdisjoint(lanes) and shut.isdisjoint(lanes):
            load.take_all(run.lengths[begun:stop], run.weights[begun:stop])
            mine.update(lanes)
            _take(taken, run, begun, stop)
            return stop
        return self._pack_singly(run, begun, limits, load, taken, mine)

    def _pack_singly(
        self, run: EntryRun, begun: int, limits: Limits, load: Load, taken: list[EntryRun], mine: set[str]
    ) -> int:
        held, shut = self._lanes.held, self._lanes.shut
        lengths, weights = run.lengths, run.weights
        start = begun  # of the consecutive entries that go in together
        for index, lane in enumerate(run.lanes[begun:], begun):
            if lane in mine or (lane not in held and lane not in shut):
                if not load.fits(lengths[index], weights[index], limits):
                    _take(taken, run, start, index)
                    return index
                load.take(lengths[index], weights[index])
                mine.add(lane)
                continue
            _take(taken, run, start, index)
            start = index + 1
            if lane not in shut:  # what is, is let go: it is owed, and read again when the doubt ends
                self._lanes.wait(lane, cut_loose(run, index, index + 1))
        _take(taken, run, start, len(run))
        return len(run)

    def _taken(self, batch: Batch, indexes: Sequence[int]) -> tuple[EntryRun, ...]:
        wanted = set(indexes)
        runs: list[EntryRun] = []
        first = 0
        for run in batch.runs:
            inside = [i for i in range(len(run)) if first + i in wanted]
            if inside:
                runs.append(run.take(inside))
            first += len(run)
        return tuple(runs)

    def _sealed(self, runs: Sequence[EntryRun], weight: int, *, suspect: bool, tries: int) -> Batch:
        number = self._number
        self._number += 1
        entries = sum(map(len, runs))
        return Batch(number, tuple(runs), body_of(runs), entries, weight, suspect, tries)

    def _append(self, run: EntryRun) -> None:
        self._runs.append(run)
        self._count(run)

    def _prepend(self, runs: Sequence[EntryRun]) -> None:
        if runs and self._begun:
            first = self._runs.popleft()
            self._runs.appendleft(first.take(range(self._begun, len(first))))
            self._begun = 0
        parts = [part for run in runs for part in self._suspects.split(run)]
        self._runs.extendleft(reversed(parts))
        for part in parts:
            self._count(part)

    def _count(self, run: EntryRun) -> None:
        self._ready.entries += len(run)
        self._ready.bytes += width_of(run)
        self._ready.weight += sum(run.weights)

    def _uncount(self, run: EntryRun, start: int, stop: int) -> None:
        """The entries `[start, stop)` of `run` left the queue, with what stands behind them up to the next."""
        end = run.starts[stop] if stop < len(run) else run.starts[-1] + run.lengths[-1]
        self._ready.entries -= stop - start
        self._ready.bytes -= end - run.starts[start]
        self._ready.weight -= sum(run.weights[start:stop])


def _take(taken: list[EntryRun], run: EntryRun, start: int, stop: int) -> None:
    if start < stop:
        taken.append(run.take(range(start, stop)))
