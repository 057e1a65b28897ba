"""What a lease leaves at a place, and under which names.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

__all__ = ["Claim", "Names", "Standing", "standing"]

_LEASE, _FREE = "lease-", "free-"
_KEPT_EPOCHS = 8


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a lease: created once, and never changed.

    Attributes:
        mark: by chance, one for each time that a lease is asked for: by it the holder knows its own again.
        holder: who, for people.
        seconds: for how long after a sign of life it holds.
        unbroken_since: the first epoch since which each one was given back by its holder; its own, where the one
            before was not.
        at: when it was asked for, for people: ISO 8601, by the clock of the holder.
    """

    mark: str
    holder: str
    seconds: float
    unbroken_since: int = 1
    at: str


class Names(msgspec.Struct, frozen=True):
    """The names that one epoch of a lease has at a place."""

    key: str
    epoch: int

    @property
    def lease(self) -> str:
        """Of its claim."""
        return f"{self.key}/{_LEASE}{self.epoch:06d}"

    @property
    def beat(self) -> str:
        """Of the sign of life of its holder."""
        return f"{self.key}/beat-{self.epoch:06d}"

    @property
    def free(self) -> str:
        """Of what is there once it was given back."""
        return f"{self.key}/{_FREE}{self.epoch:06d}"

    @property
    def prefixes(self) -> tuple[str, str]:
        """What the names begin with that `standing` is told from, of all epochs."""
        return f"{self.key}/{_LEASE}", f"{self.key}/{_FREE}"

    @property
    def next(self) -> Names:
        """Those of the epoch that follows."""
        return Names(self.key, self.epoch + 1)


class Standing(msgspec.Struct, frozen=True):
    """How a lease stands: its last epoch (0: it was never taken), and whether that was given back.

    Attributes:
        old: names that mean nothing any more. A worker that sleeps since then may still create one of them: so who
            creates a lease looks whether there is a later one.
    """

    names: Names
    is_free: bool
    old: tuple[str, ...] = ()


def standing(key: str, found: Iterable[str]) -> Standing:
    """How the lease of `key` stands, told from names at its place; others among them do not matter."""
    leases, frees = set[int](), set[int]()
    pattern = re.compile(rf"{re.escape(key)}/({_LEASE}|{_FREE})(\d{{6,}})")
    for name in found:
        if match := pattern.fullmatch(name):
            (leases if match[1] == _LEASE else frees).add(int(match[2]))
    last = Names(key, max(leases, default=0))
    past = sorted(epoch for epoch in leases if epoch <= last.epoch - _KEPT_EPOCHS)
    # The claim goes last: by it the others are found again after a crash.
    old = tuple(
        name for epoch in past for each in (Names(key, epoch),) for name in (each.beat, each.free, each.lease)
    )
    return Standing(last, last.epoch in frees, old)
