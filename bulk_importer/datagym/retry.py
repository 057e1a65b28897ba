"""Looks something up again while that fails for reasons that pass: the one place where tenacity is used for reads.

Uploads have a loop of their own (`transfer.sender.retrying`): it acts on verdicts, this one on exceptions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from bulk_importer.datagym.timing import Backoff

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["until_answered"]

_T = TypeVar("_T")


async def until_answered(
    look_up: Callable[[], Awaitable[_T]],
    backoff: Backoff,
    *,
    is_passing: Callable[[BaseException], bool],
    asked_seconds: Callable[[BaseException], float | None],
    max_seconds: Callable[[], float],
    on_wait: Callable[[BaseException, float, float], None],
) -> _T:
    """Look something up, again and again while it fails for reasons that pass; the last failure is raised.

    Args:
        asked_seconds: what the server asked for by `Retry-After`, with a failure; None where it asked for nothing.
        max_seconds: asked after each failure: how long after the beginning it is not tried again. A wait that would be
            longer ends then, with a last try.
        on_wait: called before each wait with the failure, how long the wait is, and how long is left until the
            look-up is given up.
    """

    clock = backoff.timing.clock
    began = clock()
    try:
        # As nearly all are answered; the loop costs more time than the rest of a look-up.
        return await look_up()
    except Exception as error:
        if not is_passing(error):
            raise
        failed = [error]
    # Imported now: it takes a sixtieth of the processor time of a small import, in which nothing fails.
    from tenacity import AsyncRetrying, retry_if_exception

    async def once() -> _T:
        if failed:
            raise failed.pop()
        return await look_up()

    def left(_: RetryCallState) -> float:
        return max(0.0, max_seconds() - (clock() - began))

    def wait(state: RetryCallState) -> float:
        error = _failure(state)
        asked = asked_seconds(error) if error else None
        return min(left(state), backoff.seconds(state.attempt_number, asked))

    def before_sleep(state: RetryCallState) -> None:
        if (error := _failure(state)) is not None:
            on_wait(error, state.upcoming_sleep, left(state))

    retrying = AsyncRetrying(
        sleep=backoff.timing.sleep,
        stop=lambda state: not left(state),
        wait=wait,
        retry=retry_if_exception(is_passing),
        before_sleep=before_sleep,
        reraise=True,
    )
    found: _T = await retrying(once)
    return found


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
