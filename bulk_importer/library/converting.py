"""Opens sources in the formats of other tools, for the commands and for programs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.settings import LabelConfigFrom, Lines, MediaBy, Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.events import Event, Observer
    from bulk_importer.formats.model import Left
    from bulk_importer.labels.label_config import LabelConfig
    from bulk_importer.pipeline.conversion.recipe import Recipe
    from bulk_importer.pipeline.conversion.spill import Conversion
    from bulk_importer.sources import Source

__all__ = ["Labels", "opened_conversion", "opened_labels"]


@dataclass(frozen=True, slots=True)
class Labels:
    """Entries that are ready to be read.

    Attributes:
        source: where they are.
        settings: those of the caller, with what a conversion makes of them: entries that name their media by file name.
        recipe: what they were made of, with the account; None where they are the source itself.
    """

    source: Source
    settings: Settings
    recipe: Recipe | None = None


@asynccontextmanager
async def opened_labels(
    spec: str,
    settings: Settings,
    folder: Path,
    token: Token,
    observer: Observer,
    *,
    found: Callable[[Left], None] = lambda _: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> AsyncIterator[Labels]:
    """The entries of a source, while this is open; converted into `folder` first where it holds something else.

    Takes and raises what `opened_conversion` does; besides:

    Raises:
        CheckpointMismatch: another conversion was begun in the folder.
        CheckpointUnusable: the folder cannot be written.
        Stopped: `is_stopped` said so.
    """
    from bulk_importer.pipeline.conversion.spill import converted_into
    from bulk_importer.sources import open_source
    from bulk_importer.sources.files import FileSource

    hears = _in_loop(observer)
    async with opened_conversion(
        spec, settings, folder, token, hears, found=found, is_stopped=is_stopped
    ) as conversion:
        if conversion is None:
            source, recipe = await open_source(spec), None
        else:
            path, recipe = await asyncio.to_thread(converted_into, folder, conversion)
            source = FileSource(spec, await asyncio.to_thread(os.open, path, os.O_RDONLY), lines=True)
            settings = replace(settings, media_by=MediaBy.NAME.value, lines=Lines.AUTO.value, path=None)
    try:
        yield Labels(source, settings, recipe)
    finally:
        await source.aclose()


def _in_loop(observer: Observer) -> Observer:
    """The observer, for whoever is in another thread."""
    loop = asyncio.get_running_loop()

    def hear(event: Event) -> None:
        loop.call_soon_threadsafe(observer, event)

    return hear


@asynccontextmanager
async def opened_conversion(
    spec: str,
    settings: Settings,
    folder: Path,
    token: Token,
    observer: Observer,
    *,
    found: Callable[[Left], None],
    is_stopped: Callable[[], bool] = lambda: False,
) -> AsyncIterator[Conversion | None]:
    """The conversion that a source needs, while this is open; None where it holds entries.

    Args:
        folder: where a copy is made of what can be read only once.
        observer: receives `Advanced`, and that the server does not answer. Called in any thread.
        found: called with everything that is left behind or decided, in the thread that converts.
        is_stopped: asked now and then, in that thread; true ends the conversion by `Stopped`.

    Raises:
        UsageError: the format is not known, more than one fits, or the class map cannot be read.
        SourceUnreadable: the source cannot be read.
        ServerError: the label configuration cannot be read from the server.
    """
    from bulk_importer.events import Advanced
    from bulk_importer.pipeline.conversion.choosing import chosen_format
    from bulk_importer.pipeline.conversion.spill import Conversion, Stopped

    chosen = await chosen_format(spec, settings, folder)
    if chosen is None:
        yield None
        return
    work = f"converting {spec.rstrip('/').rsplit('/', 1)[-1]} ({chosen.form.name})"

    def passed(done: int, total: int, entries: int) -> None:
        if is_stopped():
            raise Stopped
        observer(
            Advanced(work=work, done=min(done, total), total=total, unit="bytes", beside={"entries": entries})
        )

    try:
        config = await _label_config(settings, token, observer)
        yield await asyncio.to_thread(Conversion.of, chosen, settings, config, found=found, passed=passed)
    finally:
        chosen.close()


async def _label_config(settings: Settings, token: Token, observer: Observer) -> LabelConfig | None:
    """The label configuration that names go by: of the project, or in a file; None where neither is named."""
    from bulk_importer.pipeline.ruleset import find_target, label_config_of

    if settings.label_config != LabelConfigFrom.SERVER or not (settings.server and settings.project):
        return await label_config_of(settings, None)
    from bulk_importer.datagym.reads.opening import opened_catalog

    async with opened_catalog(settings, token, observer) as catalog:
        return await label_config_of(settings, await find_target(settings, catalog))
