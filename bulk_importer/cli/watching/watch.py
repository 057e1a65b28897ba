"""Opens what watches a command, and leaves it at the end; see the docstring of the package."""

from __future__ import annotations

import importlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from bulk_importer.cli import messages
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import BulkImporterError, ExitCode
from bulk_importer.levels import Level
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.cli.watching.steward import Steward
    from bulk_importer.events import Event, Observer
    from bulk_importer.steering import Controls
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Outcome", "Said", "Watch", "Watched", "watching"]


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """The command that is watched.

    Attributes:
        command: as `import`.
        sources: what it was called with.
        stop: ends it when it is requested.
        controls: obeys what a person asks of the run that is under way.
    """

    command: str
    sources: Sequence[str]
    settings: Settings
    stop: StopSwitch
    controls: Controls


class Said(msgspec.Struct):
    """What watchers add to what a command prints at its end.

    Attributes:
        reports: where the report of each checkpoint is; None where it has none.
        lines: behind the lines for people.
    """

    reports: list[Path | None] = msgspec.field(default_factory=list)
    lines: list[str] = msgspec.field(default_factory=list)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command.

    Attributes:
        exit_code: that it ends with.
        facts: what `--json` prints.
        folders: the checkpoints, in the order of the sources.
        said: what watchers have to say of it, who add to that.
    """

    exit_code: int
    facts: Mapping[str, Any]
    folders: Sequence[Path] = ()
    said: Said = msgspec.field(default_factory=Said)

    @classmethod
    def of(cls, error: BaseException, folders: Sequence[Path] = ()) -> Outcome:
        """What came of a command that an exception ended, and the checkpoints that it had begun with."""
        code, message = ExitCode.INTERRUPTED, "It was interrupted."
        if isinstance(error, BulkImporterError):
            code, message = error.exit_code, str(error)
        elif isinstance(error, Exception):
            code, message = ExitCode.UNFORESEEN, "An internal error ended it."
        return cls(exit_code=code, facts={"message": message}, folders=folders)

    @property
    def state(self) -> str:
        """How the command stands in the end, as a summary says it: `complete`, `stopped` or `failed`."""
        if "state" in self.facts:
            return str(self.facts["state"])
        if self.exit_code in (ExitCode.DELIVERED, ExitCode.REJECTIONS):
            return "complete"
        is_stopped = self.exit_code == ExitCode.UNFINISHED or self.exit_code > ExitCode.UNFORESEEN
        return "stopped" if is_stopped else "failed"


class Watcher(Protocol):
    """One way in which a command is watched; its module has `opened(watched)`, an async context manager of it."""

    def __call__(self, event: Event) -> object:
        """Take note of an event of one of the runs, at once."""

    async def ended(self, outcome: Outcome) -> None:
        """Take note of the end, before the command prints what came of it."""


_WATCHERS: Mapping[str, Callable[[Settings], bool]] = {
    "service.notifying": lambda _: "NOTIFY_SOCKET" in os.environ,
    "page": lambda settings: settings.page is not None,
    "telling": lambda settings: bool(settings.on_finish or settings.ping),
    "report": lambda settings: settings.report != "none",
    "metrics": lambda settings: bool(settings.metrics or settings.metrics_file),
}
"""Modules of this package, and whether the settings, or who started this process, ask for what they open.

The first is closed last.
"""


class Watch:
    """What watches one command.

    Attributes:
        folders: the checkpoints of its runs so far.
        steering: by which each of its runs is paused and limited.
        controls: obeys what a person asks of the run that is under way.
    """

    def __init__(self, steward: Steward) -> None:
        # Changed by `add`, and by `_see`, which drops a watcher that fails; `folders` by `run`.
        self._watchers: list[Watcher] = []
        self._is_over = False
        self.folders: list[Path] = []
        self._steward = steward
        self.steering = steward.steering
        self.controls: Controls = steward

    def add(self, watcher: Watcher) -> None:
        """Let one more watch the command."""
        self._watchers.append(watcher)

    @contextmanager
    def run(self, folder: Path, settings: Settings | None = None) -> Iterator[list[Observer]]:
        """What sees the events of one run: the `run.log` of the checkpoint in `folder`, a display, and the watchers.

        Args:
            settings: of the run, where they are other ones than the command's.
        """
        from bulk_importer.observe import JsonLog

        with closing(JsonLog(folder / "run.log")) as log, progress_display() as display:
            observers: list[Observer] = [log, display, self._see]
            self.folders.append(folder)
            self._steward.follow(folder, observers, settings)
            yield observers

    def _see(self, event: Event) -> None:
        for each in self._watchers:
            try:
                each(event)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the run is not to end by it
                self._watchers = [other for other in self._watchers if other is not each]
                _say_broken(each, error)
        self._steward(event)  # behind the others: what it says of an event they hear after the event

    async def ended(self, outcome: Outcome) -> Said:
        """Tell the watchers what came of the command; what is said after the first time does not count.

        Returns:
            What they have to say of it.
        """
        if self._is_over:
            return outcome.said
        self._is_over = True
        for each in self._watchers:
            try:
                await each.ended(outcome)
            except Exception as error:  # noqa: BLE001 - as above; the exit code stays what it is
                _say_broken(each, error)
        return outcome.said


def _say_broken(watcher: Watcher, error: Exception) -> None:
    messages.say(
        f"bulk-importer: {type(watcher).__module__} watches no longer, by a bug of it: {error!r}. The run does not "
        "depend on it.",
        Level.WARNING,
    )


@asynccontextmanager
async def watching(
    command: str, sources: Sequence[str], settings: Settings, stop: StopSwitch
) -> AsyncIterator[Watch]:
    """Open what the settings ask for, for as long as the command goes on.

    Raises:
        UsageError: a watcher cannot be opened as it is asked for; nothing was sent then.
    """
    from bulk_importer.cli.watching.steward import Steward

    steward = Steward(stop, settings)
    watched = Watched(command=command, sources=sources, settings=settings, stop=stop, controls=steward)
    watch = Watch(steward)
    async with AsyncExitStack() as opened:
        opened.callback(steward.close)
        try:
            for name, is_wanted in _WATCHERS.items():
                if is_wanted(settings):
                    module = importlib.import_module(f"bulk_importer.cli.watching.{name}")
                    watch.add(await opened.enter_async_context(module.opened(watched)))
            yield watch
        except BaseException as error:
            await watch.ended(Outcome.of(error, list(dict.fromkeys(watch.folders))))
            raise
