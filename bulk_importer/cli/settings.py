"""`bulk-importer settings`: each setting, its value, and where that came from."""

from __future__ import annotations

import argparse

from bulk_importer.cli import terminal
from bulk_importer.cli.manners import SECTION
from bulk_importer.cli.options import add_settings, gather
from bulk_importer.errors import ExitCode
from bulk_importer.settings import definitions

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Every setting as a flag, so that a whole command line can be tried."""
    add_settings(parser, {each.section for each in definitions()} - {SECTION})


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
        import orjson

        terminal.out(orjson.dumps(rows, default=str, option=orjson.OPT_INDENT_2).decode())
        return ExitCode.DELIVERED
    width = max(map(len, rows))
    for each in definitions():
        value = getattr(loaded.settings, each.name)
        shown = "-" if value in (None, ()) else each.kind.show(value)
        terminal.out(f"{each.name:{width}}  {shown:24}  {loaded.origins[each.name]}")
    return ExitCode.DELIVERED
