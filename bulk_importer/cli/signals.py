"""Turns signals into a clean stop: the first lets land what is in flight, the second gives it up."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

from bulk_importer.cli import messages
from bulk_importer.errors import ExitCode
from bulk_importer.levels import Level
from bulk_importer.settings.units import DURATION
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["hearing_signals", "stopping_on_signals"]

_STOPPING = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}
_WORDS = {signal.SIGINT: "Ctrl-C"}


@contextlib.contextmanager
def hearing_signals(hear: Callable[[signal.Signals], object]) -> Iterator[None]:
    """While this is open, call `hear` with each SIGINT, SIGTERM and SIGHUP. Used inside a running event loop.

    What the process was started to ignore is left alone, as SIGHUP is by `nohup`.
    """
    loop = asyncio.get_running_loop()
    caught = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in caught:
        loop.add_signal_handler(number, hear, number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def stopping_on_signals(stop: StopSwitch, *, grace_seconds: float = 0.0, kept: str = "") -> Iterator[None]:
    """While this is open, SIGINT, SIGTERM and SIGHUP request the stop; a second one of any of them aborts.

    Each is acknowledged at once, with what the next one does. Otherwise as `hearing_signals`.

    Args:
        grace_seconds: how long what is in flight may take to land, where that is waited for.
        kept: what stays of the work, for people, where nothing is in flight that has to land.
    """

    def on_signal(number: signal.Signals) -> None:
        word = _WORDS.get(number, number.name)
        if stop.is_requested:
            messages.say(f"{word}: what is in flight is given up.", Level.WARNING)
            stop.abort()
        elif kept:
            messages.say(f"{word}: stopping. {kept}; the same command resumes.", Level.WARNING)
        else:
            messages.say(
                f"{word}: stopping. What is in flight may land, for up to {DURATION.show(grace_seconds)}; another "
                f"{word} gives it up, and leaves it unconfirmed until the next run.",
                Level.WARNING,
            )
        stop.request(f"stopped by {number.name}", _STOPPING[number])

    with hearing_signals(on_signal):
        yield
