"""Writes to standard output and error, which may break at any time without ending a run.

A pipe that nobody reads any more is no harm: who closed it has seen enough. Anything else that keeps standard output
from being written, as a full disk does, is remembered: what stands there is cut short, and its reader cannot see that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import RawIOBase
from typing import Any, TextIO

from bulk_importer.readable import as_json, readable

__all__ = ["close_streams", "open_streams", "out", "out_json", "say"]

_lost: list[str] = []
"""Why standard output lacks something; added to by `_broke`, for as long as the process lives."""


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
    """Give the process the three standard streams where it was started without some of them, and buffers to all.

    Otherwise the next file or socket that is opened would become one, and be written to by mistake. Without a buffer
    (PYTHONUNBUFFERED, as in many containers) a text that a nearly full disk takes a part of would end there, unnoticed.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - as long as the process lives
    sys.stdout = _buffered(sys.stdout, 1)
    sys.stderr = _buffered(sys.stderr, 2)


def _buffered(stream: TextIO | None, descriptor: int) -> TextIO:
    if stream is None:
        return open(descriptor, "w", closefd=False)
    if isinstance(stream.buffer, RawIOBase):
        encoding, errors = stream.encoding, stream.errors
        return open(descriptor, "w", encoding=encoding, errors=errors, closefd=False)
    return stream


def close_streams() -> bool:
    """Flush both streams; one that is broken is turned away, so that the interpreter does not complain at exit.

    Returns:
        Whether all that was to be on standard output is there, or nobody wants it. If not, that was said.
    """
    _flush(sys.stdout)
    if _lost:
        say(
            f"bulk-importer: standard output could not be written: {_lost[0]}. What stands there is cut short; what "
            "the command did besides is done. Make room, and run it again where its output is needed."
        )
    _flush(sys.stderr)
    return not _lost


def _write(stream: TextIO, text: str) -> None:
    text = readable(text)
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
    except (OSError, ValueError) as error:
        _broke(stream, error)
    _flush(stream)


def _flush(stream: TextIO) -> None:
    try:
        stream.flush()
    except (OSError, ValueError) as error:
        _broke(stream, error)


def _broke(stream: TextIO, error: OSError | ValueError) -> None:
    if stream is sys.stdout and not isinstance(error, ConnectionError):  # a broken pipe is one
        _lost.append(getattr(error, "strerror", None) or str(error))
    _turn_away(stream)


def _turn_away(stream: TextIO) -> None:
    """Let what is still written to a broken stream go nowhere."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
