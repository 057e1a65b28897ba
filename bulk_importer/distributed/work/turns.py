"""The turn of a worker: it waits for the lease of its shard and for a seat; having lost either, it sends nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Awaitable, Callable

from bulk_importer.distributed.leases.interfaces import Held
from bulk_importer.distributed.leases.lease import Lease, take
from bulk_importer.distributed.leases.seats import take_seat
from bulk_importer.distributed.leases.waiting import Waiting
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import work_key
from bulk_importer.errors import ExitCode, LeaseHeld, LeaseLost
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Permits", "Turn"]


class Permits:
    """Whether something may leave: while all leases hold that were given to it. The first that does not ends the run.

    Attributes:
        lost: why the run is over; None as long as nothing was lost.
    """

    def __init__(self, stop: StopSwitch) -> None:
        self._stop = stop
        # Changed by `add`, `drop` and `_lose` alone.
        self._leases: list[tuple[Lease, str]] = []
        self.lost: LeaseLost | None = None

    def add(self, lease: Lease, what: str) -> Callable[[str], None]:
        """Have one more asked, which is of `what`; returns what to call with the reason when it is lost."""
        self._leases.append((lease, what))
        return lambda reason: self._lose(what, reason)

    def drop(self, lease: Lease) -> None:
        """Have it asked no longer: it is given back now."""
        self._leases = [each for each in self._leases if each[0] is not lease]

    def __call__(self) -> bool:
        """Whether all of them hold now."""
        for lease, what in self._leases:
            if not lease.holds():
                self._lose(what, "it gave no sign of life for as long as that lasts")
                return False
        return True

    def _lose(self, what: str, reason: str) -> None:
        if self.lost is None:
            self.lost = LeaseLost(what, reason)
            self._stop.request(str(self.lost), ExitCode.CHECKPOINT)
            # What has left may land, but whoever takes over asks what became of it: nobody waits for it here.
            self._stop.abort()


class Turn:
    """Waits for leases at a place, until the run is to end, or for `turn_wait` seconds each.

    Args:
        settings: of this machine.
        tell: hears what is waited for, and who has it, once of each who has it.
    """

    def __init__(
        self, place: Place, settings: Settings, stop: StopSwitch, tell: Callable[[str], None]
    ) -> None:
        self._place = place
        self._settings = settings
        self._stop = stop
        self._tell = tell
        self._holder = f"process {os.getpid()} on {socket.gethostname()}"

    async def of_shard(self, index: int) -> Lease:
        """The lease of a shard.

        Raises:
            LeaseHeld: another worker has it for longer than is waited.
            Interrupted: the run is to end.
            CheckpointUnusable: the place cannot be read or written.
        """
        wait = self._patience(f"Shard {index} of {self._place.name} is worked on")
        return await take(
            self._place,
            work_key(index),
            holder=self._holder,
            seconds=self._settings.lease,
            wait=wait,
        )

    async def of_seat(self, seats: int) -> Lease:
        """The lease of one of so many seats. Raises as `of_shard`."""
        taken = "The seat" if seats == 1 else f"All {seats} seats"
        wait = self._patience(f"{taken} of {self._place.name} {'is' if seats == 1 else 'are'} taken")
        return await take_seat(
            self._place, seats, holder=self._holder, seconds=self._settings.lease, wait=wait
        )

    def _patience(self, what: str) -> Callable[[Held, float], Awaitable[None]]:
        def tell(held: Held) -> None:
            self._tell(
                f"{what}, by {held.holder} since {held.since}. Waiting; a worker that gives no sign of life for "
                f"{held.seconds:.0f} s has its place taken."
            )

        waiting = Waiting(self._stop, tell)
        most = self._settings.turn_wait
        began = time.monotonic()

        async def wait(held: Held, seconds: float) -> None:
            left = seconds if most is None else began + most - time.monotonic()
            if left <= 0:
                raise LeaseHeld(what, held.holder)
            await waiting(held, min(seconds, left))

        return wait
