"""Makes of an asynchronous function the one for programs without an event loop."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from bulk_importer.errors import UsageError

__all__ = ["synchronous"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


def synchronous(function: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, _T]:
    """The twin of `function`: takes and returns the same, and runs an event loop of its own meanwhile.

    The twin raises `UsageError` where it is called inside a running event loop.
    """
    name = function.__name__

    @functools.wraps(function)  # and with it the signature
    def twin(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        import asyncio

        if _runs_in_a_loop():
            raise UsageError(f"There is a running event loop: await {name} instead of calling {name}_sync.")
        return asyncio.run(function(*args, **kwargs))

    twin.__name__ = twin.__qualname__ = f"{name}_sync"
    twin.__doc__ = f"`{name}` for programs without an event loop.\n\n{function.__doc__}"
    return twin


def _runs_in_a_loop() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
