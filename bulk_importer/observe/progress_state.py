"""Adds events up to how a run stands: how far it is, how fast, for how long yet, and what it waits for.

Pure: the time is a parameter, in seconds, monotonic.
"""

from __future__ import annotations

from collections import deque

from bulk_importer.events import (
    Advanced,
    BatchDelivered,
    BatchDoubted,
    DoubtsAwaited,
    DoubtsEnded,
    EntriesRejected,
    Event,
    OutageBegan,
    OutageEnded,
    RetryScheduled,
    RunEnded,
    RunPaused,
    RunResumed,
    RunStarted,
    SegmentRead,
    SourceEnded,
    StopRequested,
    WindowClosed,
    WindowOpened,
)
from bulk_importer.observe.parts import Part, Tone, amount, duration
from bulk_importer.observe.wording import source_called
from bulk_importer.readable import counted

__all__ = ["ProgressState"]

_RATE_SECONDS = 60.0
_SHORTEST_SECONDS = 0.5
"""Before so much time has passed there is no rate to speak of."""
_GETS_ON = (SegmentRead, SourceEnded, BatchDelivered, EntriesRejected, DoubtsEnded, DoubtsAwaited, RunEnded)
"""By these a run is seen to get on, so that what it did besides is over, or can wait to be shown."""

_ONE = {"entries": "entry"}
"""What one of a unit is called, where that is another word."""


class _Rate:
    """The rate over the last minute."""

    def __init__(self, now: float) -> None:
        # Times and sums, one a second at most; the first is a minute old, or the beginning. Changed by `note`.
        self._marks: deque[tuple[float, int]] = deque([(now, 0)])
        self._done = 0

    def note(self, now: float, more: int) -> None:
        self._done += more
        if now - self._marks[-1][0] >= 1.0:
            self._marks.append((now, self._done))
        while len(self._marks) > 1 and self._marks[1][0] <= now - _RATE_SECONDS:
            self._marks.popleft()

    def rate(self, now: float) -> float | None:
        """A second, over the last minute or as long as it goes; None where that is too short."""
        self.note(now, 0)
        at, done = self._marks[0]
        seconds = now - at
        return (self._done - done) / seconds if seconds >= _SHORTEST_SECONDS else None


class _Work:
    """Something that goes on, and how much of it is done; of a run only its name, its rate, and how much there is."""

    def __init__(self, name: str, unit: str, now: float) -> None:
        # Changed by the state that has it.
        self.name = name
        self.unit = unit
        self.rate = _Rate(now)
        self.done = 0
        self.total: float | None = None
        self.is_exact = False
        self.beside: dict[str, int] = {}

    def advance(self, event: Advanced, now: float) -> None:
        self.rate.note(now, event.done - self.done)
        self.unit, self.beside = event.unit, dict(event.beside)
        self.done, self.total, self.is_exact = event.done, event.total, True

    @property
    def is_over(self) -> bool:
        return self.total is not None and self.done >= self.total


