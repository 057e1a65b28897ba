"""Shows what a look-up found: rows as a table for people, as JSON, or as comma-separated values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from bulk_importer.cli import messages, output
from bulk_importer.cli.output_options import output_options
from bulk_importer.escapes import visible

__all__ = ["Row", "show"]

Row = Mapping[str, object]
"""Column -> value; all rows of an answer have the same columns in the same order."""


def show(rows: Sequence[Row], arguments: argparse.Namespace, *, nothing: str) -> None:
    """Print the rows as the arguments say; `nothing` is what a person is told where there are none."""
    if arguments.json:
        output.print_json(list(rows))
    elif arguments.csv:
        output.print_line(_csv(rows))
    elif rows:
        output.print_line(_table(rows))
    else:
        messages.say(nothing)


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
    # All that rich is a dependency for: columns that are straight also where a name has letters of two columns each.
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, value in rows[0].items():
        is_number = isinstance(value, int) and not isinstance(value, bool)
        # An id that is cut is worth nothing, so columns may overflow rather than be cut.
        table.add_column(column.replace("_", " "), justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    options = output_options()
    has_color = options.output is None and options.has_color(sys.stdout)
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
    return visible(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
