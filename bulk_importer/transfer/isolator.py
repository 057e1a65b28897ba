"""Sees a batch through that was refused or turned away: sends ever smaller parts of it until each entry is settled.

The shell of `isolation`. What the server refuses in its own words is about what was sent. What comes in nobody's
words may be about that, too, or about the server, and `Passage` tells which:

- *While other uploads pass* it is about this batch. It is taken apart like any other, the entries are on record as
  suspected, and what is turned away alone is rejected, with the words that came instead of an answer.
- *A lone entry is condemned only beside something that passes*: an upload that left since, or one that was accepted
  before and would pass now, or where there is no other to try. An upload of nothing that passes is not enough: what
  lets it through may have begun to dislike all that carries an entry. Until then others go first.
  The same holds for `ex_system`, which an entry may cause, and a database that is away or cannot be written: what was
  accepted must have left since the entry began to fail alone, and reads must be answered.
- *While nothing passes* it is about the server. The batch is set aside as it is, others try in its place, and nobody is
  condemned for what happens meanwhile. Where it would be the same on every try (no token, no such address), and several
  batches were told so, or there is no other, the run ends.
- *A lost answer* leaves its batch in doubt. What in it is not let through is found out by rehearsals, and put on
  record, so that it is rejected, or sent in parts, when it turns out not to have landed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    NotSent,
    Refuse,
    Stop,
    TurnedAway,
    Verdict,
    is_in_words,
    may_concern_request,
)
from bulk_importer.datagym.timing import Backoff
from bulk_importer.events import BatchRefused, EntriesRejected
from bulk_importer.model import Batch, Outcome
from bulk_importer.spans import Span, SpanSet
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.interfaces import Ports, SendContext, Sender
from bulk_importer.transfer.isolation.parts import Isolation, Part, Refused, Settled
from bulk_importer.transfer.isolation.passage import Passage
from bulk_importer.transfer.slots import Slots

__all__ = ["Isolator", "blames_batch"]

_IN_GROUP = frozenset({Cause.CONFLICT, Cause.GARBLED})
"""Causes that may lie in the batch itself, so that it is taken apart when they persist."""

_LOST_ALONE = 5
"""So often an entry's answer must be lost while others pass, the last times alone, before it is called refused."""

_CONDEMNED_AT_FIRST = 50
"""After so many entries that were turned away alone, when only uploads of nothing have passed, it is the server."""


