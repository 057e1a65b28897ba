"""Makes sources, tokens and folders of what a program, or a person, gives."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.errors import UsageError

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.library.converting import Labels
    from bulk_importer.pipeline import Caller
    from bulk_importer.settings import Settings

__all__ = ["Entries", "caller_of", "labels_in", "name_of", "one_checkpoint_in"]

Entries = Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]]
"""Label entries as DataGym documents them, one after the other."""

_MOST_NAMED = 10


def name_of(source: str | PathLike[str] | Entries) -> str:
    """What a program gives as a source, as the command line would name it."""
    if not isinstance(source, str | PathLike):
        return "-"  # entries have no place beside them, like standard input
    # `-` is standard input as a text, and a file as a path.
    return "./-" if str(source) == "-" and not isinstance(source, str) else str(source)


@asynccontextmanager
async def labels_in(
    source: str | PathLike[str] | Entries, settings: Settings, folder: Path, caller: Caller
) -> AsyncIterator[Labels]:
    """The entries of what a program gives as a source, while this is open.

    Args:
        folder: as `library.converting.opened_labels` takes it.

    Raises:
        UsageError: it is neither a path, nor a URL, nor an iterable of entries.
        BulkImporterError: as `opened_labels` does.
    """
    from bulk_importer.library.converting import Labels, opened_labels
    from bulk_importer.sources import open_entries

    if isinstance(source, str | PathLike):
        async with opened_labels(
            name_of(source), settings, folder, token=caller.token, emit=caller.emit, stop=caller.stop
        ) as labels:
            yield labels
        return
    given = open_entries(source)
    try:
        yield Labels(given, settings)
    finally:
        await given.aclose()


def caller_of(settings: Settings, token: str | None, observers: Sequence[Observer]) -> Caller:
    """The caller of a run, with the token that a program gives, else that of the settings or of the environment.

    Raises:
        UsageError: one of these is of another type, a setting has no effect with the others, or the file of the token
            cannot be read.
    """
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.pipeline import Caller
    from bulk_importer.settings import Settings, idle

    if not isinstance(settings, Settings):
        raise UsageError(f"The settings are a Settings object, and not {type(settings).__name__}.")
    if token is not None and not isinstance(token, str):
        raise UsageError(f"The token is a text, and not {type(token).__name__}.")
    if strange := [each for each in observers if not callable(each)]:
        raise UsageError(f"An observer is called with each event; {strange[0]!r} cannot be called.")
    for _, why in idle(settings):
        raise UsageError(f"{why}. Leave it out, or change that.")
    access = Token(token) if token is not None else Token.find(settings.token_file)
    return Caller(access, observers=observers)


def one_checkpoint_in(folder: Path) -> Path:
    """The only checkpoint that a folder is or holds; the folder itself where there is none.

    Raises:
        UsageError: there are several.
    """
    from bulk_importer.checkpoint.places import checkpoints_in

    found = checkpoints_in(folder) or [folder]
    if len(found) > 1:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise UsageError(
            f"{folder} holds {len(found)} checkpoints. Name one of them: "
            f"{', '.join(map(str, found[:_MOST_NAMED]))}{more}."
        )
    return found[0]
