"""Makes the completion scripts and the man pages of the parser, with `shtab` and `argparse-manpage`.

A wheel holds what this makes: `config/build_hook.py` calls it. A checkout makes it anew each time, and needs the two
libraries for that; nothing else imports them.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bulk_importer.cli.help.topics import topics
from bulk_importer.cli.main import COMMANDS, whole_parser
from bulk_importer.cli.parsing.command_help import COMMAND_HELP
from bulk_importer.cli.parsing.options import Parser
from bulk_importer.cli.parsing.short_help import command_line, usage_of
from bulk_importer.cli.settings.examples import example_names
from bulk_importer.errors import ExitCode
from bulk_importer.labels.findings import CATALOGUE

__all__ = ["completion_script", "man_pages"]

_WORD_OR_FILE = "_bulk_importer_word_or_file"


def completion_script(shell: str) -> str:
    """What `shell` (bash, zsh, fish) reads to complete every command, its options, and what goes in."""
    import shtab

    parser = whole_parser()
    for name, command in _commands(parser).items():
        for action in command._actions:
            _teach(name, action, file=shtab.FILE, folder=shtab.DIRECTORY)
    made: str = shtab.complete(parser, shell)
    return made


def man_pages(version: str) -> dict[str, str]:
    """The text of each man page by its file name: one of the program, and one of each command."""
    parser = whole_parser()
    summary = "streams label files into a DataGym server"
    pages = {"bulk-importer.1": _page(_with_commands_listed(parser), version, summary, usage_of(parser))}
    for name, command in _commands(parser).items():
        pages[f"bulk-importer-{name}.1"] = _page(command, version, COMMANDS[name], usage_of(command))
    return pages


def _commands(parser: argparse.ArgumentParser) -> Mapping[str, Parser]:
    [action] = [each for each in parser._actions if each.nargs == argparse.PARSER]
    assert isinstance(action.choices, dict)
    return action.choices


def _teach(command: str, action: argparse.Action, *, file: Any, folder: Any) -> None:
    """Tell `shtab` what goes in: by the words that the placeholder offers, or because it is a file or a folder."""
    placeholder = str(action.metavar or action.dest)
    if action.nargs == 0 or action.choices:
        return
    known = _KNOWN.get((command, placeholder)) or _KNOWN.get((None, placeholder))
    words = [word for word in placeholder.split("|") if re.fullmatch("[a-z]+", word)]
    takes_file = re.search(r"\b(FILE|SOURCE|CORRECTED)\b", placeholder) is not None
    if known is not None:
        action.choices = list(known())
    elif takes_file and words:
        action.complete = _words_or_file(words, file)  # type: ignore[attr-defined]  # what shtab looks for
    elif takes_file:
        action.complete = file  # type: ignore[attr-defined]
    elif placeholder in {"FOLDER", "CHECKPOINT"}:
        action.complete = folder  # type: ignore[attr-defined]
    elif words:
        action.choices = words


_KNOWN: dict[tuple[str | None, str], Callable[[], Iterable[str]]] = {
    ("help", "TOPIC"): lambda: [*topics(), *COMMANDS],
    ("settings", "NAME"): example_names,
    ("explain", "CODE"): lambda: [*CATALOGUE, *(str(int(code)) for code in ExitCode)],
    (None, "CODE[,CODE]"): lambda: CATALOGUE,
}
"""What goes in by command, or in all of them, and placeholder, where no placeholder could offer it."""


def _words_or_file(words: list[str], file: Any) -> dict[str, Any]:
    """Where one of a few words goes in, or a file: bash offers both, the others files."""
    function = f"{_WORD_OR_FILE}_{'_'.join(words)}"
    script = f'{function}() {{\n  compgen -W "{" ".join(words)}" -- "$1"\n  compgen -f -- "$1"\n}}\n'
    return {**file, "bash": function, "preamble": {"bash": script}}


def _with_commands_listed(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The program with a line for each command in place of all that these take: each has a page of its own."""
    shown = argparse.ArgumentParser(prog=parser.prog, description=parser.description, add_help=False)
    for each in parser._get_optional_actions():
        shown._add_action(each)
    group = shown.add_argument_group("commands")
    for name, text in COMMANDS.items():
        group.add_argument(f"command:{name}", metavar=name, help=f"{text}; see bulk-importer-{name}(1)")
    return shown


def _page(parser: argparse.ArgumentParser, version: str, summary: str, usage: str) -> str:
    from argparse_manpage.manpage import Manpage

    parser._option_string_actions["--help-all"].help = argparse.SUPPRESS  # the page shows them all
    facts = {"project_name": "bulk-importer", "version": version, "manual_title": "bulk-importer"}
    page = Manpage(parser, _data={**facts, "description": summary})
    page.prog = parser.prog.replace(" ", "-")
    page.synopsis = usage.split()
    shown = COMMAND_HELP.get(parser.prog.partition(" ")[2])
    if shown and shown.examples:
        lines = "\n".join(command_line(each) for each in shown.examples)
        page.add_section("examples", ">", f".nf\n{_escaped(lines)}\n.fi")
    page.add_section(
        "see also", ">", _escaped("'bulk-importer help' lists topics, settings and faults among them.")
    )
    return str(page)


def _escaped(text: str) -> str:
    """Text that is shown by `man` as it stands: its hyphens are those that may be copied."""
    return "\n".join("\\&" + line for line in text.replace("\\", "\\\\").replace("-", "\\-").split("\n"))
