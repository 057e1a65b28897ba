"""Keeps the entries of one media in order: one lane for each id, and one owner for each lane. Pure.

With keepData two entries of one media do not commute, and the server deadlocks when they overlap. So a lane is
*held* by the batch that carries its entries, from the moment it is packed until the outcome of the last of these
entries is known (a refused batch is taken apart, and its parts settle one by one); entries that come up meanwhile
*wait* behind it. A lane whose batch is in doubt is *shut*: nothing may be sent for it, what waits is dropped (it is
owed, and read again when the doubt is resolved), and what comes up later is dropped too.

Ordinarily each media comes once and nothing waits. Then lanes are held and given free a batch at a time, as sets, at
some 30 ns an entry; an entry is looked at singly only where its media has another one near it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set

from bulk_importer.model import EntryRun

__all__ = ["Lanes"]


class Lanes:
    """Which lanes are held, by how many entries, and what waits behind them."""

    def __init__(self) -> None:
        # The held lanes, and of those with two entries or more whose outcome is not known how many there are. Changed
        # by `hold` and `release`.
        self._held: set[str] = set()
        self._several: dict[str, int] = {}
        # held lane -> runs of one entry each, oldest first. Changed by `wait`, `release` and `shut`.
        self._waiting: dict[str, list[EntryRun]] = {}
        self._shut: set[str] = set()
        # Bytes of what waits: it counts on the pool's capacity.
        self.waiting_bytes = 0

    @property
    def held(self) -> Set[str]:
        """The held lanes, for a packing loop that looks up every entry."""
        return self._held

    @property
    def shut(self) -> Set[str]:
        """The shut lanes, for a packing loop that looks up every entry."""
        return self._shut

    def hold(self, lanes: Set[str], several: Mapping[str, int]) -> None:
        """Make a batch that is being sealed the owner of these lanes.

        Args:
            several: how many entries it has in each of the lanes in which it has more than one.
        """
        self._held |= lanes
        self._several.update(several)

    def wait(self, lane: str, entry: EntryRun) -> None:
        """Put a run of one entry, with bytes of its own, behind the owner of its lane."""
        self._waiting.setdefault(lane, []).append(entry)
        self.waiting_bytes += len(entry.data)

    def release(self, lanes: Collection[str]) -> list[EntryRun]:
        """Let go of entries whose outcome is known; `lanes` names the lane of each.

        Returns:
            What waited behind lanes that are free now, in an order that keeps that of each lane.
        """
        # Nearly always: no media twice in the batch, and nobody behind it. Then one set operation does it.
        if not _any_of(self._several, lanes) and not _any_of(self._waiting, lanes):
            self._held.difference_update(lanes)
            return []
        ready: list[EntryRun] = []
        for lane in lanes:
            left = self._several.pop(lane, 1) - 1
            if left > 1:
                self._several[lane] = left
            elif not left:
                self._held.remove(lane)
                ready += self._waiting.pop(lane, ())
        self.waiting_bytes -= sum(len(run.data) for run in ready)
        return ready

    def close(self, lanes: Iterable[str]) -> None:
        """Shut the lanes of a batch that is in doubt. What waits behind them is dropped here, and owed."""
        for lane in lanes:
            self._shut.add(lane)
            waited = self._waiting.pop(lane, [])
            self.waiting_bytes -= sum(len(run.data) for run in waited)


def _any_of(known: Mapping[str, object], lanes: Iterable[str]) -> bool:
    """Whether `known`, which is mostly empty, has one of these lanes."""
    return bool(known) and not known.keys().isdisjoint(lanes)
