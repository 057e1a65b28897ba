"""Streams huge JSON arrays of labels into a DataGym server: checked, in parallel, resumable.

The door for programs: what `bulk-importer import` does, with the same settings and the same checkpoint.

    from bulk_importer import Settings, import_labels

    summary = await import_labels("labels.json", Settings(server="https://datagym.example.com", project="streets"))
    assert summary.state == "complete"

Heavy libraries are imported by the first call, so that importing this package stays cheap.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from bulk_importer.errors import BulkImporterError, ExitCode, UsageError
from bulk_importer.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_importer.events import Observer
    from bulk_importer.settings import Settings
    from bulk_importer.summary import Summary
else:
    __getattr__ = lazy_exports(__name__, {"Settings": "settings"})

__all__ = ["BulkImporterError", "ExitCode", "Settings", "import_labels", "import_labels_sync"]

Entries = Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]]


async def import_labels(
    source: str | PathLike[str] | Entries,
    settings: Settings,
    *,
    token: str | None = None,
    observers: Sequence[Observer] = (),
) -> Summary:
    """Import one source into one project; the same call again goes on where it stopped.

    Cancelling it stops the run as a second Ctrl-C does: what is in flight is in doubt, and the next call goes on.

    Args:
        source: a path or a URL, or the entries themselves, as an iterable or an asynchronous one. Of entries a next
            call must give the same, in the same order: what is delivered of them is skipped.
        settings: where to and how. `checkpoint` is needed unless the source is a file.
        token: of the API; without it that of `settings.token_file`, else of `DATAGYM_TOKEN`, else none.
        observers: called with each event (see `bulk_importer.events`), in the event loop.

    Returns:
        The summary, as the command line prints it; its `exit_code` says whether anything is left to look at.

    Raises:
        BulkImporterError: the run could not begin.
    """
    from bulk_importer.checkpoint.places import checkpoint_folder
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.pipeline import Caller, ImportSpec, import_source
    from bulk_importer.settings import idle
    from bulk_importer.sources import open_entries, open_source

    for _, why in idle(settings):
        raise UsageError(f"{why}. Leave it out, or change that.")
    access = Token(token) if token is not None else Token.find(settings.token_file)
    if isinstance(source, str | PathLike):
        # `-` is standard input as a text, and a file as a path.
        name = "./-" if str(source) == "-" and not isinstance(source, str) else str(source)
        opened = await open_source(name)
    else:
        name = "-"  # entries have no place beside them either
        opened = open_entries(source)
    try:
        folder: Path = checkpoint_folder(name, settings.checkpoint)
        return await import_source(ImportSpec(opened, settings, folder), Caller(access, observers=observers))
    finally:
        await opened.aclose()


def import_labels_sync(
    source: str | PathLike[str] | Entries,
    settings: Settings,
    *,
    token: str | None = None,
    observers: Sequence[Observer] = (),
) -> Summary:
    """`import_labels` for programs without an event loop."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(import_labels(source, settings, token=token, observers=observers))
    raise UsageError(
        "There is a running event loop: await import_labels instead of calling import_labels_sync."
    )
