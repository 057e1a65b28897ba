"""Which media the input mentions, and which of its entries wipe what an earlier one brings.

Pure. The runs of accepted entries come in order of position. A wiped entry can only be reported, not prevented: when
the later entry is read, the earlier one may have been delivered.

Media are told apart by `key_of` their lane, of which 60 bits are kept. Up to 600,000 stand in a set, 60 bytes each,
because a set takes in a segment at once, in 0.2 µs a media; more of them go to an open-addressing table of 34 MB, where
each is looked up by itself, in 0.5 µs. (Both are there while one takes over from the other.) Beyond `most_media`, two
thirds of the table, nothing is followed any more, and `is_complete` says so.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from bulk_importer.labels.findings import CATALOGUE
from bulk_importer.model import EntryRun, Finding, KeepData, Severity

__all__ = ["MENTIONS", "Mentions", "wiping"]

MENTIONS = "mentions"
"""The file in the folder of a checkpoint that says them (see `mention_log`)."""

_WIPED = CATALOGUE["earlier-entry-wiped"]
_KEPT_BITS = (1 << 60) - 1  # an integer of so many takes 32 bytes, and of 64 bits 48
_FEW_MEDIA = 600_000  # about the most in a set whose table takes 16 MB
_SLOTS = 1 << 22
_JOINED = 4096  # keys at a time: what is joined may be mentioned already, so it must not count at once


class Mentions:
    """The media that were mentioned so far.

    Args:
        most_media: about how many media are followed; with a segment that may bring more, all are forgotten.
        few_media: up to how many media are kept in a set.
        severity: of the findings.
    """

    def __init__(
        self,
        *,
        most_media: int = 2 * _SLOTS // 3,
        few_media: int = _FEW_MEDIA,
        severity: Severity = _WIPED.severity,
    ) -> None:
        # Changed by `follow`, `recall`, `join` and `forget` alone. They are in the set, or else in the table.
        self._few: set[int] = set()
        self._many: _Table | None = None
        self._media = 0
        self._most_media = most_media
        self._few_media = few_media
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
        again = self._note(run.keys)
        return [self._finding(run, index) for index in again if run.keeps[index] == KeepData.FALSE]

    def recall(self, keys: Sequence[int]) -> None:
        """Take note of entries that an earlier process followed, by their keys; 0 stands for what was no entry."""
        self._note([key for key in keys if key] if 0 in keys else keys)

    def join(self, other: Mentions) -> None:
        """Take note of all that `other` has taken note of."""
        if not other.is_complete:
            self.forget()
        for some in other._pieces():
            self._note(some)

    def among(self, keys: Sequence[int]) -> list[int]:
        """The places in `keys` of media that were mentioned; nothing is taken note of."""
        known = self._few.__contains__ if self._many is None else self._many.__contains__
        return [place for place, key in enumerate(keys) if known(key & _KEPT_BITS)]

    def shared_with(self, other: Mentions) -> int:
        """How many of these media `other` has taken note of, too."""
        return sum(len(other.among(some)) for some in self._pieces())

    def forget(self) -> None:
        """Forget all media: what was mentioned is not known, or is too much to be followed. `is_complete` says so."""
        self._few, self._many = set(), None
        self._is_complete = False

    def _note(self, mentioned: Sequence[int]) -> list[int]:
        """Enter media by their keys; the places in `mentioned` of those that were there before."""
        if not self._is_complete or self._media + len(mentioned) > self._most_media:
            self.forget()
            return []
        keys = list(map(_KEPT_BITS.__and__, mentioned))
        if self._many is None and self._media + len(keys) > self._few_media:
            self._many = _Table(self._few)
            self._few = set()
        again = self._noted_among_few(keys) if self._many is None else self._many.note(keys)
        self._media += len(keys) - len(again)
        return again

    def _pieces(self) -> Iterator[list[int]]:
        """The keys of all media, some at a time."""
        keys = iter(self._few) if self._many is None else self._many.keys()
        while some := list(islice(keys, _JOINED)):
            yield some

    def _noted_among_few(self, keys: Sequence[int]) -> list[int]:
        # Nearly always all are new and none comes twice: two operations on whole sets, and no loop.
        new = set(keys)
        if len(new) == len(keys) and self._few.isdisjoint(new):
            self._few |= new
            return []
        again = []
        for place, key in enumerate(keys):
            if key in self._few:
                again.append(place)
            else:
                self._few.add(key)
        return again

    def _finding(self, run: EntryRun, index: int) -> Finding:
        return wiping(run, index, self._severity, "behind an entry for the same media")


def wiping(run: EntryRun, index: int, severity: Severity, where: str) -> Finding:
    """The finding about an entry that wipes an earlier one; `where` says where it stands to that."""
    return Finding.of(
        _WIPED,
        run.entry(index),
        "/keepData",
        "keepData true, or one entry for the media",
        f"keepData false, {where}",
        severity=severity,
    )


class _Table:
    """A set of keys in an array, with linear probing; a key of 0 is an empty slot."""

    def __init__(self, keys: Iterable[int]) -> None:
        self._slots = array("Q", bytes(8 * _SLOTS))
        self.note(keys)

    def __contains__(self, key: int) -> bool:
        slots, slot = self._slots, key & (_SLOTS - 1)
        while slots[slot] and slots[slot] != key:
            slot = (slot + 1) & (_SLOTS - 1)
        return slots[slot] == key

    def keys(self) -> Iterator[int]:
        """All keys of the table, in no particular order."""
        return filter(None, self._slots)

    def note(self, keys: Iterable[int]) -> list[int]:
        """Enter keys; the places of those that were there before. There must be room for them."""
        again: list[int] = []
        # Written out, because it is the main process that does it, for every entry.
        slots, mask = self._slots, _SLOTS - 1
        place = -1
        for key in keys:
            place += 1
            slot = key & mask
            if found := slots[slot]:
                while found and found != key:
                    slot = (slot + 1) & mask
                    found = slots[slot]
                if found:
                    again.append(place)
                    continue
            slots[slot] = key
        return again
