"""Seats: the right to send at all, of which there are as many as workers may send at a time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from bulk_importer.distributed.leases.interfaces import Held
from bulk_importer.distributed.leases.lease import Lease, take_any
from bulk_importer.distributed.places.interfaces import Place

__all__ = ["seat_of", "take_seat"]

_SEATS = "seats/"


async def take_seat(
    place: Place,
    seats: int,
    *,
    holder: str,
    seconds: float,
    wait: Callable[[Held, float], Awaitable[None]],
) -> Lease:
    """Take any of `seats` seats, as `take` takes a lease; where all are taken, the first that is given back or lost.

    Each worker looks at them in an order of its own, so that they do not all ask for the same one. Who waits does not
    stand in a row: who asks next when a seat is given back, has it.
    """
    keys = [f"{_SEATS}{number}" for number in range(seats)]
    random.shuffle(keys)
    return await take_any(place, keys, [_SEATS], holder=holder, seconds=seconds, wait=wait)


def seat_of(lease: Lease) -> int:
    """The number of the seat that `lease` is of."""
    return int(lease.key.removeprefix(_SEATS))
