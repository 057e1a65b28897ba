"""Who may leave next: how many batches are on their way, which are set aside, and whose turn it is.

A batch takes a slot when it is sealed and gives it back with its outcome. One that is taken apart, and waits (for a
moment between two tries, for the server, for others to show whether they pass), is *set aside*: it keeps its lanes and
gives up its slot, so that with a single slot the others go on meanwhile.

Those that were set aside leave in the order in which they became ready, before fresh ones. There are two exceptions,
both so that the same batch does not try again and again while others could show whether anything passes: while it is
not known that its failure is about the batch itself, and in an outage, where one batch at a time may try, fresh ones go
first, as long as not too many are set aside already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bulk_importer.transfer.adaptive.gate import Gate
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.interfaces import SendContext, Supply

__all__ = ["Slots"]

# So many batches that wait beside those in flight are enough to tell whether anything passes; and so many where the
# server answers all of them, and it has to be seen whether that is about each of them.
_ASIDE, _ASIDE_ANSWERED = 3, 32


class Slots:
    """The slots of one dispatcher, and the signal on which all who wait for a slot look again."""

    def __init__(self, pool: Supply, gate: Gate, admission: Admission, clock: Callable[[], float]) -> None:
        self._pool = pool
        self._gate = gate
        self._breaker = admission.breaker
        self._latency = admission.latency
        self._steering = admission.steering
        self._stop = admission.stop
        self._clock = clock
        # Batches with a slot, and those that were set aside; changed by `take`, `give_back` and `aside`.
        self.in_use = 0
        self._aside = 0
        # The batches that were set aside and could leave, in turn. Changed by `turn`.
        self._queue: list[_Turn] = []
        # Set by `wake`, which puts a fresh one in its place: each waits for the next change after it looked.
        self._changed = asyncio.Event()

    @property
    def are_empty(self) -> bool:
        """Whether no batch is on its way, and none is set aside."""
        return not self.in_use and not self._aside

    @property
    def has_others(self) -> bool:
        """Whether anything but the one that asks, which has a slot, could show whether uploads pass."""
        return self.in_use > 1 or self._aside > 0 or not self._pool.is_empty

    @property
    def has_fresh(self) -> bool:
        """As `has_others`, but what waits and failed in an earlier run like the one that asks shows nothing."""
        return self.in_use > 1 or self._aside > 0 or self._pool.has_fresh

    @property
    def has_more(self) -> bool:
        """Whether there are entries that have not been tried yet, also where a stop keeps them from being read."""
        return self._stop.is_requested or not (self._pool.is_closed and self._pool.is_empty)

    def wake(self) -> None:
        """Wake all who wait in `change`: something changed that may let a batch leave."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Return when something changes that may let a batch leave: at the next `wake`."""
        await self._changed.wait()

    def may_seal(self) -> bool:
        """Whether a fresh batch may take a slot."""
        if self._steering.is_paused:
            return False
        if self._breaker.is_closed:
            return self._has_slot() and not any(turn.is_blamed for turn in self._queue) and self._has_room()
        return self._breaker.may_acquire and self._has_slot() and (self._has_room() or not self._queue)

    def take(self, *, starved: bool) -> SendContext:
        """Give a fresh batch a slot; returns the context in which the batch leaves."""
        self.in_use += 1
        is_trial = self._breaker.acquire_trial()
        return SendContext(self._gate.generation, self._clock(), starved=starved, is_trial=is_trial)

    def take_again(self, context: SendContext, *, exclusive: bool) -> SendContext:
        """Use the slot of a batch that is taken apart for its next part; returns the context in which that leaves."""
        is_trial = self._breaker.acquire_trial()
        return SendContext(context.generation, self._clock(), exclusive=exclusive, is_trial=is_trial)

    def give_back(self) -> None:
        """Free the slot of a batch that has its outcome."""
        self.in_use -= 1
        self.wake()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Set the batch that has a slot aside for as long as the context lasts; it has a slot again behind that."""
        self.in_use -= 1
        self._aside += 1
        self.wake()
        try:
            yield
        finally:
            self._aside -= 1
            self.in_use += 1

    async def turn(self, *, is_blamed: bool) -> None:
        """Return when a batch that was set aside may take a slot again, or when the run is to stop.

        Args:
            is_blamed: others pass, so that there is no need to let them go first.
        """
        turn = _Turn(is_blamed)
        self._queue.append(turn)
        self.wake()
        try:
            while not self._may_leave(turn) and not self._stop.is_requested:
                await self.change()
        finally:
            self._queue.remove(turn)
            self.wake()

    def _may_leave(self, turn: _Turn) -> bool:
        """Whether it is the turn of this batch: of the first that need not let fresh ones go first."""
        if self._steering.is_paused or not self._breaker.may_acquire or not self._has_slot():
            return False
        if self._pool.is_empty or not self._has_room():
            return turn is self._queue[0]
        is_closed = self._breaker.is_closed
        return turn is next((each for each in self._queue if each.is_blamed and is_closed), None)

    def _has_slot(self) -> bool:
        return self._gate.allows(self.in_use) and self._latency.allows(self.in_use)

    def _has_room(self) -> bool:
        most = _ASIDE_ANSWERED if self._breaker.is_declared else _ASIDE
        return self._aside < self._gate.setting.in_flight + most


class _Turn:
    """The place of one batch in the queue; two places are told apart by identity."""

    def __init__(self, is_blamed: bool) -> None:
        self.is_blamed = is_blamed
