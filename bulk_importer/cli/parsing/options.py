"""Makes command line flags of settings, and settings of command line flags."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from bulk_importer.cli import messages, output
from bulk_importer.cli.parsing.settings_file import Chosen, settings_file
from bulk_importer.errors import UsageError
from bulk_importer.levels import Level
from bulk_importer.settings import Loaded, definitions, did_you_mean, idle, load

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["Parser", "add_settings", "gather", "refuse_flag"]

_PREFIX = "setting:"
_SECTIONS = {
    "server": "which DataGym, and how it is reached",
    "reading": "how the source is read",
    "converting": "how label files of other tools are read",
    "migrating": "how labels are read out of a server",
    "checking": "what entries are checked against before they are sent",
    "sending": "how much leaves at a time, and how long to try",
    "checkpoint": "where the run is kept",
    "watching": "how a run is seen, and steered, from elsewhere",
    "afterwards": "what becomes of the tasks when all is delivered",
    "fleet": "one source, many workers",
}


class Parser(argparse.ArgumentParser):
    """A parser whose `--help` is one screen, and whose errors are `UsageError`s that name the nearest flag."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.add_argument(
            "--help-all",
            action=_HelpAll,
            nargs=0,
            default=argparse.SUPPRESS,
            help="show every option and exit",
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; a flag that may stand alone takes what is behind it only where that is a value of it.

        An empty argument that is no flag's is refused: as a path it would be the folder that the command runs in.
        """
        said = [] if args is None else list(args)
        if self._subparsers is None and any(map(self._is_empty, ["", *said], said)):
            self.error("an argument is empty, as where a variable of the shell is not set")
        return super().parse_known_args(None if args is None else _alone(said), namespace)

    def _is_empty(self, before: str, word: str) -> bool:
        flag = self._option_string_actions.get(before)
        return not word and (flag is None or flag.nargs == 0)

    def format_usage(self) -> str:
        """The usage line of the command."""
        from bulk_importer.cli.parsing.short_help import usage_of

        return f"usage: {usage_of(self)}\n"

    def format_help(self) -> str:
        """The short help: one screen."""
        from bulk_importer.cli.parsing.short_help import short_help

        return short_help(self)

    def format_help_all(self) -> str:
        """The long help: every option, in groups."""
        from bulk_importer.cli.parsing.short_help import usage_of

        self.usage = usage_of(self)
        return super().format_help()

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:  # noqa: ARG002 - what argparse calls it with
        """Print it as everything else is printed: what goes wrong with that would be passed over in silence."""
        output.print_line(self.format_help().rstrip())

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the command line."""
        advice = ""
        message = re.sub(r"invalid (int|float) value: (.*)", _wanted, message)
        unknown = re.match(r"unrecognized arguments: (--[^ =]+)", message)
        if unknown:
            advice = did_you_mean(unknown.group(1), self._option_string_actions)
        raise UsageError(
            f"{message.rstrip('.')}.{advice} See '{self.prog} {'--help-all' if unknown else '--help'}'."
        )


def _alone(words: Sequence[str]) -> list[str]:
    """A command line in which flags that stand alone say so; `--page labels.json` is one."""
    known = {each.flag: each for each in definitions() if each.alone_as}
    said = list(words)
    for at, word in enumerate(words):
        behind = words[at + 1] if at + 1 < len(words) else ""
        if word in known and not (known[word].fits(behind) or behind.isdecimal()):
            said[at] = f"{word}={known[word].alone_as}"
    return said


def _wanted(found: re.Match[str]) -> str:
    """What an argument has to be, in place of the name that Python has for it."""
    return f"{found[2]} is not {'a whole number' if found[1] == 'int' else 'a number'}"