class Isolator:
    """Takes batches apart, many at a time.

    Args:
        sender: records what was delivered and what is in doubt.
        backoff: between two tries of one part.
    """

    def __init__(
        self,
        ports: Ports,
        sender: Sender,
        slots: Slots,
        passage: Passage,
        admission: Admission,
        backoff: Backoff,
    ) -> None:
        self._ports = ports
        self._pool = ports.pool
        self._ledger = ports.ledger
        self._sender = sender
        self._slots = slots
        self._passage = passage
        self._admission = admission
        self._breaker = admission.breaker
        self._backoff = backoff
        # Entries that were turned away alone before any upload passed; changed by `_count_condemned`.
        self._condemned = 0

    async def take_apart(self, batch: Batch, verdict: Verdict, context: SendContext) -> None:
        """Send a refused batch in ever smaller parts until each of its entries is delivered or rejected.

        Returns when nothing of it is left, or the run is to end; what is not settled then is owed or in doubt.
        """
        case = _Case(batch, context, self._backoff.policy)
        sent = batch
        while True:
            is_blamed = True
            if isinstance(verdict, Accept) or blames_batch(verdict, sent):
                await self._judge(case, sent, verdict)
            elif may_concern_request(verdict):
                is_blamed = await self._weigh(case, sent, verdict)
            elif isinstance(verdict, Again | NotSent):
                await self._record_owed(sent, verdict)  # it passes; the part stays as it is
            else:
                await self._break_off(case, sent, verdict)
                return
            part = case.isolation.part
            if part is None:
                self._conclude(case)
                return
            if not await self._has_turn(part, verdict, is_blamed=is_blamed):
                self._pool.settle(batch, Outcome.OWED, case.isolation.remaining())
                return
            case.context = self._slots.take_again(case.context, exclusive=part.alone)
            sent = self._pool.seal_again(batch, part.indexes)
            verdict = await self._sender.send(sent, case.context)

    async def examine(self, batch: Batch, verdict: InDoubt, *, left_at: float) -> None:
        """Find out whether something in a batch that is in doubt is to blame for it, and put that on record.

        Args:
            left_at: when it was sealed, or later, but before it left.
        """
        if self._admission.stop.is_requested:
            return
        seen = await self._passage.look()
        if not (is_in_words(seen) or self._passage.dislikes_looks(seen, left_at)):
            return
        rehearsal = await self._passage.rehearse(batch)
        is_proof = bool(rehearsal and rehearsal.largest_passed) or self._would_pass_beside(left_at)
        culprits = rehearsal.culprits if rehearsal and is_proof else ()
        if culprits:
            await self._suspect(_spans_of(batch, culprits), culprits[0].params[0], condemned=True)
        else:
            # What is not executed in a rehearsal cannot show whether others would be answered: only uploads can.
            alone = batch.entries == 1 and batch.tries + 1 >= _LOST_ALONE
            alone = alone and (self._passage.has_passed_since(left_at) or not self._slots.has_fresh)
            await self._suspect(batch.spans(), verdict.reason, condemned=alone)
        if rehearsal and rehearsal.fails and is_proof:
            self._breaker.excuse()  # it is explained
            if not culprits:
                self._passage.body_limit.blamed(len(batch.body), rehearsal.largest_passed)

    async def _judge(self, case: _Case, sent: Batch, verdict: Verdict) -> None:
        """Act on what the server itself said about the part `sent`, which it may have accepted."""
        assert isinstance(verdict, Accept | Again | AgainInPart | Refuse)
        isolation = case.isolation
        works = await self._works_beside(case, verdict)
        await self._settle_part(case, sent, verdict, isolation.judged(verdict, server_works=works))
        if not works:
            self._breaker.declare(f"it answers uploads with {_reason(verdict)}; its log says why")
        if isolation.part and isolation.part.failures <= self._backoff.policy.split_after + 1:
            case.failing_since = self._backoff.timing.clock()

    async def _weigh(self, case: _Case, sent: Batch, verdict: Again | TurnedAway) -> bool:
        """Act on an answer to the part `sent` in nobody's words; whether the part is to blame, because others pass."""
        now = self._backoff.timing.clock()
        others_passed = self._passage.has_passed_since(case.failed_at)
        seen = Accept() if others_passed else await self._passage.look()
        passes = is_in_words(seen) or self._passage.dislikes_looks(seen, case.began_at)
        case.failed_at, case.began_at = now, min(case.began_at, now)
        if passes and (sent.entries > 1 or self._would_pass_beside(case.began_at)):
            self._breaker.excuse()
            case.failed = case.failed or len(sent.body)
            settled = case.isolation.judged(verdict)
            await self._settle_part(case, sent, verdict, settled)
            if not settled.refused:
                await self._suspect(sent.spans(), verdict.reason)
            return True
        await self._record_owed(sent, verdict)
        if isinstance(seen, Stop):
            self._admission.give_up(seen)
        elif (
            isinstance(verdict, TurnedAway)
            and (passes or isinstance(seen, TurnedAway))
            and self._is_told_to_all()
        ):
            self._admission.give_up(verdict)
        return False

    def _would_pass_beside(self, since: float) -> bool:
        """Whether, where looks pass, an upload that is not to blame would pass, too, as far as can be known."""
        passage = self._passage
        return passage.knows_what_passes or passage.has_passed_since(since) or not self._slots.has_others

    def _is_told_to_all(self) -> bool:
        """Whether enough other batches were turned away as well, or no other one could show anything else."""
        return not self._breaker.is_closed or not self._slots.has_others

    async def _has_turn(self, part: Part, verdict: Verdict, *, is_blamed: bool) -> bool:
        """Set the batch aside until its next part may leave; False where the run is to end before."""
        with self._slots.aside():
            if part.failures and self._breaker.is_closed:
                await self._backoff.wait(
                    part.failures, verdict.after_seconds if isinstance(verdict, Again) else None
                )
            await self._slots.turn(is_blamed=is_blamed)
        return not self._admission.stop.is_requested

    async def _works_beside(self, case: _Case, verdict: Verdict) -> bool:
        """Whether the server works but for the current part; asked only where that part would be condemned.

        A database that can be read and not written fails at every upload. So where more are to come, one of them has
        to be accepted that left since the part began to fail alone, and before its last try.
        """
        if not case.isolation.would_refuse(verdict):
            return True
        has_shown = self._passage.has_accepted_since(case.failing_since)
        return await self._passage.is_working() and (has_shown or not self._slots.has_more)

    async def _settle_part(self, case: _Case, sent: Batch, verdict: Verdict, settled: Settled) -> None:
        """Record what a verdict on the part `sent` settled, and give those lanes free."""
        batch = case.batch
        if settled.refused:
            rejections = [self._ports.rejection(batch, refused) for refused in settled.refused]
            await self._ledger.record_rejected(rejections, sent)
            self._pool.settle(batch, Outcome.REJECTED, [refused.index for refused in settled.refused])
            case.has_culprit = True
            for event in EntriesRejected.of(rejections, batch=sent.number):
                self._ports.emit(event)
            self._count_condemned(verdict)
        elif settled.delivered:
            case.largest_passed = max(case.largest_passed, len(sent.body))
            self._pool.settle(batch, Outcome.DELIVERED, settled.delivered)
            return
        else:
            await self._record_owed(sent, verdict)
        self._ports.emit(
            BatchRefused(
                batch=sent.number,
                entries=sent.entries,
                reason=_reason(verdict),
                suspects=len(settled.refused),
            )
        )

    def _count_condemned(self, verdict: Verdict) -> None:
        """End the run where one entry after the other is turned away, and none has passed yet."""
        is_too_large = isinstance(verdict, Again) and verdict.cause is Cause.TOO_LARGE
        if self._passage.has_passed or not (may_concern_request(verdict) or is_too_large):
            return
        self._condemned += 1
        if self._condemned >= _CONDEMNED_AT_FIRST and isinstance(verdict, Again | TurnedAway):
            self._admission.give_up(verdict)

    async def _record_owed(self, sent: Batch, verdict: Verdict) -> None:
        if not isinstance(verdict, NotSent) or verdict.is_on_record:
            await self._ledger.record_owed(sent, _reason(verdict))

    async def _suspect(self, spans: Sequence[Span], said: str, *, condemned: bool = False) -> None:
        await self._ledger.record_suspected(spans, said, condemned=condemned)

    def _conclude(self, case: _Case) -> None:
        """Learn from a batch that is settled: where all of its parts passed and it did not, its body was too large."""
        if case.failed and not case.has_culprit:
            self._passage.body_limit.blamed(case.failed, case.largest_passed)

    async def _break_off(self, case: _Case, sent: Batch, verdict: Verdict) -> None:
        """End the case: the part `sent` is in doubt, or nothing may be sent. What else is not settled is owed."""
        batch, isolation = case.batch, case.isolation
        inside = set(isolation.part.indexes) if isolation.part else set()
        others = [index for index in isolation.remaining() if index not in inside]
        if isinstance(verdict, InDoubt):
            self._pool.settle(batch, Outcome.IN_DOUBT, sorted(inside))
            self._pool.settle(batch, Outcome.OWED, others)
            await self.examine(sent, verdict, left_at=case.context.sealed_at)
            return
        await self._record_owed(sent, verdict)
        self._pool.settle(batch, Outcome.OWED, isolation.remaining())
        if isinstance(verdict, Stop):
            self._admission.give_up(verdict)


