"""The lease of a shard, or of whatever a key stands for."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bulk_importer.distributed.leases.claims import Claim, Names
from bulk_importer.distributed.leases.interfaces import Held, Outside
from bulk_importer.distributed.leases.keeping import give_back, keep
from bulk_importer.distributed.leases.outside import PlaceOutside
from bulk_importer.distributed.leases.taking import Taken, Taking
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.machine.boot_clock import boot_seconds
from bulk_importer.times import written

__all__ = ["Lease", "take", "take_any"]


async def _rest(_: Held, seconds: float) -> None:
    await asyncio.sleep(seconds)


async def take(
    place: Place,
    key: str,
    *,
    holder: str,
    seconds: float,
    wait: Callable[[Held, float], Awaitable[None]] = _rest,
    clock: Callable[[], float] = boot_seconds,
) -> Lease:
    """Take the lease of `key`, and wait for it while another worker has it.

    It holds from before this returns, for `seconds` in all: enter `Lease.kept` at once. When this is cancelled, or
    raises, the lease may have been created: then nobody has it, and others wait until it has run out.

    Args:
        holder: who takes it, for people.
        seconds: how long it holds after a sign of life.
        wait: is told who has it, and lets so many seconds pass; what it raises ends the waiting. See `Waiting`.
        clock: one that runs on while this process is stopped.

    Raises:
        CheckpointUnusable: the place cannot be read or written.
    """
    prefixes = Names(key, 0).prefixes
    return await take_any(place, [key], prefixes, holder=holder, seconds=seconds, wait=wait, clock=clock)


async def take_any(
    place: Place,
    keys: Sequence[str],
    prefixes: Sequence[str],
    *,
    holder: str,
    seconds: float,
    wait: Callable[[Held, float], Awaitable[None]] = _rest,
    clock: Callable[[], float] = boot_seconds,
) -> Lease:
    """As `take` does, of the first of `keys` that is to be had.

    Args:
        prefixes: what the names of their leases begin with: each of them is one question to the place.
    """
    outside = PlaceOutside(place, clock, wait)
    claim = Claim(mark=secrets.token_hex(8), holder=holder, seconds=seconds, at=written(time.time()))
    taken = await Taking(outside, keys, prefixes, claim).taken()
    return Lease(outside, taken)


class Lease:
    """The right to send, until a time by the clock of the holder.

    Attributes:
        key, epoch: of which shard or seat, and which holder in a row this is.
        unbroken_since: the first epoch since which each one was given back by its holder: a checkpoint folder that one
            of them made is nobody's but this holder's now.
    """

    def __init__(self, outside: Outside, taken: Taken) -> None:
        self.key = taken.names.key
        self.epoch = taken.names.epoch
        self.unbroken_since = taken.claim.unbroken_since
        self._outside = outside
        self._taken = taken
        # Changed by `give_back` alone.
        self._is_given_back = False

    def holds(self) -> bool:
        """Whether something may be sent now. It may be asked from any thread, and once it says no it always does."""
        return self._taken.tenure.holds(self._outside.now())

    @asynccontextmanager
    async def kept(self, on_lost: Callable[[str], None] = lambda _: None) -> AsyncIterator[None]:
        """Give signs of life meanwhile. What is raised inside comes out as it is.

        Args:
            on_lost: is called with a reason, as the end of a sentence, when the lease is lost, once; `holds` says no by
                then, and may have said so for a while if this process was stopped.
        """
        failure: BaseException | None = None
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(on_lost))
            try:
                yield
            except BaseException as error:  # noqa: BLE001 - raised below: the group would wrap it
                failure = error
            finally:
                keeping.cancel()
        if failure is not None:
            raise failure

    async def _keep(self, on_lost: Callable[[str], None]) -> None:
        reason = await keep(self._outside, self._taken)
        self._taken.tenure.end()
        if not self._is_given_back:
            on_lost(reason)

    async def give_back(self) -> None:
        """Let another worker have it at once: all that was to be written is written, and nothing more will be sent.

        A lease that was lost is not given back, and where the place does not answer it runs out by itself.
        """
        self._is_given_back = True
        await give_back(self._outside, self._taken)
