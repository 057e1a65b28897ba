"""Decides how many media are read at a time. Pure: it is told how long reads took.

Reading has one knob. The gate climbs as long as more in flight brings more answers a second, and no further: beyond
that, reads wait for each other in the server, and for the people who label on it. What is refused (429, 503, a cut
answer) halves it. It looks again now and then, because servers change.

How many answers a second a setting brings follows from how long one takes: as many as are in flight, in that time. The
median is taken, because a pause of this machine delays all that are in flight: counting answers by the clock, such a
pause took a step back that was worth twice as much, one time in two where there was six times as much to do as cores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

__all__ = ["ReadGate"]

# A step up has to bring this much, or it is taken back: twice in flight bring 1.4 to 2 times while the way is long,
# also on a machine that has other work; and next to nothing where the server has no core left.
_WORTH = 1.15
_ROUND_ANSWERS = 16
"""A setting is judged by so many answers, and twice as many as are in flight."""
_REST_ROUNDS = 20
_FIRST = 4


@dataclass(slots=True)
class ReadGate:
    """How many reads may be in flight: `allowed`, changed by `answered` and `refused` alone.

    Args:
        most: never more than that.
    """

    most: int
    allowed: int = _FIRST
    # Of the present setting: answers that are still to be left out, because they were begun under another one; how long
    # the others took, in seconds. What the setting before the last step up brought, None where there was no step; how
    # many rounds are left until the next look; and whether a refusal was heard since the last answer.
    _left_out: int = 0
    _seconds: list[float] = field(default_factory=list)
    _before: float | None = None
    _rest: int = 0
    _is_refused: bool = False

    def __post_init__(self) -> None:
        self.allowed = min(self.allowed, max(1, self.most // 2))

    def answered(self, seconds: float) -> None:
        """A read has its answer, after so long."""
        self._is_refused = False
        if self._left_out:
            self._left_out -= 1
            return
        self._seconds.append(seconds)
        if len(self._seconds) >= max(_ROUND_ANSWERS, 2 * self.allowed):
            brings = self.allowed / max(median(self._seconds), 1e-9)
            self._seconds.clear()
            self._end_round(brings)

    def refused(self) -> None:
        """The server cannot take so many. Several refusals without an answer between them count once."""
        if self._is_refused:
            return
        self._is_refused = True
        self._before, self._rest = None, _REST_ROUNDS // 2
        self._set(max(1, self.allowed // 2))

    def _end_round(self, brings: float) -> None:
        before, self._before = self._before, None
        if before is not None and brings < _WORTH * before:
            self._rest = _REST_ROUNDS
            self._set(max(1, self.allowed // 2))
        elif self._rest:
            self._rest -= 1
        elif self.allowed < self.most:
            self._before = brings
            self._set(min(self.most, 2 * self.allowed))

    def _set(self, allowed: int) -> None:
        self._left_out = self.allowed
        self.allowed = allowed
        self._seconds.clear()
