"""Where accepted entries wait until a request can leave, and where batches are sealed.

Pull, not push: a batch is packed at the moment when it can leave, with the limits of that moment. What comes back
owed goes to the front and is packed again with the limits of *its* moment.

Memory: at most `capacity` bytes of entries with their columns, plus one run (a run is let in while there is room at
all, or an entry larger than the pool could never pass). A run pins the segment that it was cut from, so one that uses
less than half of its segment is cut loose first: it takes its bytes with it and lets the segment go.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence

from bulk_importer.model import Batch, EntryRun, Limits, Outcome
from bulk_importer.packing.lanes import Lanes
from bulk_importer.packing.limits import Load

__all__ = ["Pool"]

# What an entry takes in the columns of its run: a text for the id, a pointer to it, and four numbers. Where entries are
# tiny that is more than their bytes.
_ENTRY_BYTES = 100


class Pool:
    """Entries on their way from intake to transfer, in order of position within each media."""

    def __init__(self, capacity: int, *, next_number: int = 0) -> None:
        self._capacity = capacity
        # What is packed next: owed and released runs at the left, fresh ones at the right. Changed by `put`, `seal`
        # and `settle`; `_ready` is the sum of what lies in it.
        self._runs: deque[EntryRun] = deque()
        self._ready = Load(bytes=0)
        self._lanes = Lanes()
        # The number of the next batch; the checkpoint knows the highest one that it has seen.
        self._number = next_number
        self._room = asyncio.Event()
        self._room.set()

    @property
    def bytes(self) -> int:
        """Bytes of the entries that wait, in the queue and behind held lanes."""
        return self._ready.bytes + self._lanes.waiting_bytes

    def can_fill(self, limits: Limits) -> bool:
        """Whether what lies here reaches one of the limits, so that waiting would not make the next batch fuller."""
        ready = self._ready
        return (
            ready.entries >= limits.max_entries
            or ready.bytes >= limits.max_bytes
            or ready.weight >= limits.max_weight
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be packed at the moment. Entries may still wait behind held lanes."""
        return not self._runs

    async def put(self, run: EntryRun) -> None:
        """Let a run in; waits while the pool is full. On cancel the run is not in."""
        while self.bytes + _ENTRY_BYTES * self._ready.entries >= self._capacity:
            self._room.clear()
            await self._room.wait()
        for part in _loose(run):
            self._append(part)

    def seal(self, limits: Limits) -> Batch | None:
        """Pack the next batch, and hold its lanes until `settle`.

        Returns:
            None where nothing can be packed: the pool is empty, or all that is in it waits behind held lanes.
        """
        load = Load()
        taken: list[EntryRun] = []
        mine: Counter[str] = Counter()
        while self._runs:
            run = self._runs.popleft()
            stopped_at = self._pack(run, limits, load, taken, mine)
            if stopped_at < len(run):
                rest = run.take(range(stopped_at, len(run)))
                self._runs.appendleft(rest)
                self._uncount(run, stopped_at, _width(run) - _width(rest))
                break
            self._uncount(run, len(run), _width(run))
        self._lanes.hold(mine)
        self._room.set()
        return self._sealed(taken, load.weight, suspect=False) if taken else None

    def seal_again(self, batch: Batch, indexes: Sequence[int]) -> Batch:
        """Seal some entries of a refused batch by themselves, as suspects; its lanes stay held.

        Args:
            indexes: of these entries in the body of `batch`, ascending.
        """
        runs = self._taken(batch, indexes)
        return self._sealed(runs, sum(sum(run.weights) for run in runs), suspect=True)

    def settle(self, batch: Batch, outcome: Outcome, indexes: Sequence[int] | None = None) -> None:
        """The outcome of a batch is on record: give its lanes free, or shut them when it is in doubt.

        An owed batch goes to the front with what waits behind its lanes after it.

        Args:
            indexes: of the entries that it holds for, ascending; None for all of them.
        """
        runs = batch.runs if indexes is None else self._taken(batch, indexes)
        lanes = [lane for run in runs for lane in run.lanes]
        if outcome is Outcome.IN_DOUBT:
            self.shut(dict.fromkeys(lanes))
        released = self._lanes.release(lanes)
        self._prepend([*runs, *released] if outcome is Outcome.OWED else released)
        self._room.set()

    def shut(self, lanes: Iterable[str]) -> None:
        """Let nothing of these lanes pass: a batch of theirs is in doubt."""
        self._lanes.close(lanes)

    def _pack(
        self, run: EntryRun, limits: Limits, load: Load, taken: list[EntryRun], mine: Counter[str]
    ) -> int:
        """Move entries of `run` into the batch until one does not fit; returns the index of that one."""
        held, shut = self._lanes.held, self._lanes.shut
        # Lanes that are held or shut are rare where media come once; then all that fits goes in at once, without a
        # look at each: 0.1 instead of 1.5 microseconds an entry.
        count = load.most(run.lengths, run.weights, limits)
        lanes = run.lanes[:count]
        if held.keys().isdisjoint(lanes) and shut.isdisjoint(lanes):
            load.take_all(run.lengths[:count], run.weights[:count])
            mine.update(lanes)
            _take(taken, run, 0, count)
            return count
        return self._pack_singly(run, limits, load, taken, mine)

    def _pack_singly(
        self, run: EntryRun, limits: Limits, load: Load, taken: list[EntryRun], mine: Counter[str]
    ) -> int:
        held, shut = self._lanes.held, self._lanes.shut
        lengths, weights = run.lengths, run.weights
        start = 0  # of the consecutive entries that go in together
        for index, lane in enumerate(run.lanes):
            if lane in mine or (lane not in held and lane not in shut):
                if not load.fits(lengths[index], weights[index], limits):
                    _take(taken, run, start, index)
                    return index
                load.take(lengths[index], weights[index])
                mine[lane] += 1
                continue
            _take(taken, run, start, index)
            start = index + 1
            if lane not in shut:  # what is, is let go: it is owed, and read again when the doubt ends
                self._lanes.wait(lane, _cut_loose(run, index, index + 1))
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

    def _sealed(self, runs: Sequence[EntryRun], weight: int, *, suspect: bool) -> Batch:
        number = self._number
        self._number += 1
        entries = sum(map(len, runs))
        return Batch(number, tuple(runs), _body(runs), entries, weight, suspect)

    def _append(self, run: EntryRun) -> None:
        self._runs.append(run)
        self._count(run)

    def _prepend(self, runs: Sequence[EntryRun]) -> None:
        self._runs.extendleft(reversed(runs))
        for run in runs:
            self._count(run)

    def _count(self, run: EntryRun) -> None:
        self._ready.entries += len(run)
        self._ready.bytes += _width(run)
        self._ready.weight += sum(run.weights)

    def _uncount(self, run: EntryRun, count: int, width: int) -> None:
        """The first `count` entries of `run`, which take up `width` bytes, left the queue."""
        self._ready.entries -= count
        self._ready.bytes -= width
        self._ready.weight -= sum(run.weights[:count])


