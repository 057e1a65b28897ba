"""Adds the events of all runs of a command up to what its metrics tell.

Pure: the time is a parameter, in seconds, monotonic.
"""

from __future__ import annotations

from collections import Counter

from bulk_importer.events import (
    Advanced,
    BatchDelivered,
    BatchDoubted,
    BatchSealed,
    DoubtsAwaited,
    DoubtsEnded,
    EntriesRejected,
    Event,
    GateMoved,
    OutageBegan,
    OutageEnded,
    RequestEnded,
    RunEnded,
    RunPaused,
    RunResumed,
    RunStarted,
    SegmentRead,
    StopRequested,
    WindowClosed,
    WindowOpened,
)
from bulk_importer.observe.metrics.histogram import Histogram
from bulk_importer.observe.progress_state import ProgressState

__all__ = ["Counts"]

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""From an empty server beside this program to the limit of a request; a full one takes some seconds (protocol 5)."""
_ENTRIES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_WEIGHTS = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
_MOST_CODES = 200
"""More than there are; what comes in the place of an unknown one is `other`."""
_SUCCESS = (0, 1)
_OUTCOMES = ("accepted", "refused", "not executed", "turned away", "lost", "broken off")


class Counts:
    """The sums of the events so far. `see` each of them, in order, of all runs of the command.

    Args:
        now: when the command began.
    """

    def __init__(self, now: float) -> None:
        # All is changed by `see` and what it calls, but for the last three, which `end` changes.
        self.began = now
        self.entries = Counter(dict.fromkeys(("delivered", "rejected", "skipped"), 0))
        self.findings: Counter[str] = Counter()
        self.read_entries = self.read_bytes = self.delivered_bytes = self.doubted_entries = 0
        self.requests = Counter(dict.fromkeys(_OUTCOMES, 0))
        self.failures: Counter[str] = Counter()
        self.retries = 0
        self.request_seconds = Histogram(_SECONDS)
        self.batch_entries = Histogram(_ENTRIES)
        self.batch_weights = Histogram(_WEIGHTS)
        self.in_flight = 0
        self.outages = 0
        self._outage_seconds = 0.0
        self.runs_ended: Counter[str] = Counter()
        # The run that goes on, or was the latest; None before the first.
        self.run: RunStarted | None = None
        self.max_in_flight: int | None = None
        self.max_weight: int | None = None
        self.advanced_at = now
        self._course = ProgressState(now)
        self._unconfirmed = 0
        self._read_to = 0
        self._read_bytes_to: int | None = None
        # What keeps it from sending: since when the server is away, whether it is outside its hours, paused by a
        # person, waits for lost answers, or is to end. A pause outlasts the run: it holds for the next one, too.
        self._away_since: float | None = None
        self.is_outside_hours = self.is_paused = False
        self._is_waiting = self._is_stopping = False
        self.exit_code: int | None = None
        self.ended_at = now
        self._final_state = ""

    def see(self, event: Event, now: float) -> None:
        """Take an event into account."""
        if isinstance(event, Advanced):
            return
        if isinstance(event, RunStarted):
            self._begin(event, now)
        self._course.see(event, now)
        self._see_sending(event, now)
        self._see_standing(event, now)

    def end(self, exit_code: int, state: str, now: float) -> None:
        """Take note that the command is over, and how."""
        self.exit_code, self._final_state, self.ended_at = exit_code, state, now
        self.in_flight = 0
        self._answered(now)

    def _begin(self, run: RunStarted, now: float) -> None:
        self.run, self._course = run, ProgressState(now)
        self.max_in_flight = self.max_weight = None
        self._read_to, self._unconfirmed = run.read, run.in_doubt
        self._read_bytes_to = None if run.read else 0  # where an earlier run stopped is not told
        self.advanced_at, self.in_flight = now, 0
        self.is_outside_hours = self._is_waiting = self._is_stopping = False
        self._answered(now)

    def _see_sending(self, event: Event, now: float) -> None:
        match event:
            case SegmentRead():
                self._read(event, now)
            case EntriesRejected():
                self._settle("rejected", sum(span.stop - span.start for span in event.spans), now)
                for code, count in event.codes.items():
                    known = code in self.findings or len(self.findings) < _MOST_CODES
                    self.findings[code if known else "other"] += count
            case BatchSealed():
                self.in_flight = event.in_flight
            case RequestEnded():
                self._count_request(event)
            case BatchDelivered():
                self._settle("delivered", event.entries, now)
                self.delivered_bytes += event.bytes
                self.batch_entries.add(event.entries)
                self.batch_weights.add(event.weight)
                self._answered(now)
            case BatchDoubted():
                self.doubted_entries += event.entries
                self._unconfirmed += event.entries
            case DoubtsEnded():
                self._unconfirmed -= event.entries
                self._settle("delivered", event.entries if event.delivered else 0, now)
            case _:
                pass

    def _see_standing(self, event: Event, now: float) -> None:
        match event:
            case GateMoved():
                self.max_in_flight, self.max_weight = event.max_in_flight, event.max_weight
            case OutageBegan():
                self.outages += 1
                self._away_since = now
            case OutageEnded():
                self._answered(now)
            case WindowClosed() | WindowOpened():
                self.is_outside_hours = isinstance(event, WindowClosed)
                self.advanced_at = now
            case RunPaused() | RunResumed():
                self.is_paused = isinstance(event, RunPaused)
                self.advanced_at = now
            case DoubtsAwaited():
                self._is_waiting = True
            case StopRequested():
                self._is_stopping = True
            case RunEnded():
                self.runs_ended[event.state] += 1
                self.is_outside_hours = self._is_waiting = self._is_stopping = False
                self.in_flight = 0
                self._answered(now)
            case _:
                pass

    def _read(self, event: SegmentRead, now: float) -> None:
        """Count what is read for the first time: a later pass, and a run that resumes, read some of it again."""
        if event.first < self._read_to:
            return
        self._read_to = event.first + event.count
        self.read_entries += event.count
        end = event.offset + event.length
        self.read_bytes += end - (event.offset if self._read_bytes_to is None else self._read_bytes_to)
        self._read_bytes_to = end
        self._settle("skipped", event.skipped, now)
        self.advanced_at = now

    def _settle(self, outcome: str, entries: int, now: float) -> None:
        self.entries[outcome] += entries
        if entries:
            self.advanced_at = now
            self._is_waiting = False

    def _count_request(self, event: RequestEnded) -> None:
        self.requests[event.outcome] += 1
        self.retries += event.attempt > 1
        if event.cause:
            self.failures[event.cause] += 1
        self.request_seconds.add(event.seconds)
        self.in_flight = event.in_flight

    def _answered(self, now: float) -> None:
        self._outage_seconds, self._away_since = self.outage_seconds(now), None

    @property
    def is_ready(self) -> bool:
        """Whether a run has begun, and the server answers."""
        return self.run is not None and not self.is_away and self.exit_code is None

    @property
    def is_away(self) -> bool:
        """Whether the server does not answer."""
        return self._away_since is not None

    @property
    def is_success(self) -> bool:
        """Whether the command is over, and all was delivered that is not rejected."""
        return self.exit_code in _SUCCESS

    @property
    def unconfirmed(self) -> int:
        """Entries of the current source whose answers were lost, and of which it is not known yet what became."""
        return max(0, self._unconfirmed)

    @property
    def settled(self) -> int:
        """Entries of the current source that are delivered, rejected or skipped, by earlier runs, too."""
        return 0 if self.run is None else self._course.settled

    @property
    def total(self) -> int | None:
        """Entries of the current source, exact or guessed; None where there is nothing to guess by."""
        return None if self.run is None else self._course.total

    def outage_seconds(self, now: float) -> float:
        """For how long the server was away, in all, until now."""
        return self._outage_seconds + (0.0 if self._away_since is None else max(0.0, now - self._away_since))

    def seconds_left(self, now: float) -> float | None:
        """Seconds until the current source is done, at the rate of the last minute; None where that is unknown."""
        return None if self.run is None or self.exit_code is not None else self._course.seconds_left(now)

    def state(self) -> str:
        """How the command stands, in one word: of a run that goes on, or as its summary says it in the end."""
        if self._final_state:
            return self._final_state
        if self.run is None:
            return "starting"
        if self._is_stopping:
            return "stopping"
        if self.is_paused:
            return "paused"
        return "waiting" if self.is_away or self.is_outside_hours or self._is_waiting else "running"
