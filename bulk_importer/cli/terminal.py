"""Writes to standard output and error, which may break at any time without ending a run.

A pipe that nobody reads any more is no harm: who closed it has seen enough. Anything else that keeps standard output
from being written, as a full disk does, is remembered: what stands there is cut short, and its reader cannot see that.

On a terminal a line may stand at the bottom (`show_line`). Whatever is written goes above it, from any thread.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any, TextIO

from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import reason_of
from bulk_importer.levels import Level
from bulk_importer.readable import as_json, readable

__all__ = [
    "Manner",
    "close_streams",
    "columns",
    "complain",
    "is_screen",
    "manner",
    "open_streams",
    "out",
    "out_json",
    "report",
    "say",
    "set_manner",
    "show_line",
    "tell",
]

_lost: list[str] = []
"""What lacks something of the output, and why; added to where writing fails, for as long as the process lives."""
_BELOW = "\r\x1b[J"
"""Back to the first column, and nothing from there on. A line that a narrower terminal broke in two goes whole: the
cursor stays at its beginning."""
_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a process tells what it does.

    Attributes:
        level: what is told on standard error.
        is_json: it is told as an object on each line.
        color: auto, always or never.
        output: where goes what would be on standard output; None for there.
    """

    level: Level = Level.INFO
    is_json: bool = False
    color: str = "auto"
    output: Path | None = None

    @property
    def is_quiet(self) -> bool:
        """Nothing is told but errors."""
        return self.level is Level.ERROR

    def has_color(self, stream: TextIO) -> bool:
        """Whether what is written there is coloured."""
        if self.color != "auto":
            return self.color == "always"
        return not os.environ.get("NO_COLOR") and is_screen(stream)


class _Voice:
    """What the process says, and how."""

    def __init__(self) -> None:
        # `manner` and `file` (what stands for standard output, once something was written to it) are changed by
        # `set_manner` and `_opened_output`; `line`, what stands at the bottom of the terminal, by `show_line`; all
        # under `lock`.
        self.manner = Manner()
        self.file: TextIO | None = None
        self.line = ""
        self.lock = threading.RLock()


_voice = _Voice()


def set_manner(manner: Manner) -> None:
    """Speak so from now on.

    Raises:
        UsageError: the file that the output is to go to cannot be written.
    """
    with _voice.lock:
        if _voice.file is not None:
            _voice.file.close()
        _voice.manner, _voice.file = manner, None
    path = manner.output
    if path is not None and (path.is_file() or not path.exists()):
        try:
            # Looked at now, and not when an import of three hours is over; emptied by the first line.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666))
        except OSError as error:
            raise UsageError(f"--output {path} cannot be written: {reason_of(error)}.") from error


def manner() -> Manner:
    """How the process speaks."""
    return _voice.manner


def is_screen(stream: TextIO) -> bool:
    """Whether a person looks at it, through something that obeys: a line can be taken away again."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def out(text: str) -> None:
    """Write a line to standard output, or to the file that stands for it: what the command was asked for."""
    with _voice.lock:
        if _voice.manner.output is None:
            _write(sys.stdout, text + "\n")
        else:
            _write_to_file(_voice.manner.output, text + "\n")


def out_json(value: Any, *, indent: bool = True, default: Callable[[Any], Any] | None = None) -> None:
    """Write a value to standard output as JSON; `default` makes plain values of others."""
    out(as_json(value, indent=indent, default=default).decode())


def report(text: str) -> None:
    """Write a line about what came of it, for people; not where they want to hear nothing, and named no file for it."""
    if not _voice.manner.is_quiet or _voice.manner.output is not None:
        out(text)


def say(text: str, level: Level = Level.INFO) -> None:
    """Write a line to standard error, where so much is to be told: what a person may want to know."""
    if level > _voice.manner.level:
        return
    if _voice.manner.is_json:
        tell({"message": text.strip()}, level)
        return
    color = {Level.ERROR: _RED, Level.WARNING: _YELLOW}.get(level, "")
    if color and _voice.manner.has_color(sys.stderr):
        text = f"{color}{text}{_PLAIN}"
    with _voice.lock:
        _write(sys.stderr, text + "\n")


def complain(text: str) -> None:
    """Say what went wrong, and who says it."""
    say(f"bulk-importer: {text}", Level.ERROR)


def tell(facts: dict[str, object], level: Level) -> None:
    """Write a line of JSON to standard error, with its time and its level, where so much is to be told."""
    if level > _voice.manner.level:
        return
    from datetime import datetime

    at = datetime.now().astimezone().isoformat(timespec="milliseconds")
    line = as_json({"time": at, "level": level.word, **facts}, indent=False, default=str).decode()
    with _voice.lock:
        _write(sys.stderr, line + "\n")


def show_line(text: str) -> None:
    """Let this stand at the bottom of the terminal, in place of what stood there; nothing takes it away."""
    with _voice.lock:
        if text or _voice.line:
            _voice.line = ""
            _write(sys.stderr, f"{_BELOW}{text}\r" if text else _BELOW)
            _voice.line = text


def columns() -> int:
    """How wide the terminal is that standard error shows on."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


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
    show_line("")
    _flush(sys.stdout)
    if _lost:
        complain(
            f"{_lost[0]}. What stands there is cut short; what the command did besides is done. Make room, and run it "
            "again where its output is needed."
        )
    _flush(sys.stderr)
    return not _lost


def _write(stream: TextIO, text: str) -> None:
    """Write text, above the line at the bottom where both are on a terminal."""
    line = _voice.line if is_screen(stream) else ""
    if line:
        _put(sys.stderr, _BELOW)
    _put(stream, text)
    if line:
        _put(sys.stderr, line + "\r")


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


def _write_to_file(path: Path, text: str) -> None:
    try:
        if _voice.file is None:
            _voice.file = path.open("w", encoding="utf-8")
        _voice.file.write(readable(text))
        _voice.file.flush()
    except OSError as error:
        _lost.append(f"--output {path} could not be written: {reason_of(error)}")


def _flush(stream: TextIO) -> None:
    try:
        stream.flush()
    except (OSError, ValueError) as error:
        _broke(stream, error)


def _broke(stream: TextIO, error: OSError | ValueError) -> None:
    if stream is sys.stdout and not isinstance(error, ConnectionError):  # a broken pipe is one
        why = getattr(error, "strerror", None) or str(error)
        _lost.append(f"standard output could not be written: {why}")
    _turn_away(stream)


def _turn_away(stream: TextIO) -> None:
    """Let what is still written to a broken stream go nowhere."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
