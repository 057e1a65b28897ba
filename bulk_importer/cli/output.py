"""Writes what a command was asked for: to standard output, or to the file that `--output` names instead."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bulk_importer.cli import streams
from bulk_importer.cli.output_file import write_to_file
from bulk_importer.cli.output_options import output_options
from bulk_importer.escapes import visible
from bulk_importer.readable import as_json, readable

__all__ = ["clear_screen", "print_json", "print_line", "print_outcome", "print_report"]

_CLEAR = "\x1b[H\x1b[2J\n"


def clear_screen() -> None:
    """Take away what stands on the terminal; nothing where none is written to."""
    if output_options().output is None and streams.is_screen(sys.stdout):
        streams.write(sys.stdout, _CLEAR)


def print_line(text: str) -> None:
    """Write a line to standard output, or to the file that stands for it, as it is: programs read it."""
    options = output_options()
    if options.output is None:
        streams.write(sys.stdout, text + "\n")
    else:
        write_to_file(options, readable(text + "\n"))


def print_json(value: Any, *, indent: bool = True, default: Callable[[Any], Any] | None = None) -> None:
    """Write a value to standard output as JSON; `default` makes plain values of others."""
    print_line(as_json(value, indent=indent, default=default).decode())


def print_report(text: str) -> None:
    """Write a line about what came of it, for people; not where they want to hear nothing, and named no file for it."""
    options = output_options()
    if not options.is_quiet or options.output is not None:
        print_line(visible(text))


def print_outcome(facts: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Write what came of a command: the facts for programs, or the lines for people."""
    if as_json:
        print_json(facts)
        return
    for line in lines:
        print_report(line)
