"""Writes what `--help` prints: one screen of what a person needs of a command.

usage: bulk-importer COMMAND [OPTIONS] ARGUMENT...

What it does.

  ARGUMENT        what goes in
  --option VALUE  what it does

examples:
  ...

All options: ...
"""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from collections.abc import Iterable

from bulk_importer.cli.parsing.command_help import COMMAND_HELP, CommandHelp

__all__ = ["command_line", "short_help", "usage_of"]

_MOST_COLUMNS = 100
_FEWEST_COLUMNS = 40
_INDENT = "  "
_ARGUMENT_FORMS = {
    None: "{}",
    "?": "[{}]",
    "+": "{}...",
    "*": "[{}...]",
    argparse.PARSER: "{} [ARGUMENTS]...",
}
_EVERYWHERE = "output"
"""The group of flags that every command takes (see `global_flags`)."""
_HELP = frozenset({"--help", "--help-all"})
_DEFAULT = re.compile(r" \(default: [^()]*\)$")
_ALIKE = {
    "(formats)": (("convert", "formats"), "label files of other tools"),
    "(watching)": (("report", "control", "serve"), "pages, steering, uploads"),
    "(afterwards)": (("undo", "resolve", "complete"), "taken back, lost answers, tasks"),
    "(look-ups)": (("projects", "datasets", "media", "label-config"), "ids and names"),
    "(fleet)": (("plan", "work", "gather"), "one input over many workers"),
    "(about)": (("explain", "settings", "completion"), "codes, every setting, your shell"),
}
"""Commands that share a row, so that all of them fit on one screen: what the row is called, and what it says."""
_TO_COMMANDS = "More: COMMAND --help, or 'bulk-importer help'. Begin with 'bulk-importer demo'."


def usage_of(parser: argparse.ArgumentParser) -> str:
    """How a command is called, without `usage: ` before it: options in one word, but for those that must be there."""
    parts = [parser.prog] if _commands(parser) else [parser.prog, "[OPTIONS]"]
    parts += [
        f"({' | '.join(each.option_strings[-1] for each in group._group_actions)})"
        for group in parser._mutually_exclusive_groups
        if group.required
    ]
    for each in parser._get_positional_actions():
        assert not isinstance(each.nargs, int)  # no command counts its arguments
        parts.append(_ARGUMENT_FORMS[each.nargs].format(each.metavar))
    return " ".join(parts)


def short_help(parser: argparse.ArgumentParser) -> str:
    """One screen about a command, or about which commands there are."""
    columns = min(max(shutil.get_terminal_size().columns, _FEWEST_COLUMNS), _MOST_COLUMNS)
    commands = _commands(parser)
    shown = COMMAND_HELP.get(parser.prog.partition(" ")[2], CommandHelp())
    options = [] if commands else _options(parser, shown)
    examples = ["examples:", *(_INDENT + command_line(each) for each in shown.examples)]
    parts = [
        _wrapped(f"usage: {usage_of(parser)}", columns, "       "),
        _wrapped(parser.description or "", columns, ""),
        _rows(commands or [_row(parser, each) for each in options], columns),
        "\n".join(examples) if shown.examples else "",
        _wrapped(_TO_COMMANDS if commands else _to_the_rest(parser, options), columns, ""),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _commands(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    """The commands with what they do; those that are much alike in one row, behind the others."""
    found = [
        (each.dest, each.help or "")
        for action in parser._get_positional_actions()
        if action.nargs == argparse.PARSER
        for each in action._get_subactions()  # type: ignore[attr-defined]  # what argparse lists in its own help
    ]
    alone = [row for row in found if not any(row[0] in names for names, _ in _ALIKE.values())]
    if len(alone) == len(found):
        return found
    return [*alone, *((title, f"{', '.join(names)}: {text}") for title, (names, text) in _ALIKE.items())]


def _options(parser: argparse.ArgumentParser, shown: CommandHelp) -> list[argparse.Action]:
    """The arguments, and the options that matter."""
    known = parser._option_string_actions
    everywhere = {
        each for group in parser._action_groups if group.title == _EVERYWHERE for each in group._group_actions
    }
    chosen = [known[flag] for flag in shown.options if flag in known] or [
        each
        for each in _but_for_help(parser)
        if not each.dest.startswith("setting:") and each not in everywhere
    ]
    return [*parser._get_positional_actions(), *chosen]


def _but_for_help(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        each
        for each in parser._get_optional_actions()
        if each.help != argparse.SUPPRESS and not _HELP.intersection(each.option_strings)
    ]


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> tuple[str, str]:
    """What goes in, and in a few words what it does: what stands before the first semicolon, and the default."""
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    default = _DEFAULT.search(text)
    brief = (text[: default.start()] if default else text).partition(";")[0]
    return _invocation(action), brief + (default.group() if default else "")


def _invocation(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar)
    flag = action.option_strings[0 if action.default is not True else -1]
    value = action.metavar or (
        f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper()
    )
    if action.nargs == 0:
        return flag
    return f"{flag} [{value}]" if action.nargs == "?" else f"{flag} {value}"


def _rows(rows: Iterable[tuple[str, str]], columns: int) -> str:
    """Two columns; what does not fit into the first has a line of its own, and a default without room is left out."""
    shown = list(rows)
    if not shown:
        return ""
    widest = min(max(len(first) for first, _ in shown), columns // 2 - 4)
    lines = []
    for first, text in shown:
        hanging = " " * (widest + 4)
        head = f"{_INDENT}{first:{widest}}{_INDENT}"
        if len(first) > widest:
            lines.append(_INDENT + first)
            head = hanging
        lines.append(
            textwrap.fill(
                text if len(head + text) <= columns else _DEFAULT.sub("", text),
                columns,
                initial_indent=head,
                subsequent_indent=hanging,
            )
        )
    return "\n".join(lines)


def command_line(example: str) -> str:
    """An example as it is typed."""
    return example if "bulk-importer" in example else f"bulk-importer {example}"


def _to_the_rest(parser: argparse.ArgumentParser, shown: list[argparse.Action]) -> str:
    every = _but_for_help(parser)
    return f"All {len(every)} options: '{parser.prog} --help-all'." if set(every) - set(shown) else ""


def _wrapped(text: str, columns: int, hanging: str) -> str:
    return textwrap.fill(text, columns, subsequent_indent=hanging, break_on_hyphens=False)
