"""What taking and keeping a lease asks for: the place, the clock, and patience."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Protocol

import msgspec

__all__ = ["Held", "Outside"]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Why a lease is not to be had now.

    Attributes:
        key: of the lease.
        epoch: in which it is held.
        holder, since: who has it, and since when, as the holder says.
        silent: how long that has given no sign of life, in seconds by the clock of who waits.
        seconds: after how many of them it is taken from it.
    """

    key: str
    epoch: int
    holder: str
    since: str
    silent: float
    seconds: float


class Outside(Protocol):
    """A place as it is seen from the event loop, the clock of the worker, and its patience.

    Calls of the place raise what those of a `Place` raise; and `TimeoutError` where they are given a time and are not
    answered until then, after which what was asked for may still be done.

    Attributes:
        name: of the place, for people.
    """

    name: str

    def now(self) -> float:
        """Seconds by a clock that runs on while the worker is stopped."""

    async def rest(self, seconds: float) -> None:
        """Let time pass; it may be more, and none where it is negative."""

    async def wait(self, held: Held, seconds: float) -> None:
        """Let time pass because somebody else has the lease; raises what ends the waiting."""

    async def read(self, key: str, until: float = inf) -> bytes | None:
        """As `Place.read`."""

    async def create(self, key: str, content: bytes, until: float = inf) -> bool:
        """As `Place.create`."""

    async def replace(self, key: str, content: bytes, until: float = inf) -> None:
        """As `Place.replace`."""

    async def remove(self, key: str, until: float = inf) -> None:
        """As `Place.remove`."""

    async def names(self, prefix: str, until: float = inf) -> Sequence[str]:
        """As `Place.names`."""
