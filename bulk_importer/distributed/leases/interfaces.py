"""What taking and keeping a lease asks for: the place, the clock, and patience."""

from __future__ import annotations

from collections.abc import Sequence
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

    Calls of the place raise what those of a `Place` raise.
    """

    def now(self) -> float:
        """Seconds by a clock that runs on while the worker is stopped."""

    async def rest(self, seconds: float) -> None:
        """Let time pass; it may be more."""

    async def wait(self, held: Held, seconds: float) -> None:
        """Let time pass because somebody else has the lease; raises what ends the waiting."""

    async def read(self, key: str) -> bytes | None:
        """As `Place.read`."""

    async def create(self, key: str, content: bytes) -> bool:
        """As `Place.create`."""

    async def replace(self, key: str, content: bytes, until: float) -> None:
        """As `Place.replace`.

        Raises:
            TimeoutError: it is not known, at the time `until`, whether it was done. It may still be done.
        """

    async def remove(self, key: str, until: float) -> None:
        """As `Place.remove`. Raises `TimeoutError` as well."""

    async def names(self, prefix: str, until: float) -> Sequence[str]:
        """As `Place.names`. Raises `TimeoutError` as well: there was no answer until then."""
