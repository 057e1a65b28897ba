"""Makes command line flags of settings, and settings of command line flags."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Container
from typing import NoReturn

from bulk_importer.errors import UsageError
from bulk_importer.settings import Loaded, definitions, load, nearest

__all__ = ["Parser", "add_settings", "gather"]

_PREFIX = "setting:"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are `UsageError`s, and name the nearest flag where one is unknown."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the command line."""
        advice = ""
        unknown = re.match(r"unrecognized arguments: (--[^ =]+)", message)
        if unknown:
            advice = nearest(unknown.group(1), self._option_string_actions)
        raise UsageError(f"{message.rstrip('.')}.{advice} See '{self.prog} --help'.")


def add_settings(
    parser: argparse.ArgumentParser, sections: Container[str], names: Container[str] = ()
) -> None:
    """Give `parser` a flag for each setting of `sections`, for those of `names`, and `--config`."""
    parser.add_argument("--config", metavar="FILE.toml", help="read settings from this file")
    groups: dict[str, argparse._ArgumentGroup] = {}
    for each in definitions():
        if each.section not in sections and each.name not in names:
            continue
        group = groups.setdefault(each.section, parser.add_argument_group(each.section))
        shown = "" if each.default in (None, ()) else f" (default: {each.kind.show(each.default)})"
        text = (each.help + shown).replace("%", "%%")
        dest = _PREFIX + each.name
        if each.kind.repeats:
            group.add_argument(
                each.flag,
                dest=dest,
                metavar=each.kind.placeholder,
                action="append",
                default=argparse.SUPPRESS,
                help=text,
            )
        elif each.kind.takes_value:
            group.add_argument(
                each.flag, dest=dest, metavar=each.kind.placeholder, default=argparse.SUPPRESS, help=text
            )
        else:
            group.add_argument(
                each.flag,
                dest=dest,
                action=argparse.BooleanOptionalAction,
                default=argparse.SUPPRESS,
                help=text,
            )


def gather(arguments: argparse.Namespace) -> Loaded:
    """The settings that flags, variables and the settings file give, with their origins.

    Raises:
        UsageError: one of them is unknown or cannot be meant.
    """
    flags = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(arguments).items()
        if name.startswith(_PREFIX)
    }
    return load(flags, os.environ, arguments.config)
