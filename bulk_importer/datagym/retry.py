"""The loop that sends again what was not executed: the one place where tenacity is used.

It acts on verdicts, never on exceptions: `Again` is the only verdict after which the same request may leave once
more, and not each of them. A conflict or a body that is too large needs another batch, not another try, and an
outage concerns all requests; these leave the loop at once, for the caller to deal with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
)

from bulk_importer.datagym.answers.policy import RetryBudget, RetryPolicy, backoff_seconds
from bulk_importer.datagym.answers.verdicts import Again, Cause, Verdict

__all__ = ["Retrying", "until_answered"]

_T = TypeVar("_T")

_IN_PLACE = frozenset(
    {Cause.THROTTLED, Cause.UNAVAILABLE, Cause.UNREACHABLE, Cause.DISCONNECTED, Cause.TIMED_OUT}
)
"""Causes that pass by themselves, so that the same request may succeed a moment later."""


class Retrying:
    """Sends one request until its verdict is final, or more tries are pointless.

    Args:
        max_attempts: how often it is sent in a row, the first time included.
        may_retry: asked after each `Again`, with the number of the attempt that brought it; False ends the loop (the
            run stops, the server is out, or others have to be tried first).
        sleep: waits so many seconds, or less when the run stops.
        chance: draws evenly from `[0, 1)`.
        budget: bounds the retries of all requests together.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        budget: RetryBudget,
        clock: Callable[[], float],
        max_attempts: int,
        may_retry: Callable[[Again, int], bool],
        sleep: Callable[[float], Awaitable[None]],
        chance: Callable[[], float],
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._clock = clock
        self._max_attempts = max_attempts
        self._may_retry = may_retry
        self._sleep = sleep
        self._chance = chance

    async def until_final(
        self, send: Callable[[int], Awaitable[Verdict]], on_retry: Callable[[int, float, Again], None]
    ) -> Verdict:
        """Call `send` with the number of the attempt, from 1, until its verdict is not to be tried again.

        Args:
            on_retry: told before each wait: the number of the attempt that failed, the seconds, and why.

        Returns:
            The last verdict; an `Again` where tries ran out or `may_retry` said no.
        """
        self._budget.earn()
        # tenacity comes in when there is something to try again: to set it up costs more than the rest of a request.
        first = await send(1)
        if not self._is_retried(first, 1):
            return first

        def wait(state: RetryCallState) -> float:
            verdict = _verdict(state)
            after = verdict.after_seconds if isinstance(verdict, Again) else None
            backoff = backoff_seconds(self._policy, state.attempt_number, self._chance(), after)
            return max(backoff, self._budget.wait_seconds(self._clock()))

        def before_sleep(state: RetryCallState) -> None:
            verdict = _verdict(state)
            if isinstance(verdict, Again):
                on_retry(state.attempt_number, state.upcoming_sleep, verdict)  # noqa: F821 - see the end

        attempt = 0

        async def once() -> Verdict:
            nonlocal attempt
            attempt += 1
            return first if attempt == 1 else await send(attempt)

        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(self._max_attempts),
            wait=wait,
            retry=lambda state: self._is_retried(_verdict(state), state.attempt_number),
            before_sleep=before_sleep,
            retry_error_callback=_verdict,
        )
        try:
            verdict: Verdict = await retrying(once)
        finally:
            # tenacity's objects refer to each other in a circle, so what they can reach stays until the garbage
            # collector comes round: with `on_retry`, which knows its batch, that came to dozens of batches.
            del on_retry
        return verdict

    def _is_retried(self, verdict: Verdict, attempt: int) -> bool:
        return isinstance(verdict, Again) and verdict.cause in _IN_PLACE and self._may_retry(verdict, attempt)


def _verdict(state: RetryCallState) -> Verdict:
    assert state.outcome is not None
    verdict: Verdict = state.outcome.result()
    return verdict


async def until_answered(
    look_up: Callable[[], Awaitable[_T]],
    policy: RetryPolicy,
    *,
    is_passing: Callable[[BaseException], bool],
    asked_seconds: Callable[[BaseException], float | None],
    max_seconds: Callable[[], float],
    on_wait: Callable[[BaseException, float, float], None],
    sleep: Callable[[float], Awaitable[None]],
    chance: Callable[[], float],
) -> _T:
    """Look something up, again and again while it fails for reasons that pass; the last failure is raised.

    Args:
        asked_seconds: what the server asked for by `Retry-After`, with a failure; None where it asked for nothing.
        max_seconds: asked after each failure: how long after the beginning it is not tried again. A wait that would be
            longer ends then, with a last try.
        on_wait: told before each wait: the failure, how long the wait is, and how long is left until it is given up.
    """

    def left(state: RetryCallState) -> float:
        return max(0.0, max_seconds() - (state.seconds_since_start or 0.0))

    def wait(state: RetryCallState) -> float:
        error = _failure(state)
        asked = asked_seconds(error) if error else None
        return min(left(state), backoff_seconds(policy, state.attempt_number, chance(), asked))

    def before_sleep(state: RetryCallState) -> None:
        if (error := _failure(state)) is not None:
            on_wait(error, state.upcoming_sleep, left(state))

    retrying = AsyncRetrying(
        sleep=sleep,
        stop=lambda state: not left(state),
        wait=wait,
        retry=retry_if_exception(is_passing),
        before_sleep=before_sleep,
        reraise=True,
    )
    found: _T = await retrying(look_up)
    return found


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
