"""What the look-up commands share: a catalog of the server, and rows as a table, as JSON or as CSV."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from bulk_importer.cli import terminal
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.errors import UsageError
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.reads.catalog import Catalog
    from bulk_importer.datagym.reads.queries import Queries
    from bulk_importer.events import Observer

__all__ = [
    "Row",
    "configure_look_up",
    "opened_catalog",
    "opened_queries",
    "run_look_up",
    "settings_of",
    "show",
]

Row = Mapping[str, object]
"""Column -> value; all rows of an answer have the same columns in the same order."""

_T = TypeVar("_T")
_LOOK_UP_SECONDS = 30.0


def configure_look_up(parser: argparse.ArgumentParser) -> None:
    """The flags that every look-up takes."""
    parser.add_argument("--csv", action="store_true", help="print comma-separated values with a header row")
    add_settings(parser, {"server"})


def settings_of(arguments: argparse.Namespace, *, needs_project: bool = False) -> Settings:
    """The settings of a look-up.

    Raises:
        UsageError: there is no server, or no project where one is needed; or two forms are asked for.
    """
    if arguments.json and getattr(arguments, "csv", False):
        raise UsageError("--csv is not allowed with --json: say which.")
    settings = gather(arguments).settings
    if not settings.server:
        raise UsageError("Say which server: --server URL, or the variable BULK_IMPORTER_SERVER.")
    if needs_project and not settings.project:
        raise UsageError(
            "Say which project: --project with its id, its name, or the URL of its page. "
            "'bulk-importer projects' lists them."
        )
    return settings


def run_look_up(work: Coroutine[Any, Any, _T]) -> _T:
    """Do the work of a look-up in an event loop of its own."""
    import asyncio

    return asyncio.run(work)


@asynccontextmanager
async def opened_queries(
    settings: Settings, observer: Observer | None = None, *, max_seconds: float = _LOOK_UP_SECONDS
) -> AsyncIterator[Queries]:
    """The questions to the server that the settings name.

    Args:
        observer: told where it does not answer; without one a person is.
        max_seconds: how long one look-up is tried again, at most, once the server has answered.
    """
    import asyncio
    import random

    from bulk_importer.datagym.reads.queries import Patience, Queries
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.datagym.wire.client import Client
    from bulk_importer.observe import Waiting

    async with Client.of(settings, Token.find(settings.token_file)) as client:
        patience = Patience(
            settings.wait_for_server,
            min(max_seconds, settings.max_outage),
            sleep=asyncio.sleep,
            chance=random.random,
            told=observer or Waiting(terminal.say),
        )
        yield Queries(client, patience)


@asynccontextmanager
async def opened_catalog(settings: Settings, observer: Observer | None = None) -> AsyncIterator[Catalog]:
    """The catalog of the server that the settings name. A look-up is tried again for half a minute at most.

    Args:
        observer: as `opened_queries` takes it; it is also told how far long lists are.
    """
    from bulk_importer.datagym.reads.catalog import Catalog

    async with opened_queries(settings, observer) as queries:
        yield Catalog(queries, emit=observer or (lambda _: None))


def show(rows: Sequence[Row], arguments: argparse.Namespace, *, nothing: str) -> None:
    """Print the rows as the arguments say; `nothing` is what a person is told where there are none."""
    if arguments.json:
        terminal.out_json(list(rows))
    elif arguments.csv:
        terminal.out(_csv(rows))
    elif rows:
        terminal.out(_table(rows))
    else:
        terminal.say(nothing)


def _csv(rows: Sequence[Row]) -> str:
    import csv
    import io

    text = io.StringIO()
    columns = list(rows[0]) if rows else []
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if columns:
        writer.writeheader()
    writer.writerows({column: _cell(value) for column, value in row.items()} for row in rows)
    return text.getvalue().rstrip("\n")


def _table(rows: Sequence[Row]) -> str:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, value in rows[0].items():
        is_number = isinstance(value, int) and not isinstance(value, bool)
        # An id that is cut is worth nothing, so columns may overflow rather than be cut.
        table.add_column(column.replace("_", " "), justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    manner = terminal.manner()
    has_color = manner.output is None and manner.has_color(sys.stdout)
    console = Console(
        file=sys.stdout,
        highlight=False,
        markup=False,
        width=10_000,
        force_terminal=has_color,
        color_system="standard" if has_color else None,
    )
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(map(str, value)) if isinstance(value, list | tuple) else value


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
