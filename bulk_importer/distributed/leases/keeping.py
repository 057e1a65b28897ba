"""Keeps a lease: gives signs of life until it is lost, or gives it back.

Pure: it is told the time.
"""

from __future__ import annotations

from contextlib import suppress
from math import inf

import msgspec

from bulk_importer.distributed.leases.claims import standing
from bulk_importer.distributed.leases.interfaces import Outside
from bulk_importer.distributed.leases.taking import Taken
from bulk_importer.errors import CheckpointUnusable

__all__ = ["give_back", "keep"]

_TIDIED = 3


async def keep(outside: Outside, taken: Taken) -> str:
    """Give signs of life until the lease is lost, and return why; no sign is given after that.

    It may be cancelled at any time: then the lease holds as long as after the last sign.
    """
    return await _Keeping(outside, taken).run()


async def give_back(outside: Outside, taken: Taken) -> None:
    """Hold the lease no longer, and let others know. One that was lost is not given back.

    Where that cannot be said, the lease runs out by itself.
    """
    tenure = taken.tenure
    until, is_held = tenure.until, tenure.holds(outside.now())
    tenure.end()
    if is_held:
        with suppress(CheckpointUnusable, TimeoutError):
            await outside.create(taken.names.free, taken.claim.mark.encode(), until)


class _Keeping:
    """The signs of one holder."""

    def __init__(self, outside: Outside, taken: Taken) -> None:
        self._outside = outside
        self._names = taken.names
        self._mark = taken.claim.mark
        self._tenure = taken.tenure
        # Changed by `_sign` and `_tidy` alone: the signs that began, and what is to be tidied away.
        self._signs = 0
        self._old = list(taken.old)

    async def run(self) -> str:
        tenure, is_first, due, trouble = self._tenure, True, -inf, ""
        while True:
            await self._outside.rest(min(due, tenure.until) - self._outside.now())
            started = self._outside.now()
            try:
                if not tenure.holds(started):
                    return f"it gave no sign of life for {tenure.seconds:g} s{trouble}"
                # Its claim was the first sign.
                if not is_first and (lost := await self._sign(started)):
                    return lost
                is_first = False
                await self._tidy()
            except TimeoutError:
                return f"it gave no sign of life for {tenure.seconds:g} s{trouble or ' (the place does not answer)'}"
            except CheckpointUnusable as error:
                trouble, due = f" ({error.reason})", started + tenure.next_try
            else:
                trouble, due = "", tenure.next_sign

    async def _sign(self, started: float) -> str:
        """Give a sign; return why the lease is lost, or nothing where it holds on."""
        self._signs += 1
        sign = msgspec.json.encode({"mark": self._mark, "number": self._signs})
        await self._outside.replace(self._names.beat, sign, self._tenure.until)
        if not self._tenure.renew(started, self._outside.now()):
            return f"it gave no sign of life for {self._tenure.seconds:g} s: the last one took too long"
        found = await self._outside.names(self._names.prefixes[0], self._tenure.until)
        is_last = standing(self._names.key, found).names == self._names
        # Else the clock of this holder has not told the truth.
        return "" if is_last else "another worker has taken it over"

    async def _tidy(self) -> None:
        """Remove a few of the names that mean nothing any more; where that is not allowed, they stay."""
        for name in self._old[:_TIDIED]:
            self._old.remove(name)
            with suppress(CheckpointUnusable):
                await self._outside.remove(name, self._tenure.until)
