"""Decides how many media are read at a time. Pure: it is told the time.

Reading has one knob. The gate climbs as long as more in flight brings more answers a second, and no further: beyond
that, reads wait for each other in the server, and for the people who label on it. What is refused (429, 503, a cut
answer) halves it. It looks again now and then, because servers change.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ReadGate"]

# A step up has to bring this much, or it is taken back: twice in flight bring 1.6 to 2 times while the way is long.
_WORTH = 1.25
_ROUND_ANSWERS = 12
"""A rate is measured over so many answers, and twice as many as are in flight: the first still wait for each other."""
_REST_ROUNDS = 40


@dataclass(slots=True)
class ReadGate:
    """How many reads may be in flight.

    Args:
        most: never more than that.
    """

    most: int
    # Changed by `answered` and `refused` alone. `_since` and `_answers` measure the present round; `_before` is the
    # rate before the last step up, None where there was none; `_rest` counts rounds until the next look.
    allowed: int = 2
    _since: float | None = None
    _answers: int = 0
    _before: float | None = None
    _rest: int = 0
    _is_refused: bool = False

    def __post_init__(self) -> None:
        self.allowed = min(self.allowed, self.most)

    def answered(self, now: float) -> None:
        """A read has its answer, at this time in seconds."""
        self._is_refused = False
        if self._since is None:
            self._since = now
            return
        self._answers += 1
        if self._answers >= max(_ROUND_ANSWERS, 2 * self.allowed) and now > self._since:
            self._end_round(self._answers / (now - self._since))
            self._begin(None)

    def refused(self) -> None:
        """The server cannot take so many. Several refusals without an answer between them count once."""
        if self._is_refused:
            return
        self._is_refused = True
        self.allowed = max(1, self.allowed // 2)
        self._before, self._rest = None, _REST_ROUNDS // 4
        self._begin(None)

    def _begin(self, since: float | None) -> None:
        self._since, self._answers = since, 0

    def _end_round(self, rate: float) -> None:
        if self._before is not None and rate < _WORTH * self._before:
            self.allowed = max(1, self.allowed // 2)
            self._before, self._rest = None, _REST_ROUNDS
        elif self._rest:
            self._rest -= 1
            self._before = None
        elif self.allowed < self.most:
            self._before = rate
            self.allowed = min(self.most, 2 * self.allowed)
        else:
            self._before = None
