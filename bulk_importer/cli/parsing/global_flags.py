"""The flags that every command takes, which say what it writes and how, and what follows from them.

What may be set for good (`--log-level`, `--log-format`, `--color`) are settings of the section `output`, so that a
variable or a settings file can say them, too; `--quiet` and `--verbose` are short for two log levels. The others are
about one call: `--json`, `--output`, `--config`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bulk_importer.cli.output_options import OutputOptions, set_output_options
from bulk_importer.cli.parsing.settings_file import FILE_NAME, settings_file
from bulk_importer.errors import UsageError
from bulk_importer.levels import Level
from bulk_importer.settings import definitions, load

__all__ = ["SECTION", "add_global_flags", "apply_global_flags"]

SECTION = "output"
"""The section of the settings that this module makes flags of."""

_LEVEL = "setting:log_level"
_WRITTEN = ("output", "findings")
"""Flags that name a file whose content goes when it is written."""


def add_global_flags(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the flags of every command.

    A command that writes something else than text into the file that `--output` names says so as its default
    `output_help`. One that is given no file there, but a folder or another place, has a default `output_metavar` as
    well: what is printed goes to standard output then; where that may be a URL, its default `output_type` is `str`.
    Where it is one or the other by what else is said, a default `output_is_text` tells from the arguments.
    """
    output_help = parser.get_default("output_help") or "write there what would be printed (- prints it)"
    group = parser.add_argument_group(SECTION)
    group.add_argument("--json", action="store_true", help="print JSON, for programs, and nothing else")
    output_metavar = parser.get_default("output_metavar") or "FILE"
    output_type = parser.get_default("output_type") or Path
    group.add_argument("--output", type=output_type, metavar=output_metavar, help=output_help)
    for flags, level, text in (
        (
            ("-q", "--quiet"),
            Level.ERROR,
            "tell nothing but errors; print only what was asked for, and no report",
        ),
        (("-v", "--verbose"), Level.DEBUG, "tell every move: retries, refusals, how much is sent at a time"),
    ):
        group.add_argument(
            *flags, dest=_LEVEL, action="store_const", const=level.word, default=argparse.SUPPRESS, help=text
        )
    for each in definitions():
        if each.section == SECTION:
            shown = f"{each.help} (default: {each.kind.show(each.default)})"
            group.add_argument(
                each.flag,
                dest=f"setting:{each.name}",
                metavar=each.kind.placeholder,
                default=argparse.SUPPRESS,
                help=shown.replace("%", "%%"),
            )
    group.add_argument(
        "--config",
        metavar="FILE.toml|none",
        help=f"file with settings; default: {FILE_NAME} beside the source or in the XDG folder",
    )


def apply_global_flags(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> None:
    """Let the process write as the arguments, the variables and the settings file say, from now on.

    Raises:
        UsageError: one of them cannot be meant, or the file for the output cannot be written.
    """
    ours = [each for each in definitions() if each.section == SECTION]
    said = vars(arguments)
    settings = load(
        {each.name: said[f"setting:{each.name}"] for each in ours if f"setting:{each.name}" in said},
        {each.variable: environment[each.variable] for each in ours if environment.get(each.variable)},
        _settings_file(arguments, environment),
    ).settings
    output: Path | None = said.get("output") if _is_for_text(arguments) else None
    for name in _WRITTEN:
        if said.get(name) is not None:
            _refuse_to_overwrite(name, said)
    set_output_options(
        OutputOptions(
            level=Level[settings.log_level.upper()],
            is_json=settings.log_format == "json",
            color=settings.color,
            output=None if output is None or str(output) == "-" else output,
        )
    )


def _is_for_text(arguments: argparse.Namespace) -> bool:
    """Whether `--output` names a file for what would be printed."""
    if "output_is_text" in arguments:
        return bool(arguments.output_is_text(arguments))
    return not getattr(arguments, "output_metavar", None)


def _settings_file(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Path | None:
    """The file that says how to write: that of the settings, or for a command that takes none the one it names."""
    if "takes" not in arguments and getattr(arguments, "config", None) is None:
        return None
    return settings_file(arguments, environment).path


def _refuse_to_overwrite(name: str, said: Mapping[str, object]) -> None:
    """Raise `UsageError` where a file that is written would go over one that is read for it, or written as well."""
    written = Path(str(said[name]))
    for each in _paths({other: value for other, value in said.items() if other != name}):
        try:
            is_same = written.samefile(each)
        except (OSError, ValueError):
            continue
        if is_same and written.is_file():
            raise UsageError(f"--{name} {written} is a file that this command reads. Name another one.")


def _paths(said: Mapping[str, object]) -> Iterator[str | Path]:
    for value in said.values():
        if isinstance(value, str | Path):
            yield value
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, str | Path))
