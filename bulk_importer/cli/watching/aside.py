"""Does in a thread what may take for ever, so that neither the event loop nor the end of the program waits for it.

`asyncio.to_thread` would not do: the program does not end before the threads of its pool.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec

__all__ = ["aside"]

_P = ParamSpec("_P")


async def aside(action: Callable[_P, object], *arguments: _P.args, **keywords: _P.kwargs) -> None:
    """Do `action` in a thread, and return when it is done; raises what it raises.

    When this is cancelled, the thread is left to itself, and dies with the program.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return  # nobody waits any more
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def act() -> None:
        error: BaseException | None = None
        try:
            action(*arguments, **keywords)
        except Exception as found:  # noqa: BLE001 - it is raised where it is waited for
            error = found
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=act, daemon=True, name="aside").start()
    await done
