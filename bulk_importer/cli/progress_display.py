"""Shows how far a command is on standard error, in the way that suits who reads that."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bulk_importer.cli import messages, streams
from bulk_importer.cli.output_options import output_options

if TYPE_CHECKING:
    from bulk_importer.events import Event, Observer
    from bulk_importer.observe import Drawing, Progress, Tone

__all__ = ["progress_display"]

_COLORS = {"state": "\x1b[1;33m", "bad": "\x1b[31m"}
_PLAIN = "\x1b[0m"


@contextmanager
def progress_display() -> Iterator[Observer]:
    """An observer that shows what it sees while this is open, and says when a server does not answer.

    It shows nothing where nothing but errors is to be told.
    """
    if output_options().is_quiet:
        yield _unseen
        return
    from bulk_importer.observe import SilentServerNotice, ticking

    waiting = SilentServerNotice(messages.say)
    with ticking(_progress()) as progress:

        def see(event: Event) -> None:
            waiting(event)
            progress(event)

        yield see


def _progress() -> Progress:
    from bulk_importer.levels import Level
    from bulk_importer.observe import JsonLines, MovingLine, PlainLines

    options = output_options()
    if options.is_json:
        return JsonLines(messages.say_json, level=options.level)
    if streams.is_screen(sys.stderr) and options.level >= Level.INFO:
        return MovingLine(streams.show_line, messages.say, _columns, _drawing(), level=options.level)
    return PlainLines(messages.say, level=options.level)


def _columns() -> int:
    """The columns of the terminal that standard error goes to; 80 where that cannot be told."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _drawing() -> Drawing:
    from bulk_importer.observe import Drawing

    plain = Drawing()
    try:
        (plain.between + plain.cut + plain.bar(50)).encode(sys.stderr.encoding or "ascii")
        is_ascii = False
    except (UnicodeEncodeError, LookupError):
        is_ascii = True
    paint = _painted if output_options().has_color(sys.stderr) else _unpainted
    return Drawing(is_ascii=is_ascii, paint=paint)


def _painted(text: str, tone: Tone) -> str:
    color = _COLORS.get(tone.value)
    return f"{color}{text}{_PLAIN}" if color else text


def _unpainted(text: str, tone: Tone) -> str:  # noqa: ARG001 - as a drawing calls it
    return text


def _unseen(event: Event) -> None:
    """Show nothing."""
