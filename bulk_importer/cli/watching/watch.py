"""Opens what watches a command, and leaves it at the end; see the docstring of the package."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import BulkImporterError
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.cli.watching.steward import Steward
    from bulk_importer.events import Event, Observer
    from bulk_importer.steering import Controls
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Outcome", "Watch", "Watched", "Watcher", "watching"]


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


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command.

    Attributes:
        exit_code: that it ends with.
        facts: what `--json` prints.
        folders: the checkpoints, in the order of the sources.
    """

    exit_code: int
    facts: Mapping[str, Any]
    folders: Sequence[Path] = ()


class Watcher(Protocol):
    """One way in which a command is watched; its module has `opened(watched)`, an async context manager of it."""

    def __call__(self, event: Event) -> object:
        """Take note of an event of one of the runs, at once."""

    async def ended(self, outcome: Outcome) -> None:
        """Take note of the end, before the command prints what came of it."""


_WATCHERS: Mapping[str, Callable[[Settings], bool]] = {}
"""Modules of this package, and whether the settings ask for what they open."""


class Watch:
    """What watches one command.

    Attributes:
        steering: by which each of its runs is paused and limited.
    """

    def __init__(self, watchers: Sequence[Watcher], steward: Steward) -> None:
        self._watchers = watchers
        self._steward = steward
        self.steering = steward.steering

    @contextmanager
    def run(self, folder: Path) -> Iterator[list[Observer]]:
        """What sees the events of one run: the `run.log` of the checkpoint in `folder`, a display, and the watchers."""
        from bulk_importer.observe import JsonLog

        with closing(JsonLog(folder / "run.log")) as log, progress_display() as display:
            observers = [log, display, *self._watchers, self._steward]
            self._steward.follow(folder, observers)
            yield observers

    async def ended(self, outcome: Outcome) -> None:
        """Tell the watchers what came of the command."""
        for each in self._watchers:
            await each.ended(outcome)


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
    async with AsyncExitStack() as opened:
        opened.callback(steward.close)
        watchers = []
        for name, is_wanted in _WATCHERS.items():
            if is_wanted(settings):
                module = importlib.import_module(f"bulk_importer.cli.watching.{name}")
                watchers.append(await opened.enter_async_context(module.opened(watched)))
        watch = Watch(watchers, steward)
        try:
            yield watch
        except BulkImporterError as error:
            await watch.ended(Outcome(exit_code=error.exit_code, facts={"message": str(error)}))
            raise
