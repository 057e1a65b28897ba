"""Takes the lease of one of several keys: the first that nobody has, or whose holder is silent for too long.

Pure: it is told the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import msgspec

from bulk_importer.distributed.leases.claims import Claim, Names, Standing, standing
from bulk_importer.distributed.leases.interfaces import Held, Outside
from bulk_importer.distributed.leases.watching import Tenure, Watch
from bulk_importer.errors import CheckpointUnusable, PlaceUnusable

__all__ = ["Taken", "Taking"]

_LOOKS = 10


class Taken(msgspec.Struct, frozen=True):
    """A lease that was taken: what it says, until when it holds, and which names mean nothing any more by it."""

    names: Names
    claim: Claim
    tenure: Tenure
    old: tuple[str, ...]


class Taking:
    """One attempt to have a lease, for as long as it takes."""

    def __init__(self, outside: Outside, keys: Sequence[str], prefixes: Sequence[str], claim: Claim) -> None:
        """Ask for the lease of any of `keys`, those in front first.

        Args:
            prefixes: what all names of leases begin with that are to be looked at.
            claim: what it will say; its mark is of this attempt alone.
        """
        self._outside = outside
        self._keys = keys
        self._prefixes = prefixes
        self._claim = claim
        # Changed by `_seen_of` alone: of the last epoch of each key that was seen.
        self._seen: dict[str, _Seen] = {}
        # Changed by `_create` alone: when each of our claims began to be created for the first time.
        self._began: dict[Names, float] = {}

    async def taken(self) -> Taken:
        """Return with the lease. It may be cancelled: what it created until then runs out by itself.

        Raises:
            CheckpointUnusable: the place cannot be read or written.
        """
        while True:
            held: Held | None = None
            for stand in await self._look():
                found = await self._try(stand)
                if isinstance(found, Taken):
                    return found
                held = held or found
            if held is None:
                await self._outside.rest(_rest_in(self._claim.seconds))
            else:
                await self._outside.wait(held, _rest_in(min(held.seconds, self._claim.seconds)))

    async def _look(self) -> Sequence[Standing]:
        """How each lease stands; those that nobody has, first."""
        found: list[str] = []
        for prefix in self._prefixes:
            found += await self._outside.names(prefix)
        stands = [standing(key, found) for key in self._keys]
        return sorted(stands, key=lambda stand: stand.names.epoch > 0 and not stand.is_free)

    async def _try(self, stand: Standing) -> Taken | Held | None:
        """The lease; or who has it; or None where it changes at this moment."""
        if not stand.names.epoch:
            return await self._create(stand.names.next, 1)
        try:
            seen = await self._seen_of(stand.names)
        except PlaceUnusable:
            if not stand.is_free:
                raise
            # Whatever it said, it was given back; who had it may still write to its checkpoint, for all that is known.
            return await self._create(stand.names.next, stand.names.epoch + 1)
        if seen is None:
            return None
        if seen.claim.mark == self._claim.mark and (taken := await self._own(seen.names, seen.claim)):
            return taken
        if stand.is_free:
            return await self._create(stand.names.next, seen.claim.unbroken_since)
        silent = await self._silent(seen)
        if Watch.is_over(seen.claim.seconds, silent):
            return await self._create(stand.names.next, stand.names.epoch + 1)
        return seen.held(silent)

    async def _seen_of(self, names: Names) -> _Seen | None:
        """What is known of this epoch; None where its claim was tidied away, as there is a later one."""
        seen = self._seen.get(names.key)
        if seen is None or seen.names != names:
            content = await self._outside.read(names.lease)
            if content is None:
                return None
            seen = self._seen[names.key] = _Seen(names, content, self._outside.name)
        return seen

    async def _silent(self, seen: _Seen) -> float:
        """How long the holder has given no sign; before the first one its claim is one."""
        asked = self._outside.now()
        if seen.is_looked_at_by(asked):
            return seen.silent
        sign = await self._outside.read(seen.names.beat)
        return seen.look(seen.content if sign is None else sign, asked, self._outside.now())

    async def _create(self, names: Names, unbroken_since: int) -> Taken | None:
        claim = msgspec.structs.replace(self._claim, unbroken_since=unbroken_since)
        content = msgspec.json.encode(claim)
        self._began.setdefault(names, self._outside.now())
        # Before the claim, so that nobody who has seen that looks for a sign that is not there yet: clients of NFS
        # remember for a minute that a file was not there.
        await self._outside.create(names.beat, content)
        try:
            is_ours = await self._outside.create(names.lease, content)
        except CheckpointUnusable:
            # It may be there, though the answer was lost.
            if await self._outside.read(names.lease) != content:
                raise
            is_ours = True
        return await self._own(names, claim) if is_ours else None

    async def _own(self, names: Names, claim: Claim) -> Taken | None:
        """The lease that our claim is to; None where it came too late, or took an old name again."""
        stand = standing(names.key, await self._outside.names(names.prefixes[0]))
        tenure = Tenure(claim.seconds, self._began[names])
        is_held = stand.names == names and tenure.holds(self._outside.now())
        return Taken(names, claim, tenure, stand.old) if is_held else None


def _rest_in(seconds: float) -> float:
    """How long not to look at a lease of so many seconds: every two seconds do not burden a bucket."""
    return min(2.0, seconds / _LOOKS)


class _Seen:
    """What is known of one epoch of a lease: its claim, and since when its sign is the same."""

    def __init__(self, names: Names, content: bytes, place: str) -> None:
        """Raise `PlaceUnusable` where `content` is no claim."""
        self.names = names
        self.content = content
        try:
            self.claim = msgspec.json.decode(content, type=Claim)
        except msgspec.MsgspecError as error:
            # To remove it would let a lease that is held pass for a free one.
            reason = f"{names.lease}, which says who has a lease, is not what was written ({error})"
            advice = (
                "Nothing was sent. Restore it from a copy. Without one, when no worker of the plan is at work on any "
                f"machine, put an empty file {names.free} there, which says that the lease was given back; then run "
                "the same command again."
            )
            raise PlaceUnusable(place, reason, advice=advice) from error
        # Changed by `look` alone.
        self._watch = Watch()
        self._next_look = -inf
        self.silent = 0.0

    def is_looked_at_by(self, now: float) -> bool:
        """Whether it was looked at a short while before; who waits for many leases need not read each all the time."""
        return now < self._next_look

    def look(self, sign: bytes, asked: float, answered: float) -> float:
        """As `Watch.see`."""
        self._next_look = answered + self.claim.seconds / _LOOKS
        self.silent = self._watch.see(sign, asked, answered)
        return self.silent

    def held(self, silent: float) -> Held:
        """Why the lease is not to be had."""
        return Held(
            key=self.names.key,
            epoch=self.names.epoch,
            holder=self.claim.holder,
            since=self.claim.at,
            silent=silent,
            seconds=self.claim.seconds,
        )