class _HelpAll(argparse.Action):
    """`--help-all`, as argparse's own action is for `--help`."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        assert isinstance(parser, Parser)
        output.print_line(parser.format_help_all().rstrip())
        parser.exit()


def add_settings(
    parser: argparse.ArgumentParser,
    sections: Collection[str],
    names: Collection[str] = (),
    *,
    refused: Collection[str] = (),
) -> None:
    """Give `parser` a flag for each setting of `sections` and for those of `names`.

    Those of every command are added by `global_flags`.

    Args:
        refused: those that the command refuses (`refuse_flag`), so that no help lists them.
    """
    taken = [each for each in definitions() if each.section in sections or each.name in names]
    parser.set_defaults(takes=frozenset(each.name for each in taken))
    groups: dict[str, argparse._ArgumentGroup] = {}
    for each in taken:
        if each.section not in groups:
            groups[each.section] = parser.add_argument_group(each.section, _SECTIONS.get(each.section))
        group = groups[each.section]
        shown = "" if each.default in (None, ()) else f" (default: {each.kind.show(each.default)})"
        text = argparse.SUPPRESS if each.name in refused else (each.help + shown).replace("%", "%%")
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
                each.flag,
                dest=dest,
                metavar=each.kind.placeholder,
                nargs="?" if each.alone_as else None,
                const=each.alone_as or None,
                default=argparse.SUPPRESS,
                help=text,
            )
            if each.refused_as:
                group.add_argument(
                    each.flag.replace("--", "--no-", 1),
                    dest=dest,
                    action="store_const",
                    const=each.refused_as,
                    default=argparse.SUPPRESS,
                    help=text if text == argparse.SUPPRESS else f"as {each.flag} {each.refused_as}",
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
        raise UsageError(f"{_flag(name)} has no effect {why}. Leave it out.")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


_NONE: Mapping[str, str] = MappingProxyType({})


def gather(
    arguments: argparse.Namespace,
    *,
    unused: Mapping[str, str] = _NONE,
    implied: Mapping[str, str] = _NONE,
    assumed: Mapping[str, str] = _NONE,
    only_shown: bool = False,
) -> Loaded:
    """The settings that flags, variables and the settings file give, with their origins.

    What a file or a variable says may be meant for other commands; so where that has no effect it is said, and a flag
    is refused. So is a settings file that nobody named, and a variable that was probably meant as a setting.

    Args:
        unused: settings that mean nothing to the command, and where, for the end of a sentence; one that is given as a
            flag is named, and does no harm.
        implied: settings that the command itself is a word for, as flags would give them.
        assumed: settings that are so where nobody says them, likewise.
        only_shown: nothing is done with them.

    Raises:
        UsageError: one of them is unknown or cannot be meant, or a flag has no effect with the others.
    """
    flags = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(arguments).items()
        if name.startswith(_PREFIX)
    } | dict(implied)
    chosen = settings_file(arguments, os.environ)
    loaded = load(flags, os.environ, chosen.path)
    unsaid = {name: text for name, text in assumed.items() if loaded.origins[name] == "default"}
    if unsaid:
        loaded = load(unsaid | flags, os.environ, chosen.path)
    if chosen.is_beside and not only_shown and "on_finish" in arguments.takes:
        _refuse_found_command(chosen, loaded)
    said = [*chosen.notes, *loaded.slips]
    for name, why in idle(loaded.settings):
        if name in flags:
            raise UsageError(f"{why}. Leave it out, or change that.")
        if name in arguments.takes:
            said.append(f"{loaded.origins[name]}: {why}.")
    for each in said:
        messages.say(f"bulk-importer: {each}", Level.WARNING)
    for where in dict.fromkeys(unused.values()):
        idle_flags = [_flag(name) for name in flags if unused.get(name) == where]
        if idle_flags:
            has = "has" if len(idle_flags) == 1 else "have"
            messages.say(f"bulk-importer: {', '.join(idle_flags)} {has} no effect {where}.")
    return loaded


def _refuse_found_command(chosen: Chosen, loaded: Loaded) -> None:
    """Raise `UsageError` where a file that nobody named has something to run."""
    if loaded.origins["on_finish"].startswith("file "):
        raise UsageError(
            f"{chosen.path} has a command to run (on_finish), and nobody named that file: it may have come with the "
            f"source. Look at it. '--config {chosen.path}' takes it, '--config none' leaves it out."
        )
