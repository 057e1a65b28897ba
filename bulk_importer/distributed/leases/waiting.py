"""What is done while somebody else has the lease: it is said once of each holder, and a stop ends it."""

from __future__ import annotations

from collections.abc import Callable

from bulk_importer.distributed.leases.interfaces import Held
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Waiting"]


class Waiting:
    """Waits for a lease until the run is to end.

    An object of it is what `take` calls `wait`.
    """

    def __init__(self, stop: StopSwitch, tell: Callable[[Held], None]) -> None:
        """Take whom to ask whether to go on, and whom to tell who holds the lease: once of each epoch."""
        self._stop = stop
        self._tell = tell
        # Changed by a call alone.
        self._told: tuple[str, int] | None = None

    async def __call__(self, held: Held, seconds: float) -> None:
        """Rest so long. Raises `Interrupted`: the run is to end."""
        if self._told != (held.key, held.epoch):
            self._told = (held.key, held.epoch)
            self._tell(held)
        await self._stop.rest(seconds)
