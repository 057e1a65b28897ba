"""What the look-up commands share: their flags, their settings, and a catalog of the server."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from bulk_importer.cli import messages
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.errors import UsageError
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.reads.catalog import Catalog
    from bulk_importer.events import Observer

__all__ = ["configure_look_up", "opened_catalog", "run_look_up", "settings_of"]

_T = TypeVar("_T")
_ALL_USED: Mapping[str, str] = MappingProxyType({})


def configure_look_up(parser: argparse.ArgumentParser, *, refused: Collection[str] = ()) -> None:
    """The flags that every look-up takes; `refused` as `add_settings` has it."""
    parser.add_argument("--csv", action="store_true", help="print comma-separated values with a header row")
    add_settings(parser, {"server"}, refused=refused)


def settings_of(
    arguments: argparse.Namespace, *, needs_project: bool = False, unused: Mapping[str, str] = _ALL_USED
) -> Settings:
    """The settings of a look-up.

    Args:
        unused: as `gather` takes it.

    Raises:
        UsageError: there is no server, or no project where one is needed; or two forms are asked for.
    """
    if arguments.json and getattr(arguments, "csv", False):
        raise UsageError("--csv is not allowed with --json: say which.")
    settings = gather(arguments, unused=unused).settings
    if not settings.server:
        raise UsageError("Say which server: --server URL, or the variable BULK_IMPORTER_SERVER.")
    if needs_project and not settings.project:
        raise UsageError(
            "Say which project: --project with its id, its name, or the URL of its page. "
            f"'bulk-importer projects --server {settings.server}' lists them."
        )
    return settings


def run_look_up(work: Coroutine[Any, Any, _T]) -> _T:
    """Do the work of a look-up in an event loop of its own."""
    import asyncio

    return asyncio.run(work)


@asynccontextmanager
async def opened_catalog(settings: Settings, observer: Observer | None = None) -> AsyncIterator[Catalog]:
    """The catalog of the server that the settings name, with the token of this process.

    Args:
        observer: receives events: that the server does not answer, and how far long lists are. Without one, a person
            sees the first of these on standard error.
    """
    from bulk_importer.datagym.reads import opening
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.observe import SilentServerNotice

    token, emit = Token.find(settings.token_file), observer or SilentServerNotice(messages.say)
    async with opening.opened_catalog(settings, token, emit) as catalog:
        yield catalog
