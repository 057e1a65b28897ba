"""Finds which corrections must wait, by what else was imported for their media.

A rejected entry that is fed again comes after entries that stood behind it. Where it, or an entry of its media that was
delivered after it, says `keepData: false`, one would wipe what the other brought. Nor is an entry sent while another
one of its media is in doubt, or is owed and stands before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterable, Sequence

from bulk_importer.checkpoint import CheckpointState
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.model import KeepData, Segment
from bulk_importer.spans import Span, SpanSet

__all__ = ["corrections_that_wait"]


async def corrections_that_wait(
    segments: AsyncIterable[Segment],
    state: CheckpointState,
    corrections: Sequence[Correction],
    *,
    corrected: Sequence[Correction],
    out_of_order: bool,
) -> set[int]:
    """The positions of the corrections that cannot be fed now.

    Args:
        segments: of the source, as far as it was imported.
        corrected: what earlier retries delivered; it counts in place of what the source has there.
        out_of_order: what was delivered later does not matter.
    """
    order = _Order(state, corrections, out_of_order=out_of_order)
    for each in corrected:
        order.see(each.position, each.lane, each.keep)
    replaced = SpanSet.of(sorted(each.position for each in corrected))
    async for segment in segments:
        run = segment.run
        for index, lane in enumerate(run.lanes):
            if lane in order.lanes and (position := run.positions[index]) not in replaced:
                order.see(position, lane, KeepData(run.keeps[index]))
    return order.waiting


class _Order:
    """Sees the entries of an import, in any order, and collects which corrections must wait because of one of them.

    Attributes:
        lanes: of the corrections; entries of other lanes do not matter.
        waiting: positions of the corrections that must wait.
    """

    def __init__(
        self, state: CheckpointState, corrections: Sequence[Correction], *, out_of_order: bool
    ) -> None:
        self._state = state
        self._out_of_order = out_of_order
        self._by_lane: dict[str | None, list[Correction]] = defaultdict(list)
        for each in corrections:
            self._by_lane[each.lane].append(each)
        self._by_lane.pop(None, None)
        self.lanes = self._by_lane.keys()
        self.waiting: set[int] = set()

    def see(self, position: int, lane: str | None, keep: KeepData) -> None:
        """Take the entry at `position` into account."""
        for each in self._by_lane.get(lane, ()):
            if self._is_in_the_way(position, keep, each):
                self.waiting.add(each.position)

    def _is_in_the_way(self, position: int, keep: KeepData, correction: Correction) -> bool:
        state = self._state
        if position in state.taken:
            return True
        if position < correction.position:
            return state.owes((Span(position, position + 1),))
        came_later = position > correction.position and position in state.delivered
        return came_later and KeepData.FALSE in (correction.keep, keep) and not self._out_of_order
