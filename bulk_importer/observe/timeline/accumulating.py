"""Adds the events of all runs over one checkpoint up to their course, in bounded memory and time.

Pure. It is told the time of each event. A clock that is set back does not turn the course round: what comes after that
is told from where the clock stood before, for as long as it is behind.
"""

from __future__ import annotations

import msgspec

from bulk_importer.events import (
    BatchDelivered,
    BatchDoubted,
    BatchRefused,
    BatchSealed,
    DoubtsAwaited,
    DoubtsEnded,
    EntriesRejected,
    Event,
    GateMoved,
    LimitsChanged,
    OutageBegan,
    OutageEnded,
    ReplacementForeseen,
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
from bulk_importer.observe.timeline.moments import Moments
from bulk_importer.observe.timeline.places import Places
from bulk_importer.observe.timeline.stretches import Stretches
from bulk_importer.observe.timeline.values import Course, Mark
from bulk_importer.observe.wording import sentence_of, source_called
from bulk_importer.readable import counted

__all__ = ["SEEN", "Timeline"]

_QUIET: dict[type[Event], tuple[str, bool]] = {
    OutageBegan: ("outage", True),
    OutageEnded: ("outage", False),
    WindowClosed: ("hours", True),
    WindowOpened: ("hours", False),
    RunPaused: ("paused", True),
    RunResumed: ("paused", False),
}
"""Which quiet time begins with an event (True) or ends with it."""
_MARKS: dict[type[Event], str] = {
    GateMoved: "gate",
    LimitsChanged: "limits",
    ReplacementForeseen: "replacement",
    StopRequested: "stop",
}
_SUMS = (
    BatchDelivered,
    BatchSealed,
    SegmentRead,
    EntriesRejected,
    RetryScheduled,
    BatchRefused,
    BatchDoubted,
)
_OTHERS = (DoubtsAwaited, DoubtsEnded, RunEnded, RunStarted, SourceEnded)

SEEN: frozenset[type[Event]] = frozenset({*_QUIET, *_MARKS, *_SUMS, *_OTHERS})
"""The events that leave a trace in the course."""
_MOST_CLASSES = 500
_BEFORE_A_RUN = frozenset({OutageBegan, OutageEnded, ReplacementForeseen, RunStarted})
"""What may come of a run before it has started: it does not show that the one before still went on."""


class Timeline(msgspec.Struct):
    """The sum of the events so far: `see` each of them, in order. Made without arguments, it is that of no event.

    It is a struct so that its state can be written and read back, and what is seen after that adds to it as to the
    one that was written. Its fields are its own.
    """

    # Changed by `see`, and what it calls, alone. Moments are milliseconds since 1970: the first and the last event, and
    # the last one of a run, or its end; `behind` is how far the clock is behind what it said before. `doubts_left` are
    # those that are waited for.
    first: int | None = None
    last: int = 0
    latest_of_run: int | None = None
    behind: int = 0
    is_running: bool = False
    is_retry: bool = False
    doubts_left: int = 0
    positions: int = 0
    is_whole: bool = True
    stretches: Stretches = msgspec.field(default_factory=Stretches)
    places: Places = msgspec.field(default_factory=Places)
    classes: dict[str, int] = msgspec.field(default_factory=dict)
    classes_of: int = 0
    moments: Moments = msgspec.field(default_factory=Moments)

    def see(self, event: Event, at: float) -> None:
        """Take an event into account.

        Args:
            at: when it came, in seconds since 1970; read to the millisecond, as it stands in the log.
        """
        kind = type(event)
        if kind not in SEEN:
            return
        now = self._moment(round(at * 1000))
        if isinstance(event, _SUMS):
            self._add(event, now)
        elif kind in _QUIET:
            self._hold(event, now)
        elif kind in _MARKS:
            self._mark(event, now)
        else:
            self._turn(event, now)
        if self.is_running and kind not in _BEFORE_A_RUN:
            self.latest_of_run = now

    def course(self) -> Course:
        """What the events add up to so far."""
        return Course(
            stretches=tuple(self.stretches.values(self.first or 0, self.last)),
            quiet=tuple(self.moments.all_quiet()),
            marks=tuple(self.moments.all_marks()),
            places=tuple(self.places.values()),
            positions=self.positions,
            classes=dict(self.classes),
            classes_of=self.classes_of,
            left_out=dict(self.moments.left_out),
            is_whole=self.is_whole and self.latest_of_run is not None,
        )

    def _moment(self, now: int) -> int:
        if now >= self.last:
            self.behind = 0
        elif now + self.behind < self.last:
            self.behind = self.last - now
        self.last = now + self.behind
        if self.first is None:
            self.first = self.last
        return self.last

    def _add(self, event: Event, now: int) -> None:
        if self.latest_of_run is None:  # its run began in what is missing
            self.is_whole = False
            self.is_running = True
        match event:
            case BatchDelivered():
                sums = self.stretches.at(now)
                sums.entries += event.entries
                sums.weight += event.weight
                sums.bytes += event.bytes
                sums.requests += 1
                sums.in_flight = max(sums.in_flight, event.in_flight)
                sums.answered(event.seconds)
            case BatchSealed():
                sums = self.stretches.at(now)
                sums.in_flight = max(sums.in_flight, event.in_flight)
                self.moments.end("doubts", now / 1000)
            case SegmentRead():
                self._count_classes(event)
                self._read_to(event.first + event.count)
            case EntriesRejected():
                self._reject(event, now)
            case RetryScheduled():
                self.stretches.at(now).retries += 1
            case BatchRefused():
                self.stretches.at(now).refused += 1
            case BatchDoubted():
                self.stretches.at(now).doubted += 1
            case _:
                pass

    def _reject(self, event: EntriesRejected, now: int) -> None:
        spans = [span for span in event.spans if span.stop > span.start >= 0]
        self.stretches.at(now).rejected += sum(span.stop - span.start for span in spans)
        if spans and not self.is_retry:
            self.places.add(spans, event.codes)

    def _read_to(self, position: int) -> None:
        if not self.is_retry:
            self.positions = max(self.positions, position)

    def _count_classes(self, event: SegmentRead) -> None:
        """Add what is new of the source: a segment that is read again was counted."""
        if self.is_retry or event.first < self.positions:
            return
        self.classes_of += event.accepted
        for key, count in event.geometries.items():
            if key in self.classes or len(self.classes) < _MOST_CLASSES:
                self.classes[key] = self.classes.get(key, 0) + count

    def _hold(self, event: Event, now: int) -> None:
        kind, begins = _QUIET[type(event)]
        if not begins:
            self.moments.end(kind, now / 1000)
            return
        reason = event.reason if isinstance(event, OutageBegan) else sentence_of(event)
        self.moments.begin(kind, now / 1000, reason)

    def _mark(self, event: Event, now: int) -> None:
        in_flight, weight = None, None
        if isinstance(event, GateMoved):
            in_flight, weight = event.max_in_flight, event.max_weight
        kind, text = _MARKS[type(event)], sentence_of(event)
        self.moments.mark(Mark(kind=kind, at=now / 1000, text=text, in_flight=in_flight, weight=weight))

    def _turn(self, event: Event, now: int) -> None:
        """What comes between stages of a run."""
        match event:
            case RunStarted():
                self._start(event, now)
            case SourceEnded():
                self._read_to(event.total)
            case DoubtsAwaited():
                self.doubts_left = event.entries
                self.moments.begin("doubts", now / 1000, f"{counted(event.entries, 'entry')} unconfirmed")
            case DoubtsEnded():
                self._end_doubt(event, now)
            case RunEnded():
                self.moments.end_all(now / 1000)
                text = f"The run ended: {event.state}, exit code {event.exit_code}."
                self.moments.mark(Mark(kind="run", at=now / 1000, text=text))
                if self.is_running:
                    self.latest_of_run, self.is_running = now, False
            case _:
                pass

    def _start(self, event: RunStarted, now: int) -> None:
        if self.latest_of_run is not None:
            self.moments.end_all(self.latest_of_run / 1000)  # of a run that was killed it is not known
            self.moments.begin("between", self.latest_of_run / 1000)
            self.moments.end("between", now / 1000)
        elif event.read and not event.retry_of:
            self.is_whole = False
        self.is_running, self.is_retry = True, bool(event.retry_of)
        self.latest_of_run = now
        self._read_to(max(event.read, event.total or 0))
        name = source_called(event.retry_of or event.source).rsplit("/", 1)[-1]
        before = f", with {counted(event.settled, 'entry')} settled before" if event.settled else ""
        text = f"The run began: {'retry of ' if event.retry_of else ''}{name}{before}."
        self.moments.mark(Mark(kind="run", at=now / 1000, text=text))

    def _end_doubt(self, event: DoubtsEnded, now: int) -> None:
        if event.delivered:
            self.stretches.at(now).entries += event.entries
        self.doubts_left -= event.entries
        if self.doubts_left <= 0:
            self.moments.end("doubts", now / 1000)
