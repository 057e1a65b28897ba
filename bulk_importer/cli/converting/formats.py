"""`bulk-importer formats`: which label files are read, and what of each is carried, changed, or left behind."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_importer.cli import output
from bulk_importer.errors import ExitCode

if TYPE_CHECKING:
    from bulk_importer.formats.table import Format

__all__ = ["configure", "run"]

_WIDTH = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `formats`."""
    parser.add_argument("format", nargs="?", metavar="FORMAT", help="show this one alone")


def run(arguments: argparse.Namespace) -> int:
    """Print the table of formats, and what becomes of each shape."""
    from bulk_importer.formats.shapes.shaping import BECOMES
    from bulk_importer.formats.table import FORMATS, format_named

    rows = list(FORMATS.values()) if arguments.format is None else [format_named(arguments.format)]
    if arguments.json:
        facts = [
            {"name": row.name, "title": row.title, "written_by": row.written_by}
            | {"carried": row.carried, "changed": row.changed, "left": row.left}
            for row in rows
        ]
        output.print_json({"formats": facts, "shapes": dict(BECOMES)})
        return ExitCode.DELIVERED
    for line in _lines(rows):
        output.print_line(line)
    if arguments.format is None:
        output.print_line("What becomes of a shape:")
        for shape, becomes in BECOMES.items():
            output.print_line(f"  {shape:<20} {becomes}")
    return ExitCode.DELIVERED


def _lines(rows: list[Format]) -> Iterator[str]:
    for row in rows:
        yield f"{row.name:<16} {row.title}"
        for word, what in (
            ("looked at", (row.written_by,)),
            ("carried", row.carried),
            ("changed", row.changed),
            ("left behind", row.left),
        ):
            if any(what):
                yield from _wrapped(word, "; ".join(what))
        yield ""


def _wrapped(word: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"  {word:<13}", subsequent_indent=" " * 15, break_long_words=False
    )
