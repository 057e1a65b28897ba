"""`bulk-importer settings`: each setting, its value, and where that came from."""

from __future__ import annotations

import argparse

from bulk_importer.cli import terminal
from bulk_importer.cli.options import add_settings, gather
from bulk_importer.errors import ExitCode
from bulk_importer.settings import definitions

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Every setting as a flag, so that a whole command line can be tried."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_settings(parser, {each.section for each in definitions()})


def run(arguments: argparse.Namespace) -> int:
    """Print the settings that these arguments, the environment and the file add up to."""
    loaded = gather(arguments)
    rows = {
        each.name: {
            "value": each.shown(getattr(loaded.settings, each.name)),
            "origin": loaded.origins[each.name],
            "help": each.help,
        }
        for each in definitions()
    }
    if arguments.json:
        terminal.out_json(rows, default=str)
        return ExitCode.DELIVERED
    width = max(map(len, rows))
    for each in definitions():
        value = getattr(loaded.settings, each.name)
        shown = "-" if value in (None, ()) else each.kind.show(value)
        terminal.out(f"{each.name:{width}}  {shown:24}  {loaded.origins[each.name]}")
    return ExitCode.DELIVERED