class _Case:
    """One batch that is taken apart, and what was seen of it."""

    def __init__(self, batch: Batch, context: SendContext, policy: RetryPolicy) -> None:
        self.batch = batch
        # In which the latest part left; changed with each part.
        self.context = context
        self.isolation = Isolation(
            batch.entries,
            split_after=policy.split_after,
            alone_attempts=policy.alone_attempts,
            failures=min(batch.tries, policy.split_after),
        )
        # Changed as its parts are judged: since when the current part fails alone; when the first part and the latest
        # one failed in nobody's words; the bytes of the first body that did; the longest that was accepted; whether
        # an entry was refused.
        self.failing_since = float("inf")
        self.began_at = float("inf")
        self.failed_at = float("inf")
        self.failed = 0
        self.largest_passed = 0
        self.has_culprit = False


def blames_batch(verdict: Verdict, batch: Batch) -> TypeGuard[Again | AgainInPart | Refuse]:
    """Whether the batch itself may be to blame by what the server says, so that it has to be taken apart."""
    match verdict:
        case AgainInPart() | Refuse():
            return True
        case Again(cause=Cause.TOO_LARGE):
            return batch.entries == 1 or batch.suspect
        case Again():
            return verdict.cause in _IN_GROUP
        case _:
            return False


def _spans_of(batch: Batch, refused: Sequence[Refused]) -> tuple[Span, ...]:
    indexes = {each.index for each in refused}
    return SpanSet.of(
        sorted(entry.position for index, entry in enumerate(batch.each()) if index in indexes)
    ).spans


def _reason(verdict: Verdict) -> str:
    return "" if isinstance(verdict, Accept) else verdict.reason
