"""Which media the input mentions, and which of its entries a later one wipes.

Pure. The runs of accepted entries are fed in order of position. What it finds can only be said, not prevented: when the
later entry is read, the earlier one may have been delivered.

Memory: an open-addressing table of 12 bytes a slot, a third of them empty at least, so 18 to 36 bytes a media: 25 MB
for a million media, whatever the number of entries. Where it is known how many media there can be, the table has its
size at once; else it grows, and then takes half as much again. New media are no longer followed where they could
be more than `most_media`, nor entries behind the first four billion, and `is_complete` says so. Media are told
apart by `key_of` their lane.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from bulk_importer.datagym.entry import keys_of
from bulk_importer.datagym.findings import CATALOGUE
from bulk_importer.model import EntryRun, Finding, KeepData, Severity

__all__ = ["Mentions"]

_WIPED = CATALOGUE["earlier-entry-wiped"]
_FIRST_SLOTS = 1 << 12
_LAST_POSITION = (1 << 32) - 1
_QUICK_SLOTS = 1 << 20  # up to 12 MB it grows fourfold


class Mentions:
    """The media that were mentioned so far, each with the position of its last entry.

    Args:
        expected: how many media there may be, where that is known.
    """

    def __init__(
        self, *, expected: int = 0, most_media: int = 2_000_000, severity: Severity = _WIPED.severity
    ) -> None:
        # Changed by `follow` and `recall` alone. A key of 0 is an empty slot.
        self._keys, self._positions = _table(_slots_for(min(expected, most_media)))
        self._media = 0
        self._most_media = most_media
        self._severity = severity
        self._is_complete = True

    def __len__(self) -> int:
        """The number of different media mentioned, as far as they are followed."""
        return self._media

    @property
    def is_complete(self) -> bool:
        """Whether every media was followed; else neither the number nor the findings are all."""
        return self._is_complete

    def follow(self, run: EntryRun) -> list[Finding]:
        """Take note of the next entries; a finding for each that wipes an earlier one."""
        again = self._note(keys_of(run.lanes), run.positions)
        places = ((bisect_left(run.positions, position), before) for position, before in again)
        return [
            self._finding(run, index, before)
            for index, before in places
            if run.keeps[index] == KeepData.FALSE
        ]

    def recall(self, keys: Sequence[int], first: int) -> None:
        """Take note of entries that an earlier process followed: `keys` of the positions from `first`, 0 for none."""
        places: Sequence[int] = range(first, first + len(keys))
        if 0 in keys:
            places = [place for place, key in zip(places, keys, strict=True) if key]
            keys = [key for key in keys if key]
        self._note(keys, places)

    def forget(self) -> None:
        """What an earlier process followed is not known any more."""
        self._is_complete = False

    def _note(self, mentioned: Sequence[int], places: Sequence[int]) -> list[tuple[int, int]]:
        """Enter keys with their positions; for each that was there its position, and the one before."""
        again: list[tuple[int, int]] = []
        if places and places[-1] > _LAST_POSITION:
            self._is_complete = False
            return again
        missed = 0
        has_room = self._make_room(len(mentioned))
        # Written out, because it is the main process that does it, for every entry.
        keys, positions = self._keys, self._positions
        mask = len(keys) - 1
        for key, place in zip(mentioned, places, strict=True):
            slot = key & mask
            if found := keys[slot]:
                while found and found != key:
                    slot = (slot + 1) & mask
                    found = keys[slot]
                if found:
                    again.append((place, positions[slot]))
                    positions[slot] = place
                    continue
            if has_room:
                keys[slot] = key
                positions[slot] = place
            else:
                missed += 1
        self._media += len(mentioned) - len(again) - missed
        self._is_complete = self._is_complete and not missed
        return again

    def _make_room(self, more: int) -> bool:
        """Let the table hold so many more media with a third of its slots empty; False if they are too many."""
        if self._media + more > self._most_media:
            return False
        slots = _slots_for(self._media + more)
        if slots <= len(self._keys):
            return True
        slots = max(slots, min(4 * len(self._keys), _QUICK_SLOTS))
        before = self._keys, self._positions
        self._keys, self._positions = _table(slots)
        keys, positions, mask = self._keys, self._positions, slots - 1
        for key, position in zip(*before, strict=True):
            if key:
                slot = key & mask
                while keys[slot]:
                    slot = (slot + 1) & mask
                keys[slot], positions[slot] = key, position
        return True

    def _finding(self, run: EntryRun, index: int, before: int) -> Finding:
        return Finding(
            code=_WIPED.code,
            severity=self._severity,
            position=run.positions[index],
            offset=run.offset + run.starts[index],
            media_id=run.media_ids[index],
            pointer="/keepData",
            expected="keepData true, or one entry for the media",
            found=f"keepData false after the entry at position {before}",
            advice=_WIPED.advice,
        )


def _slots_for(media: int) -> int:
    slots = _FIRST_SLOTS
    while 2 * slots < 3 * media:
        slots *= 2
    return slots


def _table(slots: int) -> tuple[array[int], array[int]]:
    """An empty one: a column of keys and one of positions."""
    return array("Q", bytes(8 * slots)), array("I", bytes(4 * slots))
