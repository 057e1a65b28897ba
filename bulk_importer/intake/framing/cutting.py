"""Chooses where the next stretch ends, from the bytes around and from what earlier stretches held."""

from __future__ import annotations

import msgspec

from bulk_importer.intake.framing.readers import Reader
from bulk_importer.intake.framing.segments import Boundaries, LineBreaks

__all__ = ["Cut", "Cutter"]

_FIRST_BYTES = 1 << 18
_TAIL_BYTES = 1 << 14
# Behind a stretch without an end of an element, look ahead for one as far as this many lengths of it.
_LOOK_AHEAD = 4
_LONGEST_JOINT_BYTES = 256
# A stretch is meant to hold a little less than the most entries allowed, so that it is not taken in two.
_FILL = 0.9


class Cut(msgspec.Struct, frozen=True):
    """Where a stretch ends.

    Attributes:
        length: in bytes.
        guessed: probably at the end of an element; otherwise just anywhere, and what follows is not known
            before the stretch was read.
        at_end: the source ends there.
    """

    length: int
    guessed: bool
    at_end: bool


class Cutter:
    """Cuts one source. Stretches begin small, so that the first entries are known soon, and double."""

    def __init__(self, reader: Reader, segment_bytes: int, max_entries: int, *, lines: bool) -> None:
        # Changed by `cut` (`_target`) and by `learn`.
        self._reader = reader
        self._boundaries: Boundaries | LineBreaks = LineBreaks() if lines else Boundaries()
        self._segment_bytes = segment_bytes
        self._max_entries = max_entries
        self._target = min(_FIRST_BYTES, segment_bytes)
        self._longest = 0
        self._most_bytes = segment_bytes

    @property
    def joint(self) -> bytes:
        """How the entries of this source are joined, see `joint_before`; empty as long as that is not known."""
        return self._boundaries.joint

    async def cut(self, start: int, least: int = 0) -> Cut:
        """Choose where the stretch that begins at `start` ends: behind `least` bytes, which held no whole element."""
        if self._target <= _FIRST_BYTES:
            self._boundaries.begin(await self._reader.read(start, _LONGEST_JOINT_BYTES))
        # Doubling what was too little keeps the work in proportion, however many wrong guesses an entry holds.
        target = max(min(self._target, self._most_bytes), 2 * least)
        self._target = min(2 * self._target, self._segment_bytes)
        end = await self._reader.end_by(start + target)
        if end is not None:
            return Cut(end - start, guessed=False, at_end=True)
        at = await self._last(start, target)
        if at is None or at <= least:
            at = await self._first_behind(start, target, least)
        if at is not None:
            return Cut(at, guessed=True, at_end=False)
        end = await self._reader.end_by(start + _LOOK_AHEAD * target)
        return Cut(
            _LOOK_AHEAD * target if end is None else end - start, guessed=False, at_end=end is not None
        )

    def learn(self, joint: bytes, *, longest: int, count: int, consumed: int) -> None:
        """Take into account what a proven stretch held.

        Args:
            joint: how its last two elements are joined, empty where that is not known.
            longest: bytes of its longest element.
            count: its elements.
            consumed: bytes up to the end of the last one.
        """
        self._boundaries.learn(joint)
        self._longest = max(self._longest, longest)
        if count:
            fitting = int(_FILL * self._max_entries * consumed / count)
            self._most_bytes = max(1, min(self._segment_bytes, fitting))

    async def _last(self, start: int, target: int) -> int | None:
        """The last probable end within the stretch, looked for from its end on backwards."""
        tail = _TAIL_BYTES
        while True:
            begin = max(0, target - tail)
            found = self._boundaries.last(await self._reader.read(start + begin, target - begin))
            if found is not None:
                return begin + found
            if not begin:
                return None
            tail *= 8

    async def _first_behind(self, start: int, target: int, least: int) -> int | None:
        """The first probable end behind the stretch and behind `least`, as far as the look-ahead."""
        look_ahead = max(_LOOK_AHEAD * target, 2 * self._longest)
        at = max(least, target - _LONGEST_JOINT_BYTES)
        while at < look_ahead:
            block = await self._reader.read(start + at, max(self._segment_bytes, 2 * _LONGEST_JOINT_BYTES))
            found = self._boundaries.first(block)
            if found is not None:
                return at + found
            if len(block) < max(self._segment_bytes, 2 * _LONGEST_JOINT_BYTES):
                return None
            at += len(block) - _LONGEST_JOINT_BYTES
        return None
