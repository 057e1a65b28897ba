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
from collections.abc import Iterator
from contextlib import contextmanager

from bulk_importer.transfer.adaptive.gate import Gate
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.latency_probe import LatencyLimit
from bulk_importer.transfer.interfaces import Supply

__all__ = ["Slots"]

# So many batches that wait beside those in flight are enough to tell whether anything passes.
_ASIDE = 3


class Slots:
    """The slots of one dispatcher, and the news on which everybody looks again."""

    def __init__(self, pool: Supply, gate: Gate, latency: LatencyLimit, breaker: BreakerProbe) -> None:
        self._pool = pool
        self._gate = gate
        self._latency = latency
        self._breaker = breaker
        # Batches with a slot, and those that were set aside; changed by `take`, `give_back` and `aside`.
        self.carried = 0
        self._aside = 0
        # Those that were set aside and could leave, in turn: whether each is blamed itself. Changed by `turn`.
        self._queue: list[_Turn] = []
        # Set by `notice`, which puts a fresh one in its place: each waits for the next change after it looked.
        self._changed = asyncio.Event()

    @property
    def are_empty(self) -> bool:
        """Whether no batch is on its way, and none is set aside."""
        return not self.carried and not self._aside

    @property
    def has_others(self) -> bool:
        """Whether anything but the one that asks, which has a slot, could show whether uploads pass."""
        return self.carried > 1 or self._aside > 0 or not self._pool.is_empty

    def notice(self) -> None:
        """Something changed: look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Return at the next news."""
        await self._changed.wait()

    def may_seal(self) -> bool:
        """Whether a fresh batch may take a slot."""
        if self._breaker.is_closed:
            return self._has_slot() and not any(turn.is_blamed for turn in self._queue) and self._has_room()
        return self._breaker.may_acquire and self._has_slot() and (self._has_room() or not self._queue)

    def take(self) -> bool:
        """A batch takes a slot; whether it is the one that tries in an outage."""
        self.carried += 1
        return self._breaker.acquire_trial()

    def give_back(self) -> None:
        """A batch has its outcome."""
        self.carried -= 1
        self.notice()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Without a slot while the batch that has one waits; it has one again behind that."""
        self.carried -= 1
        self._aside += 1
        self.notice()
        try:
            yield
        finally:
            self._aside -= 1
            self.carried += 1

    @contextmanager
    def turn(self, *, is_blamed: bool) -> Iterator[_Turn]:
        """A place in the queue of those that were set aside; `may_leave` says when it has come.

        Args:
            is_blamed: others pass, so that there is no need to let them go first.
        """
        turn = _Turn(is_blamed)
        self._queue.append(turn)
        self.notice()
        try:
            yield turn
        finally:
            self._queue.remove(turn)
            self.notice()

    def may_leave(self, turn: _Turn) -> bool:
        """Whether the batch at this place may take a slot again: the first that need not let fresh ones go first."""
        if not self._breaker.may_acquire or not self._has_slot():
            return False
        if self._pool.is_empty or not self._has_room():
            return turn is self._queue[0]
        is_closed = self._breaker.is_closed
        return turn is next((each for each in self._queue if each.is_blamed and is_closed), None)

    def _has_slot(self) -> bool:
        return self._gate.allows(self.carried) and self._latency.allows(self.carried)

    def _has_room(self) -> bool:
        return self._aside < self._gate.setting.in_flight + _ASIDE


class _Turn:
    """A place in the queue; told apart by identity."""

    def __init__(self, is_blamed: bool) -> None:
        self.is_blamed = is_blamed