def _width(run: EntryRun) -> int:
    """Bytes from the first entry to the end of the last, with what stands between them."""
    return run.starts[-1] + run.lengths[-1] - run.starts[0]


def _take(taken: list[EntryRun], run: EntryRun, start: int, stop: int) -> None:
    if start < stop:
        taken.append(run.take(range(start, stop)))


def _loose(run: EntryRun) -> Iterator[EntryRun]:
    """The run itself where it uses most of its segment, else its parts with bytes of their own."""
    if not len(run):
        return
    if 2 * sum(run.lengths) >= len(run.data):
        yield run
        return
    for start, stop in _consecutive(run):
        yield _cut_loose(run, start, stop)


def _cut_loose(run: EntryRun, start: int, stop: int) -> EntryRun:
    """The consecutive entries `[start, stop)` of `run` with a copy of their bytes alone."""
    part = run.take(range(start, stop))
    base = part.starts[0]
    data = run.data[base : part.starts[-1] + part.lengths[-1]]
    return EntryRun(
        run.offset + base,
        data,
        part.positions,
        [each - base for each in part.starts],
        part.lengths,
        part.media_ids,
        part.lanes,
        part.keeps,
        part.weights,
    )


def _consecutive(run: EntryRun) -> Iterator[tuple[int, int]]:
    """The index ranges of `run` whose positions follow each other without a hole."""
    positions = run.positions
    if isinstance(positions, range):
        yield 0, len(run)
        return
    start = 0
    for index in range(1, len(run) + 1):
        if index == len(run) or positions[index] != positions[index - 1] + 1:
            yield start, index
            start = index


def _body(runs: Sequence[EntryRun]) -> bytes:
    """A JSON array of the entries. Neighbours in the source are copied with what stands between them."""
    pieces = []
    for run in runs:
        for start, stop in _consecutive(run):
            last = stop - 1
            pieces.append(run.data[run.starts[start] : run.starts[last] + run.lengths[last]])
    return b"[" + b",".join(pieces) + b"]"
