"""Tells on standard error what a command does and what went wrong, as much of it as is to be told."""

from __future__ import annotations

import sys

from bulk_importer.cli import streams
from bulk_importer.cli.output_options import output_options
from bulk_importer.escapes import visible
from bulk_importer.levels import Level
from bulk_importer.readable import as_json

__all__ = ["complain", "hand_over", "say", "say_json"]

_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


def say(text: str, level: Level = Level.INFO) -> None:
    """Write a line to standard error, where so much is to be told: what a person may want to know."""
    options = output_options()
    if level > options.level:
        return
    if options.is_json:
        say_json({"message": text.strip()}, level)
        return
    text = visible(text)
    color = {Level.ERROR: _RED, Level.WARNING: _YELLOW}.get(level, "")
    if color and options.has_color(sys.stderr):
        text = f"{color}{text}{_PLAIN}"
    streams.write(sys.stderr, text + "\n")


def hand_over(text: str) -> None:
    """Write a line to standard error, however little is to be told: what somebody has to have who asked for it."""
    if output_options().is_json:
        _write_json({"message": text}, Level.INFO)
    else:
        streams.write(sys.stderr, visible(text) + "\n")


def complain(text: str) -> None:
    """Say what went wrong, and who says it."""
    say(f"bulk-importer: {text}", Level.ERROR)


def say_json(facts: dict[str, object], level: Level) -> None:
    """Write a line of JSON to standard error, with its time and its level, where so much is to be told."""
    if level <= output_options().level:
        _write_json(facts, level)


def _write_json(facts: dict[str, object], level: Level) -> None:
    from datetime import UTC, datetime

    from bulk_importer.times import here

    at = here(datetime.now(UTC)).isoformat(timespec="milliseconds")
    line = as_json({"time": at, "level": level.word, **facts}, indent=False, default=str).decode()
    streams.write(sys.stderr, line + "\n")
