"""`bulk-importer settings`: each setting, its value, and where that came from; examples and the schema of a file."""

from __future__ import annotations

import argparse

from bulk_importer.cli import output
from bulk_importer.cli.parsing.global_flags import SECTION
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.escapes import visible
from bulk_importer.settings import definitions

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Every setting as a flag, so that a whole command line can be tried."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--example", metavar="NAME", help="print an example of a settings file; overnight or container"
    )
    form.add_argument(
        "--schema",
        action="store_true",
        help="print the JSON Schema of a settings file; editors complete by it",
    )
    add_settings(parser, {each.section for each in definitions()} - {SECTION})


def run(arguments: argparse.Namespace) -> int:
    """Print the settings that these arguments, the environment and the file add up to."""
    form = "--example" if arguments.example is not None else "--schema"
    if arguments.json and (arguments.example is not None or arguments.schema):
        raise UsageError(f"--json is not allowed with {form}: say which.")
    if arguments.example is not None:
        from bulk_importer.cli.settings.examples import example_text

        output.print_line(example_text(arguments.example))
        return ExitCode.DELIVERED
    if arguments.schema:
        from bulk_importer.cli.settings.schema import settings_schema

        output.print_json(settings_schema())
        return ExitCode.DELIVERED
    loaded = gather(arguments, only_shown=True)
    rows = {
        each.name: {
            "value": each.shown(getattr(loaded.settings, each.name)),
            "origin": loaded.origins[each.name],
            "help": each.help,
        }
        for each in definitions()
    }
    if arguments.json:
        output.print_json(rows, default=str)
        return ExitCode.DELIVERED
    width = max(map(len, rows))
    for each in definitions():
        value = getattr(loaded.settings, each.name)
        shown = "-" if value in (None, ()) else each.kind.show(value)
        output.print_line(visible(f"{each.name:{width}}  {shown:24}  {loaded.origins[each.name]}"))
    return ExitCode.DELIVERED
