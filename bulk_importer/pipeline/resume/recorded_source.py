"""Finds the source of a checkpoint again, to read once more what was read of it.

The header holds the name that a person gave, relative to the folder where they worked: that is for people. A note holds
besides the absolute path of a file. A file and its checkpoint may be moved together, and be imported from another
folder, so the file is looked for in several places; only one that has the recorded size and digests is taken for it.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from bulk_importer.checkpoint import Checkpoint, CheckpointState, Claim, Header, identify
from bulk_importer.checkpoint.places import CONVERTED
from bulk_importer.errors import SourceUnreadable
from bulk_importer.readable import as_path, readable
from bulk_importer.sources import Source, open_source
from bulk_importer.sources.interfaces import HIDDEN_QUERY
from bulk_importer.summary import Books

__all__ = ["PLACE", "claim_of_place", "note_place", "noted_place", "open_again", "was_stream"]

PLACE = "place"
"""Name of the claim that what lies where the source lay is what was imported."""

_NOTE = "source_path"
_STREAM = "-"


async def note_place(checkpoint: Checkpoint, source: Source) -> None:
    """Put on record where `source` lies, where it is a file."""
    place = _place(source)
    if place is not None and checkpoint.state.notes.get(_NOTE) != place:
        await checkpoint.record_note(_NOTE, place)


def noted_place(state: CheckpointState) -> Path | None:
    """Where the source lay when it was imported; None where it was no file."""
    noted = state.notes.get(_NOTE)
    return Path(noted) if isinstance(noted, str) else None


def claim_of_place(folder: Path, state: CheckpointState) -> Claim | None:
    """Whether the file at the place of the source is what was imported, by its size and samples of it.

    The file may have grown since, or be another one: who deletes it then loses what was never sent.

    Returns:
        The claim, which holds or not; None where no file lies there, or the source was no file.
    """
    place = noted_place(state)
    if place is None or state.identity.size is None:
        return None
    if Books.NOTE in state.notes:
        return _claim_of_converted(folder, place)
    try:
        with open(place, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            is_the_same = identify(file.fileno(), plain=state.identity.plain) == state.identity
    except OSError:
        return None
    text = f"{place} is what was imported, by its size and samples of it"
    if not is_the_same:
        was = (
            "" if size == state.identity.size else f": it has {size:,} bytes, and had {state.identity.size:,}"
        )
        text = f"{place} is not what was imported{was}"
    return Claim(name=PLACE, holds=is_the_same, text=text)


def _claim_of_converted(folder: Path, place: Path) -> Claim | None:
    """The same of a source that was converted: by its names and sizes, and by the beginning of a single file."""
    from bulk_importer.pipeline.conversion.recipe import content_of, read_recipe
    from bulk_importer.sources.members import open_members

    recipe = read_recipe(folder)
    if recipe is None:
        return None
    try:
        members = open_members(place)
    except SourceUnreadable:
        return None
    is_the_same = content_of(members) == recipe.content
    members.close()
    said = "is what was converted and imported" if is_the_same else "is not what was converted and imported"
    return Claim(name=PLACE, holds=is_the_same, text=f"{place} {said}")


def was_stream(header: Header, state: CheckpointState) -> bool:
    """Whether what was imported lay in no place where it could be looked for."""
    return header.source == _STREAM or ("://" not in header.source and state.identity.size is None)


async def open_again(folder: Path, header: Header, state: CheckpointState, given: str | None) -> Source:
    """Open the source of the checkpoint in `folder`; what is read of it is compared with the recorded digests.

    Args:
        given: where a person says that the source is; no other place is tried then.

    Raises:
        SourceUnreadable: the source is not found.
        UsageError: as `open_source` does.
    """
    if given is not None:
        return await open_source(given)
    if "://" in header.source:
        if header.source.endswith(HIDDEN_QUERY):
            raise SourceUnreadable(
                header.source, "what its URL has behind the question mark is not on record"
            )
        return await open_source(header.source)
    places = await asyncio.to_thread(_places, folder, header, state)
    for place in places:
        with suppress(SourceUnreadable):
            source = await open_source(as_path(str(place), exists=os.path.exists))
            if await asyncio.to_thread(_is_the_same, source, state):
                return source
            await source.aclose()
    if Books.NOTE in state.notes:
        raise SourceUnreadable(
            header.source,
            f"{folder / CONVERTED} is not there any more",
            advice="Run the import again, which converts the source anew and sends nothing twice.",
        )
    looked = ", ".join(dict.fromkeys(map(str, places)))
    reason = (
        f"none of these files is what was imported: {looked}"
        if looked
        else "it came as a stream, which is over"
    )
    raise SourceUnreadable(header.source, reason)


def _place(source: Source) -> str | None:
    if source.file is None or source.name == _STREAM:
        return None
    return readable(os.path.abspath(as_path(source.name, exists=os.path.exists)))


def _places(folder: Path, header: Header, state: CheckpointState) -> list[Path]:
    """Where the source may lie, the most likely place first."""
    if was_stream(header, state):
        return []
    noted = state.notes.get(_NOTE)
    name = Path(header.source)
    named = [folder.absolute().parent / name.name, name.absolute()]
    converted = [folder / CONVERTED] if Books.NOTE in state.notes else []
    return [*converted, Path(noted), *named] if isinstance(noted, str) else [*converted, *named]


def _is_the_same(source: Source, state: CheckpointState) -> bool:
    try:
        return source.file is not None and identify(source.file, plain=source.plain) == state.identity
    except OSError:
        return False
