"""Keeps the entries of one media in order: one lane for each id, and one owner for each lane. Pure.

With keepData two entries of one media do not commute, and the server deadlocks when they overlap. So a lane is
*held* by the batch that carries its entries, from the moment it is packed until the outcome of the last of these
entries is known (a refused batch is taken apart, and its parts settle one by one); entries that come up meanwhile
*wait* behind it. A lane whose batch is in doubt is *shut*: nothing may be sent for it, what waits is dropped (it is
owed, and read again when the doubt is resolved), and what comes up later is dropped too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from bulk_importer.model import EntryRun

__all__ = ["Lanes"]


class Lanes:
    """Which lanes are held, by how many entries, and what waits behind them."""

    def __init__(self) -> None:
        # lane -> entries of its owner whose outcome is not known. Changed by `hold` and `release`.
        self._held: dict[str, int] = {}
        # held lane -> runs of one entry each, oldest first. Changed by `wait`, `release` and `shut`.
        self._waiting: dict[str, list[EntryRun]] = {}
        self._shut: set[str] = set()
        # Bytes of what waits: it counts on the pool's capacity.
        self.waiting_bytes = 0

    @property
    def held(self) -> Mapping[str, int]:
        """The held lanes, for a packing loop that looks up every entry."""
        return self._held

    @property
    def shut(self) -> Set[str]:
        """The shut lanes, for a packing loop that looks up every entry."""
        return self._shut

    def hold(self, lanes: Mapping[str, int]) -> None:
        """Make a batch that is being sealed the owner of these lanes, with so many entries in each."""
        self._held.update(lanes)

    def wait(self, lane: str, entry: EntryRun) -> None:
        """Put a run of one entry, with bytes of its own, behind the owner of its lane."""
        self._waiting.setdefault(lane, []).append(entry)
        self.waiting_bytes += len(entry.data)

    def release(self, lanes: Iterable[str]) -> list[EntryRun]:
        """The outcome of some entries is known; `lanes` names the lane of each.

        Returns:
            What waited behind lanes that are free now, in an order that keeps that of each lane.
        """
        ready: list[EntryRun] = []
        for lane in lanes:
            left = self._held[lane] - 1
            if left:
                self._held[lane] = left
            else:
                del self._held[lane]
                ready += self._waiting.pop(lane, ())
        self.waiting_bytes -= sum(len(run.data) for run in ready)
        return ready

    def close(self, lanes: Iterable[str]) -> None:
        """A batch of these lanes is in doubt: shut them, and let go of what waits behind them; it is owed."""
        for lane in lanes:
            self._shut.add(lane)
            waited = self._waiting.pop(lane, [])
            self.waiting_bytes -= sum(len(run.data) for run in waited)
