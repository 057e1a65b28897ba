"""How long a lease holds for who has it, and when others may take it.

Pure. Times are those of one clock of whoever asks; no two of them are compared.
"""

from __future__ import annotations

__all__ = ["MARGIN", "Tenure", "Watch"]

MARGIN = 0.1
"""How much longer than a lease its sign is watched, as a share of it: clocks of machines differ in speed by less than a
thousandth, and what is asked right before a request leaves is over long before."""

_SIGNS = 4
_TRIES = 20


class Tenure:
    """The lease as its holder has it: until a time, by its own clock.

    `holds` may be asked from any thread; all else is for one.
    """

    def __init__(self, seconds: float, started: float) -> None:
        """Begin to hold it.

        Args:
            seconds: for how long it holds from the start of a sign on.
            started: when the claim to it began to be created.
        """
        self.seconds = seconds
        # Changed by `renew` and `end` alone; after `end` it is behind every time.
        self.until = started + seconds

    def holds(self, now: float) -> bool:
        """Whether it still holds. Once it does not, it never does again."""
        return now < self.until

    def renew(self, started: float, now: float) -> bool:
        """Have it hold on, by a sign that began to be given at `started` and is known to be there `now`.

        Returns:
            False where it did not hold any more when that was known: then nothing is changed by it. Who takes over may
            have looked for a sign before this one was there.
        """
        if not self.holds(now):
            self.end()
            return False
        self.until = started + self.seconds
        return True

    def end(self) -> None:
        """Hold it no longer."""
        self.until = float("-inf")

    @property
    def next_sign(self) -> float:
        """When the next sign is due, after one that counted."""
        return self.until - self.seconds + self.seconds / _SIGNS

    @property
    def next_try(self) -> float:
        """How many seconds after a sign that failed the next one is tried."""
        return self.seconds / _TRIES


class Watch:
    """The lease as another worker sees it: a sign, and since when it is the same."""

    def __init__(self) -> None:
        # Changed by `see` alone.
        self._sign: bytes | None = None
        self._since = 0.0

    def see(self, sign: bytes, asked: float, answered: float) -> float:
        """For how many seconds, at least, the holder has given no other sign than this one.

        What is seen for the first time may have been given at any time before the answer; what is still there was
        there when it was asked for.
        """
        if sign != self._sign:
            self._sign, self._since = sign, answered
        return asked - self._since

    @staticmethod
    def is_over(seconds: float, silent: float) -> bool:
        """Whether a lease that holds for `seconds` is over, `silent` seconds after a sign was seen."""
        return silent > seconds * (1 + MARGIN)
