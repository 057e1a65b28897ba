"""`bulk-importer formats`: which label files are read, what becomes of them, and a class map to begin with."""

from __future__ import annotations

import argparse
import asyncio
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_importer.cli import output
from bulk_importer.cli.converting.account_text import not_converted
from bulk_importer.cli.lookups.shared import run_look_up
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.formats.table import Format

__all__ = ["configure", "run"]

_WIDTH = 100
_PROPOSE = "propose"


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `formats`."""
    parser.add_argument(
        "format",
        nargs="?",
        metavar="FORMAT|propose",
        help="show this one alone, or propose a class map for SOURCE",
    )
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="with propose: as 'import' takes it")
    add_settings(parser, {"server", "converting"}, {"images", "label_config"})


def run(arguments: argparse.Namespace) -> int:
    """Print the table of formats, and what becomes of each shape."""
    from bulk_importer.formats.shapes.shaping import BECOMES
    from bulk_importer.formats.table import FORMATS, format_named

    if arguments.format == _PROPOSE:
        return _propose(arguments)
    if arguments.source is not None:
        raise UsageError(
            f"Only 'bulk-importer formats propose' takes a SOURCE: is {arguments.source} meant for that?"
        )
    rows = list(FORMATS.values()) if arguments.format is None else [format_named(arguments.format)]
    if arguments.json:
        facts = [
            {"name": row.name, "title": row.title, "written_by": row.written_by}
            | {"carried": row.carried, "changed": row.changed, "left": row.left, "prefer": row.prefer}
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


def _propose(arguments: argparse.Namespace) -> int:
    """Print a class map for a source and a project."""
    if arguments.source is None:
        raise UsageError("Say for which source: bulk-importer formats propose SOURCE.")
    settings = gather(arguments).settings
    names = run_look_up(_proposed(arguments.source, settings))
    if arguments.json:
        output.print_json({"source": arguments.source, "class_map": "\n".join(names)})
        return ExitCode.DELIVERED
    for line in names:
        output.print_line(line)
    return ExitCode.DELIVERED


async def _proposed(source: str, settings: Settings) -> list[str]:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.formats.proposing import Names, proposal
    from bulk_importer.library.converting import opened_conversion
    from bulk_importer.library.rulesets import scratch_folder

    with scratch_folder() as folder, progress_display() as observer:
        token = Token.find(settings.token_file)
        async with opened_conversion(source, settings, folder, token=token, emit=observer) as conversion:
            if conversion is None:
                raise not_converted(source)
            if conversion.label_config is None:
                raise UsageError(
                    "Say for which project: --server URL and --project ID_OR_NAME, or --label-config FILE."
                )
            names = await asyncio.to_thread(Names.of, conversion.pictures())
            form, config = conversion.chosen.form.name, conversion.label_config
    head = [
        f"# A class map for {source} (--from {form}), to be looked at line by line.",
        "# See 'bulk-importer help class-map'; then give it with --class-map FILE.",
        "",
    ]
    return [*head, *proposal(names, config)]


def _lines(rows: list[Format]) -> Iterator[str]:
    for row in rows:
        yield f"{row.name:<16} {row.title}"
        for word, what in (
            ("looked at", (row.written_by,)),
            ("carried", row.carried),
            ("changed", row.changed),
            ("left behind", row.left),
            ("prefer", row.prefer),
        ):
            if any(what):
                yield from _wrapped(word, "; ".join(what))
        yield ""


def _wrapped(word: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"  {word:<13}", subsequent_indent=" " * 15, break_long_words=False
    )
