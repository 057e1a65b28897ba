"""Draws how far a run is: a line that moves on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO

from bulk_importer.events import (
    AnswerCame,
    AnswerDelayed,
    AnswerMissed,
    BatchDelivered,
    BatchDoubted,
    EntriesRejected,
    Event,
    GateMoved,
    OutageBegan,
    OutageEnded,
    RetryScheduled,
    RunStarted,
    SegmentRead,
    StopRequested,
    WindowClosed,
    WindowOpened,
)

__all__ = ["Progress", "progress_for"]

_SECONDS_BETWEEN_LINES = 10.0
_NAME_WIDTH = 16


class Progress(Protocol):
    """An observer that draws, and can be taken away."""

    def __call__(self, event: Event) -> None:
        """See an event."""

    def close(self) -> None:
        """Leave the stream as it was."""


def progress_for(
    stream: TextIO, write_line: Callable[[str], None], clock: Callable[[], float] = time.monotonic
) -> Progress:
    """The progress that suits the stream.

    Args:
        write_line: writes a line to that stream and survives that it is broken.
    """
    if stream.isatty():
        return _MovingLine(stream, clock)
    return _PlainLines(write_line, clock)


@dataclass(slots=True)
class _Standing:
    """What the events add up to."""

    # Changed by `see`, and what it calls, alone.
    source: str = ""
    size: int | None = None
    read_bytes: int = 0
    entries: int = 0
    delivered: int = 0
    delivered_here: int = 0
    rejected: int = 0
    in_doubt: int = 0
    began: float = 0.0
    gate: str = ""
    trouble: str = ""
    pause: str = ""

    def see(self, event: Event, now: float) -> None:
        match event:
            case RunStarted():
                self.source, self.size, self.began = event.source, event.size, now
                self.entries, self.delivered = event.read, event.settled
            case SegmentRead():
                self.read_bytes = max(self.read_bytes, event.offset + event.length)
                self.entries = max(self.entries, event.first + event.count)
            case BatchDelivered():
                self.delivered += event.entries
                self.delivered_here += event.entries
                self.trouble = ""
            case EntriesRejected():
                self.rejected += sum(span.stop - span.start for span in event.spans)
            case BatchDoubted():
                self.in_doubt += event.entries
            case GateMoved():
                self.gate = f"{event.max_in_flight} in flight, weight {event.max_weight} ({event.reason})"
            case _:
                self._see_hindrance(event)

    def _see_hindrance(self, event: Event) -> None:
        match event:
            case OutageBegan():
                self.trouble = f"waiting for the server: {event.reason}"
            case RetryScheduled():
                self.trouble = f"again in {event.after_seconds:.1f} s: {event.reason}"
            case OutageEnded():
                self.trouble = ""
            case WindowClosed():
                self.pause = f"paused until {event.until}: sends only {event.hours}"
            case WindowOpened():
                self.pause = ""
            case StopRequested():
                self.trouble = f"stopping ({event.reason})"
            case _:
                pass

    def rate(self, now: float) -> float:
        """Entries delivered per second by this process."""
        return self.delivered_here / max(now - self.began, 0.001)

    @property
    def expected(self) -> float | None:
        """A guess at all entries, from those in the bytes read so far; None where the size is unknown."""
        if not self.size or not self.read_bytes or not self.entries:
            return None
        return self.entries * max(self.size / self.read_bytes, 1.0)

    @property
    def share(self) -> float:
        """How much of the entries is settled, from 0 to 1."""
        return min((self.delivered + self.rejected) / self.expected, 1.0) if self.expected else 0.0

    def seconds_left(self, now: float) -> float | None:
        """At the rate so far; None where that, or the number of entries, is unknown."""
        rate = self.rate(now)
        if self.expected is None or rate <= 0:
            return None
        return max(self.expected - self.delivered - self.rejected, 0) / rate

    def counts(self, now: float) -> str:
        """The line without its frame."""
        parts = [f"{self.delivered:,} delivered", f"{self.rate(now):,.0f}/s"]
        if self.rejected:
            parts.append(f"{self.rejected:,} rejected")
        if self.in_doubt:
            parts.append(f"{self.in_doubt:,} in doubt")
        left = self.seconds_left(now)
        if left is not None:
            parts.append(f"{_duration(left)} left")
        parts += filter(None, [self.gate, self.pause, self.trouble])
        return " · ".join(parts)


class _PlainLines:
    """A line at the start of trouble or a pause, at its end, and every ten seconds."""

    def __init__(self, write_line: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write_line = write_line
        self._clock = clock
        self._standing = _Standing()
        self._said_at = clock()

    def __call__(self, event: Event) -> None:
        if isinstance(event, AnswerDelayed | AnswerMissed | AnswerCame):
            return  # `Waiting` says it; there may be nothing to count yet
        now = self._clock()
        self._standing.see(event, now)
        if (
            isinstance(event, OutageBegan | OutageEnded | StopRequested | WindowClosed | WindowOpened)
            or now - self._said_at >= _SECONDS_BETWEEN_LINES
        ):
            self._said_at = now
            self._write_line(self._standing.counts(now))

    def close(self) -> None:
        """Nothing to take away."""


class _MovingLine:
    """One line at the bottom of a terminal, drawn anew four times a second."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        self._clock = clock
        self._standing = _Standing()
        self._drawing = RichProgress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=_NAME_WIDTH)),
            BarColumn(bar_width=10),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[counts]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=Console(file=stream, stderr=True),
            refresh_per_second=4,
            transient=True,
        )
        self._line = self._drawing.add_task("reading", total=None, counts="")
        self._drawing.start()

    def __call__(self, event: Event) -> None:
        now = self._clock()
        standing = self._standing
        standing.see(event, now)
        self._drawing.update(
            self._line,
            description=standing.source.rsplit("/", 1)[-1][:_NAME_WIDTH],
            total=None if standing.expected is None else 1.0,
            completed=standing.share,
            counts=standing.counts(now),
        )

    def close(self) -> None:
        """Take the line away; what the command says next stands where it was."""
        self._drawing.stop()


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
