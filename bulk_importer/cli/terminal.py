"""Writes to standard output and error, which may break at any time without ending a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from bulk_importer.readable import as_json, readable

__all__ = ["close_streams", "open_streams", "out", "out_json", "say"]


def out(text: str) -> None:
    """Write a line to standard output: what the command was asked for."""
    _write(sys.stdout, text + "\n")


def out_json(value: Any, *, indent: bool = True, default: Callable[[Any], Any] | None = None) -> None:
    """Write a value to standard output as JSON; `default` makes plain values of others."""
    out(as_json(value, indent=indent, default=default).decode())


def say(text: str) -> None:
    """Write a line to standard error: what a person may want to know."""
    _write(sys.stderr, text + "\n")


def open_streams() -> None:
    """Give the process the three standard streams where it was started without some of them.

    Otherwise the next file or socket that is opened would become one, and be written to by mistake.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - as long as the process lives
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - likewise
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115 - likewise


def close_streams() -> None:
    """Flush both streams; one that is broken is turned away, so that the interpreter does not complain at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _turn_away(stream)


def _write(stream: TextIO, text: str) -> None:
    text = readable(text)
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    except (OSError, ValueError):
        _turn_away(stream)


def _turn_away(stream: TextIO) -> None:
    """Let what is still written to a broken stream go nowhere."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
