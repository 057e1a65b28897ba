"""Says who has the lease of a shard, or of a seat, for people: by what is there, at one look.

That a holder was lost, only who watches its signs for as long as the lease can tell. What the place says about when
the last sign came is a hint, as its clock may be another one.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from bulk_importer.distributed.gathering.values import Holder
from bulk_importer.distributed.leases.claims import Claim, Names, standing
from bulk_importer.distributed.places.interfaces import Place

__all__ = ["holder_of", "seated_in"]


def seated_in(place: Place, seats: int) -> list[Holder | None]:
    """Who has each of so many seats; None where nobody has it. Blocks.

    Raises:
        CheckpointUnusable: the place cannot be read.
    """
    found = place.names("seats/")
    stands = [standing(f"seats/{number}", found) for number in range(seats)]
    return [
        None if it.is_free else holder_of(place, it.names.key, it.names.epoch, is_free=False) for it in stands
    ]


def holder_of(place: Place, key: str, epoch: int, *, is_free: bool) -> Holder | None:
    """Who took a lease last; None where nobody ever did. Blocks.

    Args:
        key: of the lease.

    Raises:
        CheckpointUnusable: the place cannot be read.
    """
    if not epoch:
        return None
    names = Names(key, epoch)
    try:
        claim = msgspec.json.decode(place.read(names.lease) or b"", type=Claim)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Holder(name="a worker that cannot be told", epoch=epoch, gave_back=is_free)
    return Holder(
        name=claim.holder,
        epoch=epoch,
        since=claim.at,
        seconds=claim.seconds,
        sign_at=None if is_free else _sign_at(place, names),
        gave_back=is_free,
    )


def _sign_at(place: Place, names: Names) -> float | None:
    """When the last sign of life came, as the file system says it; None where nothing says it."""
    if place.folder is None:
        return None
    for name in (names.beat, names.lease):
        with suppress(OSError):
            return (place.folder / name).stat().st_mtime
    return None
