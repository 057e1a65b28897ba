"""Turns signals into a clean stop: the first lets land what is in flight, the second gives it up."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

from bulk_importer.errors import ExitCode
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["stopping_on_signals"]

_STOPPING = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}


@contextlib.contextmanager
def stopping_on_signals(stop: StopSwitch) -> Iterator[None]:
    """While this is open, SIGINT, SIGTERM and SIGHUP request the stop; a second one of any of them aborts.

    SIGHUP is left alone where the process was started to ignore it (`nohup`). Used inside a running event loop.
    """
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_requested:
            stop.abort()
        stop.request(f"stopped by {number.name}", _STOPPING[number])

    caught = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in caught:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
