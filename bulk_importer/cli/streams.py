"""The standard streams, which may break at any time without ending a run, and a line at the bottom of the terminal.

A pipe that nobody reads any more is no harm: who closed it has seen enough. Anything else that keeps standard output
from being written, as a full disk does, is remembered: what stands there is cut short, and its reader cannot see that.

On a terminal a line may stand at the bottom (`show_line`). Whatever is written goes above it, from any thread.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from io import RawIOBase
from typing import TextIO

from bulk_importer.readable import readable

__all__ = ["close_streams", "is_screen", "note_lost", "open_streams", "show_line", "write"]

_lost: list[str] = []
"""What lacks a part of the output, and why; added to where writing fails, for as long as the process lives."""
_BELOW = "\r\x1b[J"
"""Back to the first column, and nothing from there on. A line that a narrower terminal broke in two goes whole: the
cursor stays at its beginning."""


class _Bottom:
    """The line at the bottom of the terminal, and the lock under which anything is written."""

    def __init__(self) -> None:
        # Changed by `show_line`, under `lock`. What is typed stands behind a question; anything else is drawn over.
        self.line = ""
        self.is_question = False
        self.lock = threading.RLock()


_bottom = _Bottom()


def is_screen(stream: TextIO) -> bool:
    """Whether a stream is a terminal from which a line can be taken away again."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def write(stream: TextIO, text: str) -> None:
    """Write text to a stream, above the line at the bottom of the terminal; nothing where the stream is broken."""
    with _bottom.lock:
        line = _bottom.line if is_screen(stream) else ""
        if line:
            _put(sys.stderr, _BELOW)
        _put(stream, text)
        if line:
            _put(sys.stderr, line + _end())


def show_line(text: str, *, is_question: bool = False) -> None:
    """Let `text` stand at the bottom of the terminal, in place of the line before; an empty text takes that away.

    Args:
        is_question: the cursor stays behind it, and no other line takes its place until an empty question does.
    """
    with _bottom.lock:
        if _bottom.is_question and not is_question:
            return
        if text or _bottom.line:
            _bottom.line = ""
            _bottom.is_question = is_question and bool(text)
            write(sys.stderr, f"{_BELOW}{text}{_end()}" if text else _BELOW)
            _bottom.line = text


def note_lost(what: str) -> None:
    """Remember that something of the output is missing: what lacks it, and why."""
    _lost.append(what)


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


def close_streams(complain: Callable[[str], None]) -> bool:
    """Flush both streams; one that is broken is turned away, so that the interpreter does not complain at exit.

    Args:
        complain: called with what is missing of the output, if anything is.

    Returns:
        Whether all that was to be on standard output is there, or nobody wants it.
    """
    show_line("")
    _flush(sys.stdout)
    if _lost:
        complain(
            f"{_lost[0]}. What stands there is cut short; what the command did besides is done. Make room, and run it "
            "again where its output is needed."
        )
    _flush(sys.stderr)
    return not _lost


def _end() -> str:
    return "" if _bottom.is_question else "\r"


def _put(stream: TextIO, text: str) -> None:
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
        why = getattr(error, "strerror", None) or str(error)
        note_lost(f"standard output could not be written: {why}")
    _turn_away(stream)


def _turn_away(stream: TextIO) -> None:
    """Let what is still written to a broken stream go nowhere."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
