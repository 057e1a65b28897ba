"""Which media the input mentions, and which of its entries a later one wipes.

Pure. The runs of accepted entries are fed in order of position. What it finds can only be said, not prevented: when the
later entry is read, the earlier one may have been delivered.

Memory: an open-addressing table of two columns of 8 bytes, doubled at half load, so 32 to 64 bytes a media, and half of
that again while it grows: 34 MB for a million media and 51 on the way there, whatever the number of entries. Beyond
`most_media` new media are no longer followed, and `is_complete` says so. Media are told apart by 64 bits of their
lane's hash.
"""

from __future__ import annotations

from array import array

from bulk_importer.datagym.findings import CATALOGUE
from bulk_importer.model import EntryRun, Finding, KeepData, Severity

__all__ = ["Mentions"]

_WIPED = CATALOGUE["earlier-entry-wiped"]
_FIRST_SLOTS = 1 << 12


class Mentions:
    """The media that were mentioned so far, each with the position of its last entry."""

    def __init__(self, *, most_media: int = 2_000_000, severity: Severity = _WIPED.severity) -> None:
        # Changed by `follow` alone. A key of 0 is an empty slot.
        self._keys = array("q", bytes(8 * _FIRST_SLOTS))
        self._positions = array("q", bytes(8 * _FIRST_SLOTS))
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
        findings = []
        place_of, keeps = run.positions, run.keeps
        # Written out, because it is the main process that does it, for every entry: 0.5 µs in place of 1.2.
        keys, positions = self._keys, self._positions
        mask = len(keys) - 1
        for index, key in enumerate(map(hash, run.lanes)):
            key = key or 1  # noqa: PLW2901 - the hash that means an empty slot
            slot = key & mask
            found = keys[slot]
            while found and found != key:
                slot = (slot + 1) & mask
                found = keys[slot]
            if found:
                if keeps[index] == KeepData.FALSE:
                    findings.append(self._finding(run, index, positions[slot]))
                positions[slot] = place_of[index]
            elif self._media >= self._most_media:
                self._is_complete = False
            else:
                keys[slot] = key
                positions[slot] = place_of[index]
                self._media += 1
                if 2 * self._media > mask + 1:
                    self._grow()
                    keys, positions = self._keys, self._positions
                    mask = len(keys) - 1
        return findings

    def _grow(self) -> None:
        size = 2 * len(self._keys)
        keys, positions = array("q", bytes(8 * size)), array("q", bytes(8 * size))
        for key, position in zip(self._keys, self._positions, strict=True):
            if key:
                slot = key & (size - 1)
                while keys[slot]:
                    slot = (slot + 1) & (size - 1)
                keys[slot], positions[slot] = key, position
        self._keys, self._positions = keys, positions

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
