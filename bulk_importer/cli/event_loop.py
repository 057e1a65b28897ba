"""Runs a command's coroutine, on uvloop where the extra `[fast]` is installed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

__all__ = ["run_in_loop"]

_T = TypeVar("_T")


def run_in_loop(main: Coroutine[Any, Any, _T]) -> _T:
    """Run the coroutine in a new event loop; returns what it returns, and raises what it raises.

    Ctrl-C while the loop is closed, when the coroutine is over, ends the process at once.
    """
    try:
        import asyncio

        runner = asyncio.Runner(loop_factory=_loop_factory())
    except BaseException:
        main.close()  # or it would be said that nobody has awaited it
        raise
    try:
        return runner.run(main)
    finally:
        with _interrupts_end_it():
            runner.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextmanager
def _interrupts_end_it() -> Iterator[None]:
    """An exception in the midst of the closing would leave a thread that calls a loop which is gone."""
    before = signal.getsignal(signal.SIGINT)
    is_ours = threading.current_thread() is threading.main_thread() and before is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, before)
