"""Writes the report of a command when it ends: in the checkpoint folder of each source, or into the file that is named.

A report that cannot be made or written is told in a line, and changes nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli.watching.watch import Outcome, Watched
from bulk_importer.errors import CheckpointError

if TYPE_CHECKING:
    from bulk_importer.cli.reporting.images import Images
    from bulk_importer.events import Event
    from bulk_importer.observe.report import Chapter

__all__ = ["opened"]

_OF_A_CHECKPOINT = frozenset({"retry", "undo"})
"""Commands that are called with a checkpoint, of which the report is written anew."""


@asynccontextmanager
async def opened(watched: Watched) -> AsyncIterator[_Report]:
    """What writes the report of a command.

    Raises:
        UsageError: no images can be where they are said to be, or no report.
    """
    settings = watched.settings
    if settings.report is not None:
        from bulk_importer.cli.reporting.writing import refuse_unusable

        beside = [f"{source}.checkpoint" for source in watched.sources]
        made_later = [Path(each) for each in [settings.checkpoint, *beside] if each]
        refuse_unusable(Path(settings.report), "--report", made_later=made_later)
    yield _Report(watched, _images(watched.settings.images) if watched.settings.images else None)


class _Report:
    """A `Watcher` that only looks at the end."""

    def __init__(self, watched: Watched, images: Images | None) -> None:
        self._watched = watched
        self._given = images

    def __call__(self, event: Event) -> None:
        """Do nothing: what happened is on record."""

    async def ended(self, outcome: Outcome) -> None:
        """Write the report, and say where it is."""
        written = await asyncio.to_thread(self._write, outcome)
        outcome.said.lines += [f"  Report: {path}" for path in dict.fromkeys(filter(None, written))]
        outcome.said.reports += written

    def _write(self, outcome: Outcome) -> list[Path | None]:
        """Where the report of each checkpoint is; None where there is none."""
        from bulk_importer.cli.reporting.writing import REPORT, try_to_write

        watched = self._watched
        folders = outcome.folders
        if watched.command in _OF_A_CHECKPOINT:
            folders = [Path(each) for each in watched.sources]
        if watched.settings.report is not None:
            path, images = Path(watched.settings.report), self._images()
            chapters = [
                _chapter(folder, images, path.parent) or self._ending(outcome, at)
                for at, folder in enumerate(folders)
            ]
            chapters = chapters or [self._ending(outcome, 0)]
            is_written = try_to_write(path, chapters, image_hosts=images.hosts, folders=folders)
            return [path if is_written else None] * max(1, len(folders))
        written: list[Path | None] = []
        for folder in folders:
            images = self._images()
            chapter = _chapter(folder, images, folder)
            is_written = chapter is not None and try_to_write(
                folder / REPORT, [chapter], image_hosts=images.hosts, folders=[folder]
            )
            written.append(folder / REPORT if is_written else None)
        return written

    def _ending(self, outcome: Outcome, at: int) -> Chapter:
        """How it ended for the source at this place, of which nothing is on record."""
        from bulk_importer.cli.reporting.endings import ending_of
        from bulk_importer.observe import source_called

        sources, facts = outcome.facts.get("sources"), outcome.facts
        if sources:
            facts = sources[at]
        is_one = sources or len(self._watched.sources) == 1
        name = source_called(self._watched.sources[at]) if is_one else self._watched.command
        code = int(facts.get("exit_code", outcome.exit_code))
        return ending_of(name, self._watched.command, code, str(facts.get("message") or ""))

    def _images(self) -> Images:
        """Those of one page more."""
        return _images(None) if self._given is None else self._given.anew()


def _images(given: str | None) -> Images:
    from bulk_importer.cli.reporting.images import Images

    return Images(given)


def _chapter(folder: Path, images: Images, seen_from: Path) -> Chapter | None:
    """What there is to say of a checkpoint; None where it was not begun, or cannot be read, which others say."""
    from bulk_importer.cli.reporting.checkpoints import chapter_of

    try:
        return chapter_of(folder, images, seen_from=seen_from)
    except (CheckpointError, OSError):
        return None
