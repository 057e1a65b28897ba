"""Which shard is begun next, and which is given up. Pure.

A shard that ended without being complete gets another turn as long as that brings something: each time that more of
it is settled, the count of turns in vain begins anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from bulk_importer.errors import ExitCode

__all__ = ["Turns", "Verdict"]

_FAILURES = 3
"""So many turns in a row that ended in an error and settled nothing: one may be chance, a lost lease, a full disk."""
_LOSSES = 10
"""So many turns in a row of which nothing was heard, or that a worker broke off: workers that come and go."""
_FINAL = frozenset({code for code in ExitCode if not code.may_run_again} | {ExitCode.UNFINISHED})
"""After these a person has to do something; and a person it was who left a shard unfinished."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a turn.

    Attributes:
        is_complete: all of the shard is settled.
        settled: how many entries of it are.
        exit_code: what the child ended with; None where nobody knows.
    """

    is_complete: bool
    settled: int
    exit_code: int | None


@dataclass(slots=True)
class _Tried:
    settled: int = 0
    failures: int = 0
    losses: int = 0


class Turns:
    """The shards that are not complete, in the order in which they are begun.

    Attributes:
        given_up: those that get no more turns, in the order in which that was decided.
        ends: no other shard is to be begun: the server is away for all of them.
    """

    def __init__(self, indexes: Iterable[int]) -> None:
        # Changed by `next` and `ended`.
        self._waiting = deque(indexes)
        self._tried: dict[int, _Tried] = {}
        self.given_up: list[int] = []
        self.ends = False

    def next(self) -> int | None:
        """The shard to begin now; None where there is none to begin."""
        return self._waiting.popleft() if self._waiting and not self.ends else None

    def ended(self, index: int, verdict: Verdict) -> None:
        """Decide what becomes of a shard whose turn is over."""
        if verdict.is_complete:
            return
        tried = self._tried.setdefault(index, _Tried())
        if verdict.settled > tried.settled:
            tried.settled, tried.failures, tried.losses = verdict.settled, 0, 0
        if _is_loss(verdict.exit_code):
            tried.losses += 1
        else:
            tried.failures += 1
        self.ends = self.ends or verdict.exit_code == ExitCode.SERVER
        if verdict.exit_code in _FINAL or tried.failures >= _FAILURES or tried.losses >= _LOSSES:
            self.given_up.append(index)
        else:
            self._waiting.append(index)


def _is_loss(code: int | None) -> bool:
    """Whether a turn was broken off from outside."""
    return code is None or code < 0 or code in (ExitCode.TERMINATED, ExitCode.INTERRUPTED, ExitCode.HANGUP)
