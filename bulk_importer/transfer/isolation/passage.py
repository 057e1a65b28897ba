"""Finds out whether uploads pass while one of them was answered in nobody's words, and what in that one is to blame.

A firewall that dislikes a text, and a gateway whose application is down, say the same: a page, or nothing. What tells
them apart is whether *other* uploads pass, so every answer in the server's own words is counted, and where there was
none this is *looked* at, with a request that cannot change anything: the smallest body that was accepted, once more
and without its last bracket. Before any was, an upload of nothing has to do, an empty array, which the server refuses
in its own words, and then the rehearsal of an entry that says nothing, because what lets an empty array pass may
dislike all that carries an entry.

For a batch whose answer was lost, which must not be sent again before it is known what became of it, there are
*rehearsals*: parts of its body without the last bracket. Whatever stands between sees all of it, and no server can
execute it. So the culprit can be found at once, although the batch itself stays in doubt. Where even a rehearsal of
nothing is not let through (a gateway that parses JSON), or where the request fails for what it does and not for what it
is (a server that is too slow for it), rehearsals say nothing, and the batch is tried again in parts when the doubt has
ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    Cause,
    StopKind,
    TurnedAway,
    Verdict,
    is_in_words,
    may_concern_request,
)
from bulk_importer.datagym.timing import Backoff
from bulk_importer.model import Batch
from bulk_importer.transfer.isolation.body_limit import BodyLimit
from bulk_importer.transfer.isolation.parts import Isolation, Refused

__all__ = ["HarmlessRequests", "Passage", "Rehearsal"]

# Each time with an upload of nothing that passes beside it: what fails by chance one time in twenty does so four
# times in a row once in 160,000.
_REHEARSALS_ALONE = 4
# So many entries that are not let through, with none that is and none accepted before, say that none would be.
_CULPRITS_WITHOUT_PROOF = 16
_ENTRY_OF_NOTHING = b'[{"internal_media_ID":""}]'


class HarmlessRequests(Protocol):
    """Requests that change nothing. See `datagym.uploads.Uploads`."""

    async def upload_nothing(self) -> Verdict: ...
    async def rehearse(self, body: bytes) -> Verdict: ...
    async def is_working(self) -> bool: ...


class Rehearsal(msgspec.Struct, frozen=True):
    """What the rehearsals of a batch showed.

    Attributes:
        culprits: entries that are not let through by themselves, with what came instead of an answer.
        fails: the batch as a whole was not let through.
        largest_passed: bytes of the longest part that was.
    """

    culprits: tuple[Refused, ...]
    fails: bool
    largest_passed: int


class Passage:
    """The way to the upload route of one server. Give `saw` every verdict on an upload.

    Args:
        seal: makes a body of some entries of a batch, as `packing.Pool.seal_again` does.
        is_stopping: asked before each rehearsal.
        max_bytes: of a body, as far as a person allows.
    """

    def __init__(
        self,
        harmless: HarmlessRequests,
        *,
        seal: Callable[[Batch, Sequence[int]], Batch],
        backoff: Backoff,
        is_stopping: Callable[[], bool],
        max_bytes: int,
    ) -> None:
        self._harmless = harmless
        self._seal = seal
        self._backoff = backoff
        self._clock = backoff.timing.clock
        self._is_stopping = is_stopping
        self.body_limit = BodyLimit(max_bytes)
        # The smallest body that was accepted, when the latest one left that was, and the latest one that was answered
        # in the server's words; changed by `saw`.
        self._known_good: bytes | None = None
        self._accepted_left_at = float("-inf")
        self._passed_left_at = float("-inf")
        # Whether the rehearsal of an entry that says nothing passed at the last look; changed by `look`.
        self._an_entry_passes = False
        # When was looked the last time, and what came of it; changed by `look`, which holds the lock.
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")
        self._seen: Verdict = Accept()
        # When a look was turned away for the first time, and whether any passed; changed by `look`.
        self._turned_away_at = float("inf")
        self._has_seen_through = False

    @property
    def has_passed(self) -> bool:
        """Whether any upload was answered in the server's words."""
        return self._passed_left_at > float("-inf")

    @property
    def knows_what_passes(self) -> bool:
        """Whether a look shows that something with an entry in it would pass now."""
        return self._known_good is not None or self._an_entry_passes

    def has_accepted_since(self, since: float) -> bool:
        """Whether an upload that left then or later was accepted."""
        return self._accepted_left_at >= since

    def has_passed_since(self, since: float) -> bool:
        """Whether an upload that left then or later was answered in the server's words."""
        return self._passed_left_at >= since

    def saw(self, verdict: Verdict, batch: Batch, *, left_at: float) -> None:
        """Take the verdict on an upload of this batch into account that left then."""
        if isinstance(verdict, Accept):
            self._accepted_left_at = max(self._accepted_left_at, left_at)
            self.body_limit.accepted(len(batch.body))
            if self._known_good is None or len(batch.body) < len(self._known_good):
                self._known_good = batch.body
        if _is_too_long(verdict, batch):
            self.body_limit.refused(len(batch.body))
        if is_in_words(verdict):
            self._passed_left_at = max(self._passed_left_at, left_at)

    async def is_working(self) -> bool:
        """Whether the server answers a read of its database."""
        return await self._harmless.is_working()

    async def look(self) -> Verdict:
        """Find out whether uploads pass now; callers that wait at the same time share one look. Returns its verdict."""
        since = self._clock()
        async with self._looking:
            if self._looked_at < since:
                self._looked_at = self._clock()
                self._seen = await self._look()
                self._has_seen_through |= is_in_words(self._seen)
                if isinstance(self._seen, TurnedAway):
                    self._turned_away_at = min(self._turned_away_at, self._looked_at)
            return self._seen

    def dislikes_looks(self, seen: Verdict, since: float) -> bool:
        """Whether something turns looks away, and no uploads: one that left since then passed, after a look had not.

        Where a look ever passed, one that is turned away says that something has changed.

        Args:
            seen: what the latest look showed.
        """
        since = max(since, self._turned_away_at)
        return isinstance(seen, TurnedAway) and not self._has_seen_through and self.has_passed_since(since)

    async def _look(self) -> Verdict:
        good = await self._harmless.rehearse(self._known_good or _ENTRY_OF_NOTHING)
        self._an_entry_passes = is_in_words(good)
        if self._an_entry_passes:
            return good
        nothing = await self._harmless.upload_nothing()
        if is_in_words(nothing) and is_in_words(await self._harmless.rehearse(b"[]")):
            return good
        return nothing  # where no rehearsal passes at all, that of a good body says nothing

    async def rehearse(self, batch: Batch) -> Rehearsal | None:
        """Find out by rehearsals what in a batch is not let through.

        Returns:
            None where rehearsals say nothing: not even one of nothing passes, or nothing but one of nothing does; the
            run ends, or the server goes away.
        """
        if not is_in_words(await self._harmless.rehearse(b"[]")):
            return None
        isolation = Isolation(batch.entries, alone_attempts=_REHEARSALS_ALONE)
        culprits: list[Refused] = []
        largest, fails = 0, False
        while (part := isolation.part) is not None:
            is_proven = largest or self.knows_what_passes
            if self._is_stopping() or (len(culprits) >= _CULPRITS_WITHOUT_PROOF and not is_proven):
                return None
            body = self._seal(batch, part.indexes).body
            verdict = await self._harmless.rehearse(body)
            if is_in_words(verdict):
                largest = max(largest, len(body))
                isolation.judged(Accept())
                continue
            if not is_in_words(await self.look()):
                return None
            fails = True
            if may_concern_request(verdict) and not isinstance(verdict, TurnedAway):
                culprits += isolation.judged(verdict).refused
                await self._backoff.wait(part.failures + 1, verdict.after_seconds)
            else:
                culprits += isolation.judged(TurnedAway(StopKind.NOT_DATAGYM, _said(verdict))).refused
        return Rehearsal(tuple(culprits), fails, largest)


def _is_too_long(verdict: Verdict, batch: Batch) -> bool:
    """Whether the batch as a whole was too long; what is alone, or taken apart, may be so for what is in it."""
    is_refused = isinstance(verdict, Again) and verdict.cause is Cause.TOO_LARGE
    return is_refused and batch.entries > 1 and not batch.suspect


def _said(verdict: Verdict) -> str:
    return "" if isinstance(verdict, Accept) else verdict.reason
