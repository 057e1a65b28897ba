"""Does in a thread what may take for ever, so that neither the event loop nor the end of the program waits for it.

`asyncio.to_thread` would not do: the program does not end before the threads of its pool.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

__all__ = ["aside"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def aside(action: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
    """Do `action` in a thread, and return what it returns when it is done; raises what it raises.

    When this is cancelled, the thread is left to itself, and dies with the program.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T) -> None:
        if not done.done():  # else nobody waits any more
            done.set_result(result)

    def fail(error: BaseException) -> None:
        if not done.done():
            done.set_exception(error)

    def act() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            try:
                result = action(*arguments, **keywords)
            except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
                loop.call_soon_threadsafe(fail, error)
            else:
                loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=act, daemon=True, name="aside").start()
    return await done
