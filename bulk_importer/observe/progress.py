"""Shows how far something is: a line that moves on a terminal, a line now and then elsewhere, or objects for programs.

Each receives the events of a run as they come, and looks at the clock by itself as well: when nothing comes, because a
server is silent, the seconds go on. What moves is drawn by the thread that looks at the clock, and never by the one
that sends events: a terminal that is stopped (Ctrl-S) holds up no run as long as nothing but the line is to be written.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from msgspec import to_builtins

from bulk_importer.events import Advanced, AnswerCame, AnswerDelayed, AnswerMissed, Event, RunEnded
from bulk_importer.levels import Level
from bulk_importer.observe.line import Drawing, fitted, plain
from bulk_importer.observe.progress_state import ProgressState
from bulk_importer.observe.wording import level_of, sentence_of
from bulk_importer.times import here

__all__ = ["JsonLines", "MovingLine", "PlainLines", "Progress", "ticking"]

_SECONDS_BETWEEN_DRAWINGS = 0.25
_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_LATER_LINES = 60.0
_EARLY_SECONDS = 600.0
"""For so long lines come often; a run that takes the night does not fill a log with them."""


_LEFT_OUT = (Advanced, AnswerCame, AnswerDelayed, AnswerMissed)
"""Events that are no object of their own: the one only moves, and `SilentServerNotice` says the others."""


class Progress(Protocol):
    """An observer that shows what it sees, and can be taken away."""

    def __call__(self, event: Event) -> None:
        """Take an event into account, and show it where that is due."""

    def tick(self) -> None:
        """Show what the clock makes due; called several times a second, in another thread."""

    def close(self) -> None:
        """Leave the stream as it was."""


class MovingLine:
    """One line at the bottom of a terminal, drawn anew at each tick.

    Args:
        show_line: draws the line in place of the one before; nothing takes it away.
        write_line: writes a line above it.
        columns: how wide the terminal is now.
        level: of which events a line is written.
    """

    def __init__(
        self,
        show_line: Callable[[str], None],
        write_line: Callable[[str, Level], None],
        columns: Callable[[], int],
        drawing: Drawing,
        *,
        level: Level = Level.INFO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show_line = show_line
        self._write_line = write_line
        self._columns = columns
        self._drawing = drawing
        self._level = level
        self._clock = clock
        # Changed by a call and read by a tick, in two threads, under the lock.
        self._state = ProgressState(clock())
        self._lock = threading.Lock()
        self._is_closed = False

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._state.see(event, self._clock())
        if _is_told(event, self._level):
            self._write_line(plain(sentence_of(event)), level_of(event))

    def tick(self) -> None:
        """Draw the line. The last column stays free: a character there would make some terminals begin a new line."""
        with self._lock:
            now = self._clock()
            parts, percent = self._state.parts(now), self._state.percent
        line = fitted(parts, self._columns() - 1, self._drawing, percent=percent)
        if not self._is_closed:
            self._show_line(line)

    def close(self) -> None:
        """Take the line away; what the command says next stands where it was."""
        self._is_closed = True
        self._show_line("")


class _NowAndThen(ABC):
    """Tells events that have to be known at once, and how far it is: at the end, and now and then."""

    def __init__(self, level: Level, clock: Callable[[], float]) -> None:
        self._level = level
        self._clock = clock
        # Changed by a call and by a tick, in two threads, under the lock.
        self._state = ProgressState(clock())
        self._began = self._said_at = clock()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._state.see(event, self._clock())
            self._tell_event(event)
            self._tell_when_due(is_over=isinstance(event, RunEnded))

    def tick(self) -> None:
        """Tell how far it is, where it is time for that."""
        with self._lock:
            self._tell_when_due(is_over=False)

    def close(self) -> None:  # noqa: B027 - the same for both
        """Nothing to take away."""

    def _tell_when_due(self, *, is_over: bool) -> None:
        now = self._clock()
        if is_over or _is_due(now, self._began, self._said_at):
            self._said_at = now
            self._tell_state(now)

    @abstractmethod
    def _tell_event(self, event: Event) -> None:
        """Tell an event, if it is one to be told."""

    @abstractmethod
    def _tell_state(self, now: float) -> None:
        """Tell how far it is."""


class PlainLines(_NowAndThen):
    """A line at what has to be known at once, at the end, and now and then, each with its time.

    Args:
        write_line: writes a line, and survives that the stream is broken.
        now: the time of day.
    """

    def __init__(
        self,
        write_line: Callable[[str, Level], None],
        *,
        level: Level = Level.INFO,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: here(datetime.now(UTC)),
    ) -> None:
        super().__init__(level, clock)
        self._write_line = write_line
        self._now = now

    def _tell_event(self, event: Event) -> None:
        if _is_told(event, self._level):
            self._write(sentence_of(event), level_of(event))

    def _tell_state(self, now: float) -> None:
        if parts := self._state.parts(now):
            self._write("; ".join(part.text.strip() for part in parts), Level.INFO)

    def _write(self, text: str, level: Level) -> None:
        self._write_line(f"{self._now().isoformat(timespec='seconds')} {plain(text)}", level)


class JsonLines(_NowAndThen):
    """The events as objects, and now and then how far it is.

    What only moves is left out, and so is what `SilentServerNotice` says.

    Args:
        tell: writes an object with its time and its level.
    """

    def __init__(
        self,
        tell: Callable[[dict[str, object], Level], None],
        *,
        level: Level = Level.INFO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(level, clock)
        self._tell = tell

    def _tell_event(self, event: Event) -> None:
        level = level_of(event)
        if level <= self._level and not isinstance(event, _LEFT_OUT):
            self._tell({"event": type(event).__name__, **to_builtins(event)}, level)

    def _tell_state(self, now: float) -> None:
        self._tell({"event": "Progress", **self._state.facts(now)}, Level.INFO)


@contextmanager
def ticking(progress: Progress) -> Iterator[Progress]:
    """While this is open the progress looks at the clock; it is closed with it."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(_SECONDS_BETWEEN_DRAWINGS):
            progress.tick()

    thread = threading.Thread(target=tick, name="progress", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        over.set()
        thread.join(timeout=1.0)  # it may be held up by a terminal that is stopped
        progress.close()


def _is_told(event: Event, level: Level) -> bool:
    """Whether a line is written about an event, for people."""
    return level_of(event) <= level and bool(sentence_of(event))


def _is_due(now: float, began: float, said_at: float) -> bool:
    early = now - began < _EARLY_SECONDS
    return now - said_at >= (_SECONDS_BETWEEN_LINES if early else _SECONDS_BETWEEN_LATER_LINES)
