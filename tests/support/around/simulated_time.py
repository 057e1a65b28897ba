"""An event loop whose clock leaps: where everybody waits, it is at once as late as the first of them waits for.

So three hours of an outage take a few milliseconds, with all the timers of the program as they are. Nothing but timers
may be waited for: threads and sockets live in real time.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

__all__ = ["in_simulated_time", "run_in_simulated_time"]

_T = TypeVar("_T")
_P = ParamSpec("_P")


class _LeapingSelector(selectors.SelectSelector):
    """Lets time pass in place of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits for ever")
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


def run_in_simulated_time(main: Coroutine[Any, Any, _T]) -> _T:
    """As `asyncio.run` does, in no time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


def in_simulated_time(test: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, _T]:
    """Let an asynchronous test run so: no machine is too slow for it."""

    @functools.wraps(test)
    def run(*arguments: _P.args, **named: _P.kwargs) -> _T:
        return run_in_simulated_time(test(*arguments, **named))

    return run
