"""Writes to standard output and error, which may break at any time without ending a run."""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["close_streams", "out", "say"]


def out(text: str) -> None:
    """Write a line to standard output: what the command was asked for."""
    _write(sys.stdout, text + "\n")


def say(text: str) -> None:
    """Write a line to standard error: what a person may want to know."""
    _write(sys.stderr, text + "\n")


def close_streams() -> None:
    """Flush both streams; one that is broken is turned away, so that the interpreter does not complain at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _turn_away(stream)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError:
        stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
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
