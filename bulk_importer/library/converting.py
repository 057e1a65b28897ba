"""Opens sources in the formats of other tools, for the commands and for programs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import msgspec

from bulk_importer.errors import ExitCode, Interrupted
from bulk_importer.settings import LabelConfigFrom, Lines, MediaBy, Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.events import Observer
    from bulk_importer.formats.model import Left
    from bulk_importer.labels.label_config import LabelConfig
    from bulk_importer.pipeline.conversion.choosing import Chosen
    from bulk_importer.pipeline.conversion.spill import Conversion
    from bulk_importer.sources import Source
    from bulk_importer.summary import Books
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Labels", "opened_again", "opened_conversion", "opened_labels"]


class Labels(msgspec.Struct, frozen=True):
    """Entries that are ready to be read.

    Attributes:
        source: where they are.
        settings: those of the caller, with what a conversion makes of them: entries that name their media by file name.
        books: what became of the labels of another tool; None where the source holds entries.
    """

    source: Source
    settings: Settings
    books: Books | None = None


@asynccontextmanager
async def opened_labels(
    spec: str,
    settings: Settings,
    folder: Path,
    *,
    token: Token,
    emit: Observer,
    stop: StopSwitch | None = None,
    found: Callable[[Left], None] = lambda _: None,
) -> AsyncIterator[Labels]:
    """The entries of a source, while this is open; converted into `folder` first where it holds something else.

    Args:
        folder: where the converted entries lie: of the checkpoint, or a temporary one.
        token: shown where the label configuration is asked for.
        emit: receives how far a conversion is, and that the server does not answer.
        stop: ends a conversion when it is requested.
        found: called with everything that a conversion leaves behind or decides, in another thread.

    Raises:
        UsageError, SourceUnreadable, ServerError: as `opened_conversion` does.
        CheckpointMismatch: another conversion was begun in the folder.
        CheckpointUnusable: the folder cannot be written.
        Interrupted: a stop was requested before the conversion was whole.
    """
    from bulk_importer.sources import open_source

    has_names = bool((settings.server and settings.project) or settings.media_list or settings.media_map)
    async with opened_conversion(
        spec, settings, folder, token=token, emit=emit, stop=stop, found=found
    ) as conversion:
        if conversion is None:
            source = await open_source(spec)
            labels = Labels(source, _of_entries(settings, source))
        else:
            from bulk_importer.pipeline.conversion.spill import converted_into
            from bulk_importer.sources.files import FileSource

            named = replace(conversion, names_as_ids=not has_names)
            path, recipe = await asyncio.to_thread(converted_into, folder, named)
            file = await asyncio.to_thread(os.open, path, os.O_RDONLY)
            labels = Labels(
                FileSource(spec, file, lines=True),
                _of_converted(settings, named.chosen.form.name, by_name=has_names),
                recipe.books,
            )
    try:
        yield labels
    finally:
        await labels.source.aclose()


@asynccontextmanager
async def opened_conversion(
    spec: str,
    settings: Settings,
    folder: Path,
    *,
    token: Token,
    emit: Observer,
    stop: StopSwitch | None = None,
    found: Callable[[Left], None] = lambda _: None,
) -> AsyncIterator[Conversion | None]:
    """The conversion that a source needs, while this is open; None where it holds entries.

    Args:
        folder: where a copy is made of what can be read only once.
        token, emit, stop: as for `opened_labels`.
        found: called with everything that is left behind or decided, in the thread that converts.

    Raises:
        UsageError: the format is not known, more than one fits, or the class map cannot be read.
        SourceUnreadable: the source cannot be read.
        ServerError: the label configuration cannot be read from the server.
        Interrupted: a stop is requested while the block converts.
    """
    async with _chosen(spec, settings, folder, emit, stop) as (chosen, passed):
        if chosen is None:
            yield None
            return
        from bulk_importer.pipeline.conversion.spill import Conversion

        config = await _label_config(settings, token, emit)
        yield await asyncio.to_thread(Conversion.of, chosen, settings, config, found=found, passed=passed)


@asynccontextmanager
async def opened_again(spec: str, folder: Path, emit: Observer) -> AsyncIterator[Source]:
    """What a checkpoint was made of, to be read once more while this is open; converted again where it was converted.

    Args:
        spec: the source, as `import` takes it.
        folder: of the checkpoint, which knows with what the source was converted.
        emit: receives how far the conversion is.

    Raises:
        UsageError, SourceUnreadable: the source cannot be opened, or is in another format.
        CheckpointMismatch: it is not the one that was converted.
    """
    from bulk_importer.library.rulesets import scratch_folder
    from bulk_importer.pipeline.conversion.recipe import read_recipe
    from bulk_importer.pipeline.conversion.spill import Conversion, converted_into
    from bulk_importer.sources import open_source
    from bulk_importer.sources.files import FileSource

    recipe = await asyncio.to_thread(read_recipe, folder)
    if recipe is None:
        source: Source = await open_source(spec)
        try:
            yield source
        finally:
            await source.aclose()
        return
    with scratch_folder() as scratch:
        settings = Settings(source_format=recipe.format, **recipe.choices)  # type: ignore[arg-type]
        async with _chosen(spec, settings, scratch, emit, None) as (chosen, passed):
            assert chosen is not None  # its format is named
            conversion = Conversion.again(chosen, settings, recipe, passed)
            path, made = await asyncio.to_thread(converted_into, scratch, conversion)
        made.require_same(recipe, folder)
        file = await asyncio.to_thread(os.open, path, os.O_RDONLY)
        source = FileSource(spec, file, lines=True)
        try:
            yield source
        finally:
            await source.aclose()


@asynccontextmanager
async def _chosen(
    spec: str, settings: Settings, folder: Path, emit: Observer, stop: StopSwitch | None
) -> AsyncIterator[tuple[Chosen | None, Callable[[str, int, int, str, int], None]]]:
    """The format of a source, opened, and what tells how far its conversion is, and ends it where that is asked for."""
    from bulk_importer.events import Advanced
    from bulk_importer.formats.sharing import SORTING
    from bulk_importer.pipeline.conversion.choosing import chosen_format

    chosen = await chosen_format(spec, settings, folder)
    form = "" if chosen is None else chosen.form.name
    name = spec.rstrip("/").rsplit("/", 1)[-1]
    loop = asyncio.get_running_loop()

    is_over = Event()  # whoever waited for the thread that converts does so no more

    def passed(phase: str, done: int, total: int, unit: str, entries: int) -> None:
        if stop is not None and stop.is_requested:
            raise Interrupted(stop.reason, stop.exit_code)
        if is_over.is_set():
            raise Interrupted("nobody waits for it any more", ExitCode.INTERRUPTED)
        beside = {"entries": entries} if entries else {}
        work = f"{phase} {name} ({form})" + (f", in a file in {folder}" if phase == SORTING else "")
        event = Advanced(work=work, done=min(done, total), total=total, unit=unit, beside=beside)
        loop.call_soon_threadsafe(emit, event)

    try:
        yield chosen, passed
    finally:
        is_over.set()
        if chosen is not None:
            chosen.close()


def _of_entries(settings: Settings, source: Source) -> Settings:
    """The settings for a source of entries. A further entry of a media in a backup adds to what its first put there."""
    if source.plain:  # a backup is packed
        return settings
    from bulk_importer.backups.file.mark import begins_backup

    return replace(settings, onto_uploaded=True) if begins_backup(source.packed_head) else settings


def _of_converted(settings: Settings, form: str, *, by_name: bool) -> Settings:
    """The settings for entries that were converted: they are lines, and name their media by file name.

    What the format is was found out, so that it is the same import if a person names it next time.
    """
    media_by = MediaBy.NAME.value if by_name else settings.media_by
    return replace(settings, source_format=form, media_by=media_by, lines=Lines.AUTO.value, path=None)


async def _label_config(settings: Settings, token: Token, emit: Observer) -> LabelConfig | None:
    """The label configuration that names go by: of the project, or in a file; None where neither is named."""
    from bulk_importer.pipeline.ruleset import find_target, label_config_of

    if settings.label_config != LabelConfigFrom.SERVER or not (settings.server and settings.project):
        return await label_config_of(settings, None)
    from bulk_importer.datagym.reads.opening import opened_catalog

    async with opened_catalog(settings, token, emit) as catalog:
        return await label_config_of(settings, await find_target(settings, catalog))
