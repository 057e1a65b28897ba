"""Opens a source that is to be divided: one that every worker can read from any byte on, and that holds entries."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bulk_importer.errors import UsageError
from bulk_importer.pipeline.conversion.choosing import chosen_format
from bulk_importer.settings import Settings
from bulk_importer.sources import Source, open_source

__all__ = ["opened_for_many"]


@asynccontextmanager
async def opened_for_many(spec: str, settings: Settings, folder: Path) -> AsyncIterator[Source]:
    """The source that a person named, while this is open.

    Args:
        folder: a temporary one.

    Raises:
        UsageError: it cannot be divided; the message says what to do instead.
        SourceUnreadable: it cannot be opened.
    """
    if "://" not in spec:
        await asyncio.to_thread(_require_file, spec)
    if await asyncio.to_thread(os.path.isdir, spec):
        await _require_entries(spec, settings, folder)
    source = await open_source(spec)
    try:
        _require_any_byte(source)
        await _require_entries(spec, settings, folder)
        yield source
    finally:
        await source.aclose()


def _require_file(spec: str) -> None:
    """A pipe is not even looked into: nothing may have come through it yet. Blocks."""
    try:
        mode = os.stat(spec).st_mode
    except (OSError, ValueError):
        mode = stat.S_IFIFO if spec == "-" else stat.S_IFREG  # to open it says what is wrong
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise UsageError(
            f"{'Standard input' if spec == '-' else spec} can be read once only, from the beginning, and workers begin "
            "anywhere. Write it to a file that all of them can read, and plan that."
        )


def _require_any_byte(source: Source) -> None:
    if not source.plain:
        raise UsageError(
            f"{source.name} is compressed: workers cannot begin in the middle of it. Unpack it to where all of them "
            "can read it, and plan that."
        )
    if not (source.seekable and source.repeatable):
        raise UsageError(
            f"The server of {source.name} gives it only from the beginning (no range requests): workers cannot begin "
            "in the middle of it. Download it to where all of them can read it, and plan that."
        )


async def _require_entries(spec: str, settings: Settings, folder: Path) -> None:
    chosen = await chosen_format(spec, settings, folder)
    if chosen is None:
        return
    name = chosen.form.name
    chosen.close()
    raise UsageError(
        f"{spec} holds labels in the format {name}, and a plan is made of entries. Write them first: bulk-importer "
        f"convert {spec} --output ENTRIES.jsonl; then plan that file."
    )
