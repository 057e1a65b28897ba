"""`--on-finish` and `--ping`: others are told that a command began, and how it ended.

Told last of all, when the summary is printed and everything else that watches is closed; whatever ended the command, a
signal or a mistake of ours, too. What goes wrong with it is said in a line, and changes neither the run nor the exit
code. A signal meanwhile ends the telling, and so does time: a minute, or after a signal what is left of `--grace`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.cli.signals import hearing_signals
from bulk_importer.cli.watching.pinging import Pinging
from bulk_importer.cli.watching.watch import Outcome, Watched
from bulk_importer.levels import Level
from bulk_importer.observe.telling.facts import Told
from bulk_importer.observe.telling.shell import run_in_shell
from bulk_importer.settings.units import DURATION

if TYPE_CHECKING:
    from bulk_importer.events import Event

__all__ = ["opened"]

_MOST_SECONDS = 60.0
_LEAST_SECONDS = 2.0
"""Also where what was in flight took all of the grace period: `docker stop` kills two seconds after ours has passed."""


@asynccontextmanager
async def opened(watched: Watched) -> AsyncIterator[_Teller]:
    """Tell that the command begins, beside it, and how it ended when this is closed.

    Raises:
        UsageError: the environment names a proxy that cannot be used, or a certificate is none.
    """
    teller = _Teller(watched)
    async with AsyncExitStack() as stack:
        if watched.settings.ping:
            teller.pinging = await stack.enter_async_context(Pinging.opened(watched.settings))
            teller.begin()
        try:
            yield teller
        finally:
            await teller.tell()


class _Teller:
    """What there is to tell, and to whom."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self.pinging: Pinging | None = None
        # The call that tells of the beginning, while it is on its way; when a stop was requested; how it ended.
        self._beginning: asyncio.Task[None] | None = None
        self._stopped_at: float | None = None
        self._outcome: Outcome | None = None
        # What is being told ends by these. Changed by `_in_time` and `_end_by`.
        self._deadlines: list[asyncio.Timeout] = []
        watched.stop.subscribe(self._note_stop)

    def __call__(self, event: Event) -> None:
        """Nothing is told while the command lasts."""

    async def ended(self, outcome: Outcome) -> None:
        """Take note of the end; it is told when all is closed."""
        self._outcome = outcome

    def begin(self) -> None:
        """Tell that the command begins; nobody waits for that."""
        told = Told(
            command=self._watched.command,
            state="running",
            facts={
                "source": self._watched.sources[0] if len(self._watched.sources) == 1 else "",
                "project": self._watched.settings.project,
                "server": self._watched.settings.server,
            },
        )
        self._beginning = asyncio.ensure_future(self._ping(told, "start", "that the run began"))

    async def tell(self) -> None:
        """Tell how the command ended. Raises nothing."""
        outcome = self._outcome
        if outcome is None:  # nobody knows: it was thrown away half-way
            if self._beginning is not None:
                self._beginning.cancel()
            return
        told = Told(
            command=self._watched.command,
            state=outcome.state,
            exit_code=int(outcome.exit_code),
            facts=outcome.facts,
            folders=[str(folder) for folder in outcome.folders],
        )
        with self._ended_by_signals():
            async with asyncio.TaskGroup() as tasks:
                if self.pinging is not None:
                    tasks.create_task(self._ping_end(told))
                if self._watched.settings.on_finish:
                    tasks.create_task(self._run(self._watched.settings.on_finish, told))

    async def _ping_end(self, told: Told) -> None:
        if self._beginning is not None:
            await self._beginning  # which comes first; it takes its time and no more
        await self._ping(told, "" if told.is_success else "fail", "how it ended")

    async def _ping(self, told: Told, word: str, what: str) -> None:
        assert self.pinging is not None
        why = await self._in_time(self.pinging.tell(word, told.body()), lambda _: "there was no time for it")
        if why:
            _complain(f"--ping could not be told {what}: {why}.")

    async def _run(self, command: str, told: Told) -> None:
        why = await self._in_time(
            _run(command, told.environment(os.environ)),
            lambda seconds: f"was ended after {DURATION.show(seconds)}, with all that it started",
        )
        if why:
            _complain(f"The command of --on-finish {why}.")

    async def _in_time(self, telling: Awaitable[str], given_up: Callable[[float], str]) -> str:
        """Why something could not be told, where it could not; `given_up` says so where it took too long."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._seconds(began)) as deadline:
                self._deadlines.append(deadline)
                try:
                    return await telling
                finally:
                    self._deadlines.remove(deadline)
        except TimeoutError:
            return given_up(round(asyncio.get_running_loop().time() - began))

    def _seconds(self, now: float) -> float:
        if self._stopped_at is None:
            return _MOST_SECONDS
        return max(_LEAST_SECONDS, self._watched.settings.grace - (now - self._stopped_at))

    def _note_stop(self) -> None:
        self._stopped_at = now = asyncio.get_running_loop().time()
        self._end_by(now + self._seconds(now))

    def _end_by(self, at: float) -> None:
        """End what is being told at a time, or before that where it would have ended before."""
        for deadline in self._deadlines:
            when = deadline.when()
            if when is not None and at < when and not deadline.expired():
                deadline.reschedule(at)

    @contextmanager
    def _ended_by_signals(self) -> Iterator[None]:
        """While this is open, a signal ends what is being told, and nothing else.

        Where somebody else listens to signals, as `serve` does over many imports, it is left at that.
        """
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            yield
            return
        loop = asyncio.get_running_loop()
        with hearing_signals(lambda _: self._end_by(loop.time())):
            yield


async def _run(command: str, environment: dict[str, str]) -> str:
    """Run a command; why it did not do well, where it did not. What it writes goes to standard error."""
    try:
        code = await run_in_shell(command, environment, output=_standard_error())
    except OSError as error:
        return f"could not be run: {error.strerror}"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with {code}" if code else ""


def _standard_error() -> int:
    """Where a command may write; nowhere, where this process has no such stream."""
    try:
        sys.stderr.flush()
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return asyncio.subprocess.DEVNULL


def _complain(text: str) -> None:
    messages.say(f"bulk-importer: {text} The exit code does not depend on it.", Level.WARNING)
