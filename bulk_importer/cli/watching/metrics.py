"""`--metrics` and `--metrics-file`: the metrics of a command, served to scrapes and kept in a file."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.cli.watching.watch import Outcome, Watched
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import reason_unwritten
from bulk_importer.levels import Level
from bulk_importer.machine.aside import aside
from bulk_importer.observe.metrics.counts import Counts
from bulk_importer.observe.metrics.exposition import Exposition
from bulk_importer.observe.metrics.label_values import label_value
from bulk_importer.observe.metrics.table import Moment
from bulk_importer.observe.metrics.textfile import is_free, replace_textfile, succeeded_before

if TYPE_CHECKING:
    from bulk_importer.events import Event

__all__ = ["opened"]

_SECONDS_BETWEEN = 10.0
_WRITE_SECONDS = 5.0
"""For so long a disk is waited for; a folder of a server that is away would hold up the end for ever."""


@asynccontextmanager
async def opened(watched: Watched) -> AsyncIterator[_Metrics]:
    """Count, serve and keep, as the settings say.

    Raises:
        UsageError: the address cannot be listened on, the file cannot be written, or prometheus-client is missing.
    """
    settings = watched.settings
    metrics = _Metrics(watched.command)
    async with AsyncExitStack() as stack:
        if settings.metrics_file:
            await stack.enter_async_context(_kept(metrics, Path(settings.metrics_file)))
        if settings.metrics:
            await stack.enter_async_context(_served(metrics, settings.metrics))
        yield metrics


class _Metrics:
    """The counts of a command, by the clock of this machine."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._version = version("bulk-importer")
        self._since_1970 = time.time() - time.monotonic()
        self._counts = Counts(time.monotonic())

    def __call__(self, event: Event) -> None:
        self._counts.see(event, time.monotonic())

    async def ended(self, outcome: Outcome) -> None:
        """Take note of the end; the file says it when this is closed."""
        self._counts.end(int(outcome.exit_code), outcome.state, time.monotonic())

    def moment(self, succeeded_before: float | None = None) -> Moment:
        """What there is to tell now."""
        return Moment(
            counts=self._counts,
            now=time.monotonic(),
            since_1970=self._since_1970,
            command=self._command,
            version=self._version,
            succeeded_before=succeeded_before,
        )


@asynccontextmanager
async def _served(metrics: _Metrics, address: str) -> AsyncIterator[None]:
    from bulk_importer.observe.metrics.server import MetricsServer
    from bulk_importer.observe.page.listening import bound

    host, _, port = address.rpartition(":")
    server = MetricsServer(Exposition(metrics.moment, has_process=True), metrics.moment)
    at = bound(host, int(port), "--metrics")
    found = at.getsockname()[1]
    async with server.listening(at):
        messages.say(f"Metrics at http://{host}:{found}/metrics")
        yield


@asynccontextmanager
async def _kept(metrics: _Metrics, path: Path) -> AsyncIterator[None]:
    """Keep a file as long as this is open, with the final state at the end."""
    if path.suffix != ".prom":
        messages.say(
            f"bulk-importer: {path} does not end with .prom; the textfile collector reads no other files.",
            Level.WARNING,
        )
    try:
        if not await asyncio.to_thread(is_free, path):
            raise UsageError(
                f"--metrics-file {path} holds something else, which would be lost. Nothing was sent. Name another "
                "file, or remove that one."
            )
        file = _File(metrics, path, await asyncio.to_thread(succeeded_before, path))
        await file.write()
    except OSError as error:
        raise UsageError(
            f"--metrics-file {path} cannot be written: {reason_unwritten(error)}. Nothing was sent. {_remedy(error)}"
        ) from error
    ticking = asyncio.ensure_future(file.keep())
    try:
        yield
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        await file.write_or_say()


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room there, or name a file elsewhere."
    return "Name a file in a folder that is there, and that this user may write to."


class _File:
    """The file, and whether it was said that it cannot be written."""

    def __init__(self, metrics: _Metrics, path: Path, succeeded: float | None) -> None:
        # By its name two files in one folder differ, which the collector asks for.
        self._exposition = Exposition(
            lambda: metrics.moment(succeeded), labels={"textfile": label_value(path.stem)}
        )
        self._path = path
        self._is_said = False

    async def keep(self) -> None:
        """Write it every few seconds, until this is cancelled."""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            await self.write_or_say()

    async def write_or_say(self) -> None:
        """Write it; where that is not possible, that is said, the first time."""
        try:
            await self.write()
        except OSError as error:
            if not self._is_said:
                self._is_said = True
                messages.say(
                    f"bulk-importer: --metrics-file {self._path} cannot be written any more: "
                    f"{reason_unwritten(error)}. The run does not depend on it; it is tried again.",
                    Level.WARNING,
                )

    async def write(self) -> None:
        """Write it. Raises OSError, also where the disk does not answer in time."""
        content, _ = self._exposition.text()
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await aside(replace_textfile, self._path, content)
        except TimeoutError as error:
            raise TimeoutError(errno.ETIMEDOUT, "the disk does not answer") from error
