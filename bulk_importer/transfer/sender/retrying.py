"""Sends a batch again that was not executed: the one place where tenacity is used for uploads.

It acts on verdicts, never on exceptions: `Again` is the only verdict after which the same request may leave once
more, and not each of them. A conflict or a body that is too large needs another batch, not another try, and an
outage concerns all requests; these leave the loop at once, for the caller to deal with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulk_importer.datagym.answers.policy import RetryBudget
from bulk_importer.datagym.answers.verdicts import Again, Cause, Verdict
from bulk_importer.datagym.timing import Backoff
from bulk_importer.events import Observer, RetryScheduled
from bulk_importer.model import Batch
from bulk_importer.transfer.interfaces import SendContext, Sender

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Retrying"]

_IN_PLACE = frozenset(
    {Cause.THROTTLED, Cause.UNAVAILABLE, Cause.UNREACHABLE, Cause.DISCONNECTED, Cause.TIMED_OUT}
)
"""Causes that pass by themselves, so that the same request may succeed a moment later."""


class Retrying:
    """Sends a batch until its verdict is final, or more tries are pointless for now.

    Args:
        budget: bounds the retries of all batches together.
        max_attempts: how often a batch is sent in a row, the first time included.
        may_retry: asked after each `Again`, with the number of the attempt that brought it; False ends the loop (the
            run stops, the server is out, or others have to be tried first).
    """

    def __init__(
        self,
        inner: Sender,
        backoff: Backoff,
        budget: RetryBudget,
        *,
        max_attempts: int,
        may_retry: Callable[[Again, int], bool],
        emit: Observer,
    ) -> None:
        self._inner = inner
        self._backoff = backoff
        self._budget = budget
        self._max_attempts = max_attempts
        self._may_retry = may_retry
        self._emit = emit

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """Send the batch, again and again; each wait is emitted before it begins.

        Returns:
            The last verdict; an `Again` where tries ran out or `may_retry` said no.
        """
        if batch.suspect:
            # Who takes a batch apart tries its parts again: the tries before it show there what to do.
            return await self._inner.send(batch, context)
        self._budget.earn()
        # tenacity comes in when there is something to try again: to set it up costs more than the rest of a request,
        # and to import it as much as a small import's requests together.
        first = await self._inner.send(batch, context)
        return await self._again(batch, context, first) if self._is_retried(first, 1) else first

    async def _again(self, batch: Batch, context: SendContext, first: Verdict) -> Verdict:
        from tenacity import AsyncRetrying, stop_after_attempt

        number, attempt = batch.number, 0

        async def once() -> Verdict:
            nonlocal attempt
            attempt += 1
            if attempt == 1:
                return first
            return await self._inner.send(batch, replace(context, attempt=attempt, is_on_record=True))

        # tenacity's objects refer to each other in a circle, so what these can reach stays until the garbage collector
        # comes round. Therefore they know the batch by its number: with its body that came to dozens of batches.
        def before_sleep(state: RetryCallState) -> None:
            verdict = _verdict(state)
            assert isinstance(verdict, Again)
            self._emit(
                RetryScheduled(
                    batch=number,
                    attempt=state.attempt_number,
                    after_seconds=state.upcoming_sleep,
                    reason=verdict.reason,
                )
            )

        verdict: Verdict = await AsyncRetrying(
            sleep=self._backoff.timing.sleep,
            stop=stop_after_attempt(self._max_attempts),
            wait=self._wait_seconds,
            retry=lambda state: self._is_retried(_verdict(state), state.attempt_number),
            before_sleep=before_sleep,
            retry_error_callback=_verdict,
        )(once)
        return verdict

    def _wait_seconds(self, state: RetryCallState) -> float:
        verdict = _verdict(state)
        after = verdict.after_seconds if isinstance(verdict, Again) else None
        backoff = self._backoff.seconds(state.attempt_number, after)
        return max(backoff, self._budget.wait_seconds(self._backoff.timing.clock()))

    def _is_retried(self, verdict: Verdict, attempt: int) -> bool:
        return isinstance(verdict, Again) and verdict.cause in _IN_PLACE and self._may_retry(verdict, attempt)


def _verdict(state: RetryCallState) -> Verdict:
    assert state.outcome is not None
    verdict: Verdict = state.outcome.result()
    return verdict