class ProgressState:
    """The sum of the events so far. `see` each of them, in order.

    What a run does besides, such as listing media to look up lost answers, is shown until it is over or the run gets
    on; then the run is shown again.
    """

    def __init__(self, now: float) -> None:
        # Changed by `see`, and what it calls, alone. The run, once it has begun, and other work before or besides.
        self._run: _Work | None = None
        self._other: _Work | None = _Work("", "entries", now)
        self._size: int | None = None
        self._delivered = self._rejected = self._in_doubt = self._skipped = 0
        self._read_before = 0
        # What keeps it from sending: since when the server is away and why, what was sent again last, until when
        # nothing is sent, who paused it, for what is waited until when, and when a stop ends it at the latest.
        self._away: tuple[float, str] | None = None
        self._again = ""
        self._hours: tuple[str, str] | None = None
        self._paused_by = ""
        self._waiting: tuple[str, float] | None = None
        self._stopping: float | None = None
        self._is_over = False

    def see(self, event: Event, now: float) -> None:
        """Take an event into account."""
        if self._run is not None and isinstance(event, _GETS_ON):
            self._other = None
        match event:
            case RunStarted():
                self._begin(event, now)
            case SegmentRead():
                self._read(event)
            case SourceEnded():
                self._shown.total, self._shown.is_exact = event.total, True
            case BatchDelivered():
                self._delivered += event.entries
                self._shown.rate.note(now, event.entries)
                self._again, self._away = "", None
            case EntriesRejected():
                count = sum(span.stop - span.start for span in event.spans)
                self._rejected += count
                self._shown.rate.note(now, count)
            case BatchDoubted():
                self._in_doubt += event.entries
            case DoubtsEnded():
                self._in_doubt -= event.entries
                self._delivered += event.entries if event.delivered else 0
            case Advanced():
                self._advance(event, now)
            case _:
                self._see_wait(event, now)

    def _begin(self, event: RunStarted, now: float) -> None:
        name = source_called(event.retry_of or event.source).rsplit("/", 1)[-1]
        self._run, self._other = _Work(f"retry of {name}" if event.retry_of else name, "entries", now), None
        self._run.total, self._run.is_exact = event.total, event.total is not None
        self._size, self._read_before = event.size, event.read
        self._rejected, self._in_doubt = event.rejected, event.in_doubt
        self._delivered = event.settled - event.rejected

    def _read(self, event: SegmentRead) -> None:
        position = event.first + event.count
        if event.first >= self._read_before:
            self._skipped += event.skipped
        behind = event.offset + event.length if event.behind is None else event.behind
        if self._size and behind and not self._shown.is_exact:
            self._shown.total = max(position * self._size / behind, position, self._read_before)

    def _advance(self, event: Advanced, now: float) -> None:
        if self._other is None or event.work != self._other.name:
            self._other = _Work(event.work, event.unit, now)
        self._other.advance(event, now)
        if self._run is not None and self._other.is_over:
            self._other = None

    def _see_wait(self, event: Event, now: float) -> None:
        match event:
            case OutageBegan():
                self._away = (now, event.reason)
            case OutageEnded():
                self._away = None
            case RetryScheduled():
                self._again = event.reason
            case WindowClosed():
                self._hours = (f"paused until {event.until}", f"sends only {event.hours}")
            case WindowOpened():
                self._hours = None
                self._begin_rate(now)
            case RunPaused():
                self._paused_by = event.by
            case RunResumed():
                self._paused_by = ""
                self._begin_rate(now)
            case DoubtsAwaited():
                self._waiting = (f"waiting to learn about {event.entries:,} unconfirmed", now + event.seconds)
            case StopRequested():
                self._stopping = now + event.grace_seconds
            case RunEnded():
                self._is_over = True
            case _:
                pass

    def _begin_rate(self, now: float) -> None:
        """Measure anew: with a pause in it, the rate would promise an end that is hours too far away."""
        if self._run is not None:
            self._run.rate = _Rate(now)

    @property
    def _shown(self) -> _Work:
        """What is shown now: the run, unless something else goes on."""
        shown = self._other or self._run
        assert shown is not None  # there is other work until a run begins
        return shown

    @property
    def settled(self) -> int:
        """Entries that are settled; of other work, how many of its units are done."""
        is_run = self._shown is self._run
        return self._delivered + self._rejected + self._skipped if is_run else self._shown.done

    @property
    def total(self) -> int | None:
        """Entries or units in all, or a guess; None where there is nothing to guess by."""
        return None if self._shown.total is None else round(self._shown.total)

    @property
    def percent(self) -> int | None:
        """Settled of the total, rounded down, so that 100 is all; None without a total."""
        if self.total is None:
            return None
        return min(100, 100 * self.settled // self.total) if self.total else 100

    def rate(self, now: float) -> float | None:
        """Units a second over the last minute; None where it is too early to say."""
        return self._shown.rate.rate(now)

    def seconds_left(self, now: float) -> float | None:
        """Seconds to the end at the rate of the last minute; None where that is unknown, or nothing goes on."""
        rate = self.rate(now)
        if self.total is None or not rate or self.state(now) or self.settled >= self.total:
            return None
        return (self.total - self.settled) / rate

    def state(self, now: float) -> list[Part]:
        """What a person has to know first: that the run stops, pauses, or waits, and for how long; mostly nothing."""
        if self._is_over:
            return []
        if self._stopping is not None:
            left = duration(max(0.0, self._stopping - now))
            return [Part("stopping", Tone.STATE, may_shrink=True), Part(f"{left} at most", Tone.STATE)]
        if self._paused_by:
            return [Part(f"paused by {self._paused_by}", Tone.STATE, may_shrink=True)]
        if self._hours is not None:
            return [Part(self._hours[0], Tone.STATE, may_shrink=True)]
        if self._away is not None:
            since, _ = self._away
            return [
                Part("waiting for server", Tone.STATE, may_shrink=True),
                Part(duration(now - since), Tone.STATE),
            ]
        if self._waiting is not None:
            what, until = self._waiting
            left = duration(max(0.0, until - now))
            return [Part(what, Tone.STATE, may_shrink=True), Part(f"{left} at most", Tone.STATE)]
        return []

    def parts(self, now: float) -> list[Part]:
        """The parts of the line, the most important first; none before anything is known."""
        if not self._shown.name:
            return self.state(now)
        percent, rate, left = self.percent, self.rate(now), self.seconds_left(now)
        state = self.state(now)
        parts = [] if percent is None else [Part(f"{percent:>3}%")]
        parts += state
        if rate is not None and not state and not self._is_over:
            parts.append(Part(f"{amount(rate, self._shown.unit)}/s"))
        if left is not None:
            parts.append(Part(f"{duration(left)} left"))
        if self._rejected:
            parts.append(Part(f"{self._rejected:,} rejected", Tone.BAD))
        if self._in_doubt > 0:
            parts.append(Part(f"{self._in_doubt:,} unconfirmed", Tone.BAD))
        parts += [
            Part(f"{count:,} {what}", _TONES.get(what, Tone.PLAIN))
            for what, count in self._shown.beside.items()
            if count
        ]
        if self.settled or self.total is not None:
            parts.append(Part(self._how_much()))
        if reason := self._reason():
            parts.append(Part(reason, may_shrink=True))
        return [*parts, Part(self._shown.name, may_shrink=True)]

    def facts(self, now: float) -> dict[str, object]:
        """The state as plain values, for programs."""
        rate, left = self.rate(now), self.seconds_left(now)
        facts: dict[str, object] = {
            "work": self._shown.name,
            "unit": self._shown.unit,
            "percent": self.percent,
            "done": self.settled,
            "total": self.total,
            "is_total_exact": self._shown.is_exact,
            "per_second": None if rate is None else round(rate, 1),
            "seconds_left": None if left is None else round(left),
            "state": " ".join(part.text for part in self.state(now)),
            "reason": self._reason(),
        }
        if self._shown is self._run:
            facts |= {"delivered": self._delivered, "rejected": self._rejected, "in_doubt": self._in_doubt}
        return facts | self._shown.beside

    def _how_much(self) -> str:
        """What is done, of how much."""
        shown, total = self._shown, self.total
        if shown.unit == "bytes":
            of = "" if total is None else f" of {amount(total, shown.unit)}"
            return f"{amount(self.settled, shown.unit)}{of}"
        one = _ONE.get(shown.unit, shown.unit)
        if total is None:
            return counted(self.settled, one)
        return f"{self.settled:,} of {'' if shown.is_exact else 'about '}{counted(total, one)}"

    def _reason(self) -> str:
        if self._hours is not None:
            return self._hours[1]
        return self._away[1] if self._away is not None else self._again


_TONES = {"rejected": Tone.BAD}
