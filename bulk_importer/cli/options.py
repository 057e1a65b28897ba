"""Makes command line flags of settings, and settings of command line flags."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, NoReturn

from bulk_importer.cli import terminal
from bulk_importer.errors import UsageError
from bulk_importer.levels import Level
from bulk_importer.settings import Loaded, definitions, idle, load, nearest

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["Parser", "add_settings", "gather", "refuse_flag"]

_PREFIX = "setting:"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are `UsageError`s, and name the nearest flag where one is unknown."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:  # noqa: ARG002 - what argparse calls it with
        """Print it as everything else is printed: what goes wrong with that would be passed over in silence."""
        terminal.out(self.format_help().rstrip())

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the command line."""
        advice = ""
        unknown = re.match(r"unrecognized arguments: (--[^ =]+)", message)
        if unknown:
            advice = nearest(unknown.group(1), self._option_string_actions)
        raise UsageError(f"{message.rstrip('.')}.{advice} See '{self.prog} --help'.")


def add_settings(parser: argparse.ArgumentParser, sections: Collection[str]) -> None:
    """Give `parser` a flag for each setting of `sections`. Those of every command are added by `manners`."""
    parser.set_defaults(sections=sections)
    groups: dict[str, argparse._ArgumentGroup] = {}
    for each in definitions():
        if each.section not in sections:
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


def refuse_flag(arguments: argparse.Namespace, name: str, why: str) -> None:
    """Raise `UsageError` where a setting that means nothing to a command was given as a flag.

    Args:
        why: where it has no effect, for the end of a sentence.
    """
    if _PREFIX + name in vars(arguments):
        raise UsageError(f"--{name.replace('_', '-')} has no effect {why}. Leave it out.")


def gather(arguments: argparse.Namespace) -> Loaded:
    """The settings that flags, variables and the settings file give, with their origins.

    What a file or a variable says may be meant for other commands; so where that has no effect it is said, and a flag
    is refused.

    Raises:
        UsageError: one of them is unknown or cannot be meant, or a flag has no effect with the others.
    """
    flags = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(arguments).items()
        if name.startswith(_PREFIX)
    }
    loaded = load(flags, os.environ, arguments.config)
    ours = {each.name for each in definitions() if each.section in arguments.sections}
    for name, why in idle(loaded.settings):
        if name in flags:
            raise UsageError(f"{why}. Leave it out, or change that.")
        if name in ours:
            terminal.say(f"bulk-importer: {loaded.origins[name]}: {why}.", Level.WARNING)
    return loaded
